// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/equaliser.h"

#include "core/base/narrow.h"
#include "ui/format/numbers.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

Equaliser::Equaliser(QWidget* parent)
    : QWidget(parent)
    , m_newGesture([next = quint64 { 0 }]() mutable { return ++next; })
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Equaliser: kept key dims per layer"));
}

void Equaliser::setFaders(std::vector<Fader> faders)
{
    m_faders = std::move(faders);
    update();
}

void Equaliser::setCurrent(int layer)
{
    if (layer != m_current) {
        m_current = layer;
        update();
    }
}

int Equaliser::largestKeyDims() const
{
    int largest = 1;
    for (const Fader& fader : m_faders) {
        largest = std::max(largest, fader.keyDims);
    }
    return largest;
}

QRectF Equaliser::plotRect() const
{
    const double text = fontMetrics().height();
    return QRectF(rect()).adjusted(text * 2.4, text * 0.8, -12.0, -text * 4.0);
}

QRectF Equaliser::trackRect(int fader) const
{
    const QRectF plot = plotRect();
    const double slot = plot.width() / static_cast<double>(std::max<std::ptrdiff_t>(1, std::ssize(m_faders)));
    const double width = std::clamp(slot * 0.56, 3.0, fontMetrics().height() * 2.6);
    const double centre = plot.left() + slot * (fader + 0.5);
    const double height = plot.height() * m_faders[idx(fader)].keyDims / largestKeyDims();
    return QRectF(centre - width / 2.0, plot.bottom() - height, width, height);
}

int Equaliser::faderAt(double x) const
{
    const QRectF plot = plotRect();
    const auto count = static_cast<int>(m_faders.size());
    if (count == 0) {
        return -1;
    }
    const int fader = static_cast<int>(std::floor((x - plot.left()) * count / plot.width()));
    return fader >= 0 && fader < count ? fader : -1;
}

int Equaliser::keptAt(int fader, double y) const
{
    const QRectF plot = plotRect();
    const double kept = (plot.bottom() - y) / plot.height() * largestKeyDims();
    return std::clamp(static_cast<int>(std::lround(kept)), 1, std::max(1, m_faders[idx(fader)].keyDims));
}

void Equaliser::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    if (m_faders.empty()) {
        painter.setPen(theme.muted);
        painter.drawText(rect(), Qt::AlignCenter, tr("No model open."));
        return;
    }
    const QRectF plot = plotRect();
    painter.setFont(smallFont(font()));
    const int largest = largestKeyDims();
    for (int quarter = 0; quarter <= 4; ++quarter) {
        const double y = plot.bottom() - plot.height() * quarter / 4.0;
        painter.setPen(QPen(theme.grid, 1.0));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        painter.setPen(theme.muted);
        painter.drawText(QRectF(0, y - 10, plot.left() - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                         QString::number(largest * quarter / 4));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (int fader = 0; fader < std::ssize(m_faders); ++fader) {
        paintFader(painter, fader);
    }
    paintLegend(painter);
}

void Equaliser::paintFader(QPainter& painter, int fader) const
{
    const Theme& theme = themeOf(palette());
    const Fader& shown = m_faders[idx(fader)];
    const QRectF track = trackRect(fader);
    const QRectF plot = plotRect();
    const bool current = shown.layer == m_current;
    const bool roomy = track.width() >= 12.0;
    if (shown.keyDims > 0) {
        painter.setPen(QPen(theme.border, 1.0));
        painter.setBrush(theme.field);
        painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        QRectF filled = track;
        filled.setTop(track.bottom() - track.height() * shown.kept / shown.keyDims);
        const QColor fill = shown.locked ? mixed(theme.accent, theme.removed, 0.6)
            : current                    ? theme.accent
                                         : mixed(theme.accent, theme.panel, 0.25);
        painter.setPen(Qt::NoPen);
        painter.setBrush(fill);
        painter.drawRoundedRect(filled, 3, 3);
        const auto at = [&](double dims) { return track.bottom() - track.height() * dims / shown.keyDims; };
        const bool ghost
            = m_gesture != 0 && fader < std::ssize(m_atStart) && m_atStart[idx(fader)] != shown.kept;
        if (ghost) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme.muted, 1.0, Qt::DotLine));
            QRectF outline = track;
            outline.setTop(at(m_atStart[idx(fader)]));
            painter.drawRoundedRect(outline, 3, 3);
        }
        const auto markColour = [&](double dims) { return dims < shown.kept ? theme.panel : theme.text; };
        if (shown.entropyRank > 0.0) {
            painter.setPen(QPen(markColour(shown.entropyRank), 1.5, Qt::DotLine));
            painter.drawLine(QPointF(track.left() - (roomy ? 0 : 1), at(shown.entropyRank)),
                             QPointF(track.right() + (roomy ? 0 : 1), at(shown.entropyRank)));
        }
        if (shown.thresholdRank > 0.0 && roomy) {
            painter.setPen(QPen(markColour(shown.thresholdRank), 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawEllipse(QPointF(track.center().x(), at(shown.thresholdRank)), 3.5, 3.5);
        }
        const QRectF handle(track.left() - 3, filled.top() - 3, track.width() + 6, 6);
        painter.setPen(QPen(shown.locked ? theme.muted : theme.accent, 1.4));
        painter.setBrush(theme.panel);
        painter.drawRoundedRect(handle, 3, 3);
    }
    const double slot = plot.width() / static_cast<double>(m_faders.size());
    const int every
        = std::max(1, static_cast<int>(std::ceil(fontMetrics().horizontalAdvance(u"000"_s) / slot)));
    if (fader % every == 0 || current) {
        QFont face = smallFont(font());
        face.setBold(current);
        painter.setFont(face);
        painter.setPen(current ? theme.text : theme.muted);
        const double line = fontMetrics().height();
        const QRectF first(plot.left() + slot * fader - 20, plot.bottom() + 5, slot + 40, line);
        painter.drawText(first, Qt::AlignCenter, QString::number(shown.layer));
        painter.setFont(smallFont(font()));
        painter.setPen(theme.muted);
        painter.drawText(first.translated(0, line), Qt::AlignCenter,
                         shown.keyDims > 0 ? QString::number(shown.kept) : u"–"_s);
        if (shown.locked) {
            const int size = fontMetrics().height() - 3;
            painter.drawPixmap(QPointF(track.center().x() + 7, first.top() + 1),
                               tintedPixmap(u"lock"_s, theme.text, size, devicePixelRatioF()));
        }
    }
}

void Equaliser::paintLegend(QPainter& painter) const
{
    const Theme& theme = themeOf(palette());
    painter.setFont(smallFont(font()));
    painter.setPen(theme.muted);
    const QRectF where(12, height() - fontMetrics().height() * 1.5, width() - 24,
                       fontMetrics().height() * 1.4);
    const QString full = tr("▬ kept   ┄ entropy rank   ○ σ > 10⁻⁴ σ₁   (medians over heads)");
    const QString brief = tr("▬ kept   ┄ entropy rank   ○ σ > 10⁻⁴ σ₁");
    const bool fits = painter.fontMetrics().horizontalAdvance(full) <= where.width();
    painter.drawText(where, Qt::AlignLeft | Qt::AlignVCenter, fits ? full : brief);
}

void Equaliser::mousePressEvent(QMouseEvent* event)
{
    const int fader = faderAt(event->position().x());
    if (event->button() != Qt::LeftButton || fader < 0) {
        return;
    }
    Q_EMIT layerPicked(m_faders[idx(fader)].layer);
    if (event->position().y() > plotRect().bottom() + 2) {
        return; // the labels select only
    }
    m_gesture = m_newGesture();
    m_atStart.clear();
    for (const Fader& shown : m_faders) {
        m_atStart.push_back(shown.kept);
    }
    m_all = event->modifiers().testFlag(Qt::ShiftModifier);
    m_lastFader = fader;
    m_lastPoint = event->position();
    dragTo(event->position());
}

void Equaliser::mouseMoveEvent(QMouseEvent* event)
{
    if (m_gesture != 0) {
        dragTo(event->position());
        return;
    }
    const int fader = faderAt(event->position().x());
    if (fader < 0) {
        Q_EMIT hovered(QString());
        return;
    }
    const Fader& shown = m_faders[idx(fader)];
    Q_EMIT hovered(shown.keyDims == 0 ? tr("layer %1: softmax attention, nothing to prune").arg(shown.layer)
                                      : tr("layer %1: keeps %2 of %3 key dims, entropy rank %4")
                                            .arg(shown.layer)
                                            .arg(shown.kept)
                                            .arg(shown.keyDims)
                                            .arg(formatRank(shown.entropyRank)));
}

void Equaliser::mouseReleaseEvent(QMouseEvent*)
{
    m_gesture = 0;
    m_atStart.clear();
    update();
}

void Equaliser::leaveEvent(QEvent*)
{
    Q_EMIT hovered(QString());
}

void Equaliser::dragTo(const QPointF& at)
{
    const QRectF plot = plotRect();
    const int fader = faderAt(std::clamp(at.x(), plot.left() + 1.0, plot.right() - 1.0));
    if (fader < 0 || fader >= std::ssize(m_atStart) || m_lastFader >= std::ssize(m_atStart)) {
        return;
    }
    std::map<int, int> wanted;
    if (m_all) {
        const int shift = keptAt(m_lastFader, at.y()) - m_atStart[idx(m_lastFader)];
        for (int each = 0; each < std::ssize(m_faders); ++each) {
            const Fader& shown = m_faders[idx(each)];
            if (shown.keyDims > 0 && !shown.locked) {
                wanted[shown.layer] = std::clamp(m_atStart[idx(each)] + shift, 1, shown.keyDims);
            }
        }
    } else {
        // Every fader between the last and this position gets the height of the line drawn over it.
        const int first = std::min(m_lastFader, fader);
        const int last = std::max(m_lastFader, fader);
        for (int each = first; each <= last; ++each) {
            const Fader& shown = m_faders[idx(each)];
            const double share = fader == m_lastFader
                ? 1.0
                : static_cast<double>(each - m_lastFader) / (fader - m_lastFader);
            const double y = each == fader ? at.y() : m_lastPoint.y() + (at.y() - m_lastPoint.y()) * share;
            if (shown.keyDims > 0 && !shown.locked) {
                wanted[shown.layer] = keptAt(each, y);
            }
        }
        m_lastFader = fader;
        m_lastPoint = at;
    }
    if (!wanted.empty()) {
        Q_EMIT edited(wanted, m_gesture);
    }
}

void Equaliser::nudge(int steps)
{
    for (const Fader& shown : m_faders) {
        if (shown.layer == m_current && shown.keyDims > 0 && !shown.locked) {
            Q_EMIT edited({ { shown.layer, std::clamp(shown.kept + steps, 1, shown.keyDims) } },
                          m_newGesture());
            return;
        }
    }
}

void Equaliser::keyPressEvent(QKeyEvent* event)
{
    const auto step = [&](int direction) {
        for (int fader = 0; fader < std::ssize(m_faders); ++fader) {
            if (m_faders[idx(fader)].layer == m_current) {
                const int next = std::clamp(fader + direction, 0, static_cast<int>(m_faders.size()) - 1);
                Q_EMIT layerPicked(m_faders[idx(next)].layer);
                return;
            }
        }
    };
    switch (event->key()) {
    case Qt::Key_Up:
        nudge(1);
        return;
    case Qt::Key_Down:
        nudge(-1);
        return;
    case Qt::Key_PageUp:
        nudge(8);
        return;
    case Qt::Key_PageDown:
        nudge(-8);
        return;
    case Qt::Key_Left:
        step(-1);
        return;
    case Qt::Key_Right:
        step(1);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace rankscope
