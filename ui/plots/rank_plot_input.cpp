// SPDX-License-Identifier: GPL-3.0-or-later
// What the hand does with the plot of ranks over tokens, and what it says about the cell under the pointer.
#include "ui/format/numbers.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/qcp.h"
#include "ui/plots/rank_plot_impl.h"

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kWheelFactor = 0.8;
constexpr double kFewestTokens = 4.0; ///< the closest look

} // namespace

void RankPlot::setRange(double lower, double upper)
{
    Impl& impl = *m_impl;
    const double all = std::max(1, impl.count());
    const double span = std::clamp(upper - lower, std::min(all, kFewestTokens), all);
    impl.lower = std::clamp(lower, -0.5, all - 0.5 - span);
    impl.upper = impl.lower + span;
    impl.userRange = span < all;
    refreshAxes();
    refreshMarks();
    drawSoon(*impl.plot);
}

void RankPlot::zoom(const QPointF& at, double steps)
{
    Impl& impl = *m_impl;
    const double anchor = impl.plot->xAxis->pixelToCoord(at.x());
    const double factor = std::pow(kWheelFactor, steps);
    const double span = (impl.upper - impl.lower) * factor;
    const double share = (anchor - impl.lower) / std::max(1e-9, impl.upper - impl.lower);
    setRange(anchor - share * span, anchor + (1.0 - share) * span);
}

int RankPlot::tokenAt(const QPointF& at) const
{
    const int count = m_impl->count();
    if (count == 0) {
        return -1;
    }
    return std::clamp(static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(at.x()))), 0, count - 1);
}

int RankPlot::headAt(const QPointF& at) const
{
    const Impl& impl = *m_impl;
    const double y = impl.plot->yAxis->pixelToCoord(at.y());
    if (!impl.plot->axisRect()->rect().contains(at.toPoint()) || impl.count() == 0) {
        return -1;
    }
    if (impl.form == Form::Map) {
        const auto head = static_cast<int>(std::lround(y));
        return head >= 0 && head < impl.heads() ? head : -1;
    }
    if (impl.heads() > Impl::kMostLines) {
        return impl.head;
    }
    const std::int64_t known = impl.spectra->nearestKnown(tokenAt(at));
    int best = -1;
    double distance = 20.0;
    for (int head = 0; known >= 0 && head < impl.heads(); ++head) {
        const double pixels = std::abs(impl.plot->yAxis->coordToPixel(impl.drawn(known, head)) - at.y());
        if (pixels < distance) {
            distance = pixels;
            best = head;
        }
    }
    return best;
}

void RankPlot::onPress(const QPointF& at)
{
    Impl& impl = *m_impl;
    if (impl.count() == 0) {
        return;
    }
    impl.pressedAt = at;
    impl.pressedLower = impl.lower;
    impl.pressedUpper = impl.upper;
    impl.moved = false;
    // With all tokens in view there is nothing to pan; below the axis, and on the cursor, one scrubs.
    const bool onCursor
        = impl.token >= 0 && std::abs(impl.plot->xAxis->coordToPixel(impl.token) - at.x()) < 6.0;
    const bool below = at.y() > impl.plot->axisRect()->bottom();
    impl.drag = onCursor || below || !impl.userRange ? Impl::Drag::Scrub : Impl::Drag::Pan;
}

void RankPlot::onMove(const QPointF& at, bool pressed)
{
    Impl& impl = *m_impl;
    if (impl.count() == 0) {
        return;
    }
    if (pressed && impl.drag != Impl::Drag::None) {
        impl.moved = impl.moved || std::abs(at.x() - impl.pressedAt.x()) > 3.0;
        if (impl.moved && impl.drag == Impl::Drag::Scrub) {
            Q_EMIT tokenPicked(tokenAt(at));
        } else if (impl.moved) {
            const double perPixel
                = (impl.pressedUpper - impl.pressedLower) / std::max(1, impl.plot->axisRect()->width());
            const double shift = (impl.pressedAt.x() - at.x()) * perPixel;
            setRange(impl.pressedLower + shift, impl.pressedUpper + shift);
            return;
        }
    }
    const int head = headAt(at);
    if (!impl.plot->axisRect()->rect().adjusted(0, 0, 0, 40).contains(at.toPoint())) {
        Q_EMIT hoverMoved(-1, -1);
        Q_EMIT hovered(QString());
        return;
    }
    Q_EMIT hoverMoved(tokenAt(at), head);
    Q_EMIT hovered(describe(tokenAt(at), head));
}

QString RankPlot::describe(int token, int head) const
{
    const Impl& impl = *m_impl;
    if (token < 0 || token >= impl.count()) {
        return {};
    }
    const QString label = token < std::ssize(impl.labels) ? impl.labels[idx(token)] : QString();
    const QString text = tr("layer %1, token %2 “%3”").arg(impl.spectra->layer).arg(token + 1).arg(label);
    if (head < 0 || head >= impl.heads()) {
        return text;
    }
    if (impl.spectra->known[idx(token)] == 0) {
        return tr("%1, head %2: still being computed").arg(text, QString::number(head));
    }
    const RankMeasures& ranks = impl.spectra->at(token, head);
    return tr("%1, head %2: entropy rank %3, stable %4 (%5 % of %6), threshold %7")
        .arg(text, QString::number(head), formatRank(ranks.entropyRank),
             QString::number(ranks.stableRank, 'f', 2), QString::number(100.0 * ranks.utilisation, 'f', 1),
             QString::number(impl.spectra->rank), QString::number(ranks.thresholdRank));
}

QString RankPlot::csv() const
{
    QString text = u"layer,window,token,text,head,entropy_rank,stable_rank,utilisation,threshold_rank\n"_s;
    const Impl& impl = *m_impl;
    for (int token = 0; token < impl.count(); ++token) {
        if (impl.spectra->known[idx(token)] == 0) {
            continue;
        }
        QString label = token < std::ssize(impl.labels) ? impl.labels[idx(token)] : QString();
        label.replace(u'"', u"\"\""_s);
        for (int head = 0; head < impl.heads(); ++head) {
            const RankMeasures& ranks = impl.spectra->at(token, head);
            text += u"%1,%2,%3,\"%4\","_s.arg(impl.spectra->layer)
                        .arg(impl.spectra->window + 1)
                        .arg(token + 1)
                        .arg(label)
                + u"%1,%2,%3,%4,%5\n"_s.arg(head)
                      .arg(QString::number(ranks.entropyRank, 'g', 9),
                           QString::number(ranks.stableRank, 'g', 9),
                           QString::number(ranks.utilisation, 'g', 9))
                      .arg(ranks.thresholdRank);
        }
    }
    return text;
}

bool RankPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave) {
        Q_EMIT hoverMoved(-1, -1);
        Q_EMIT hovered(QString());
    }
    if (event->type() == QEvent::KeyPress && m_impl->count() > 0) {
        const auto [first, last] = visibleTokens();
        const int token = std::max(0, m_impl->token);
        int to = -1;
        switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Left:
            to = token - 1;
            break;
        case Qt::Key_Right:
            to = token + 1;
            break;
        case Qt::Key_PageUp:
            to = token - (last - first + 1);
            break;
        case Qt::Key_PageDown:
            to = token + (last - first + 1);
            break;
        case Qt::Key_Home:
            to = 0;
            break;
        case Qt::Key_End:
            to = m_impl->count() - 1;
            break;
        case Qt::Key_Up:
        case Qt::Key_Down:
            Q_EMIT headPicked(
                std::clamp(m_impl->head + (static_cast<QKeyEvent*>(event)->key() == Qt::Key_Up ? -1 : 1), 0,
                           m_impl->heads() - 1));
            return true;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
        case Qt::Key_Minus:
            zoom(QPointF(m_impl->plot->xAxis->coordToPixel(token), 0),
                 static_cast<QKeyEvent*>(event)->key() == Qt::Key_Minus ? -1.0 : 1.0);
            return true;
        default:
            return QWidget::eventFilter(watched, event);
        }
        Q_EMIT tokenPicked(std::clamp(to, 0, m_impl->count() - 1));
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace rankscope
