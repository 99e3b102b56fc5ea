// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the spectrum plot: legend, values that pointer and keys read out, CSV.
#include "ui/plots/axis_navigation.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/qcp.h"
#include "ui/plots/spectrum_plot_impl.h"
#include "ui/theme/theme.h"

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// "10⁻⁴".
QString powerOfTen(int exponent)
{
    const QString super = u"⁰¹²³⁴⁵⁶⁷⁸⁹"_s;
    QString text = u"10"_s;
    for (const QChar digit : QString::number(exponent)) {
        text += digit == u'-' ? QChar(u'⁻') : super[digit.digitValue()];
    }
    return text;
}

} // namespace

std::vector<SpectrumPlot::Impl::Entry> SpectrumPlot::Impl::entries(const QPalette& palette) const
{
    const Theme& theme = themeOf(palette);
    std::vector<Entry> result;
    if (count() == 0) {
        return result;
    }
    if (banded()) {
        result.push_back({ SpectrumPlot::tr("━ head %1").arg(view.head), theme.head(view.head), true });
        result.push_back(
            { SpectrumPlot::tr("━ median, ▒ 25–75, 10–90 % of %1 heads").arg(count()), theme.muted });
    } else {
        for (int head = 0; head < count(); ++head) {
            result.push_back(
                { SpectrumPlot::tr("━ head %1").arg(head), theme.head(head), head == view.head });
        }
    }
    if (!view.pruned.empty()) {
        result.push_back(
            { view.prunedStale ? SpectrumPlot::tr("┅ pruned (earlier plan)") : SpectrumPlot::tr("┅ pruned"),
              view.prunedStale ? theme.muted : theme.text });
    }
    result.push_back({ SpectrumPlot::tr("▲ entropy"), theme.muted });
    result.push_back({ SpectrumPlot::tr("◇ stable"), theme.muted });
    result.push_back({ SpectrumPlot::tr("○ σ > 10⁻⁴ σ₁"), theme.muted });
    if (view.windows > 1) {
        result.push_back({ SpectrumPlot::tr("▒ quartiles"), theme.muted });
    }
    result.push_back(
        { SpectrumPlot::tr("floor %1").arg(powerOfTen(static_cast<int>(std::lround(std::log10(floor))))),
          theme.muted });
    return result;
}

QStringList SpectrumPlot::legend() const
{
    QStringList texts;
    for (const Impl::Entry& entry : m_impl->entries(palette())) {
        texts << entry.text;
    }
    return texts;
}

void SpectrumPlot::refreshLegend()
{
    Impl& impl = *m_impl;
    std::vector<Impl::Entry> entries = impl.entries(palette());
    if (!entries.empty()) {
        entries.pop_back(); // the floor stands in the axis label
    }
    while (impl.legendTexts.size() < entries.size()) {
        auto* text = new QCPItemText(impl.plot);
        text->position->setType(QCPItemPosition::ptAbsolute);
        text->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        text->setClipToAxisRect(false);
        text->setLayer(u"overlay"_s);
        impl.legendTexts.push_back(text);
    }
    QFont bold = smallFont(font());
    bold.setBold(true);
    const QFont plain = smallFont(font());
    const auto widthOf = [&](const Impl::Entry& entry) {
        return QFontMetricsF(entry.bold ? bold : plain).horizontalAdvance(entry.text);
    };
    // Right aligned as far as there is room, so that it does not stand over the axis label.
    constexpr double kGap = 11.0;
    const auto widthOfAll = [&] {
        double all = -kGap;
        for (const Impl::Entry& entry : entries) {
            all += widthOf(entry) + kGap;
        }
        return all;
    };
    const double right = impl.plot->width() - 4.0;
    if (!impl.banded() && widthOfAll() > right - 8.0) { // the heads have their colours: a letter will do
        for (int head = 0; head < impl.count(); ++head) {
            entries[idx(head)].text = tr("━ h%1").arg(head);
        }
    }
    const double all = widthOfAll();
    double x = std::max(8.0, right - all);
    for (std::size_t at = 0; at < impl.legendTexts.size(); ++at) {
        QCPItemText* text = impl.legendTexts[at];
        if (at >= entries.size()) {
            text->setVisible(false);
            continue;
        }
        const double width = widthOf(entries[at]);
        text->setVisible(x + width <= right + 1.0);
        text->setFont(entries[at].bold ? bold : plain);
        text->setColor(entries[at].colour);
        text->setText(entries[at].text);
        text->position->setCoords(x, 2);
        x += width + kGap;
    }
}

int SpectrumPlot::headNear(const QPointF& at) const
{
    const Impl& impl = *m_impl;
    if (!impl.plot->axisRect()->rect().contains(at.toPoint())) {
        return -1;
    }
    const int index = static_cast<int>(std::lround(impl.plot->xAxis->pixelToCoord(at.x())));
    int best = -1;
    double distance = 24.0;
    for (int head = 0; head < impl.count(); ++head) {
        const HeadSpectrum& spectrum = impl.view.heads[idx(head)];
        if (index < 1 || index > std::ssize(spectrum.median) || (impl.banded() && head != impl.view.head)) {
            continue;
        }
        const double value = impl.drawn(static_cast<double>(spectrum.median[idx(index - 1)]));
        const double pixels = std::abs(impl.plot->yAxis->coordToPixel(value) - at.y());
        if (pixels < distance) {
            distance = pixels;
            best = head;
        }
    }
    return best;
}

void SpectrumPlot::onMouseMove(const QPointF& at)
{
    const int head = headNear(at);
    if (head < 0) {
        hideValue();
    } else {
        showValue(head, static_cast<int>(std::lround(m_impl->plot->xAxis->pixelToCoord(at.x()))));
    }
}

void SpectrumPlot::hideValue()
{
    Q_EMIT headHovered(-1);
    if (m_impl->tracer->visible()) {
        m_impl->tracer->setVisible(false);
        Q_EMIT hovered(QString());
        drawOverlayOnce(*m_impl->plot);
    }
}

void SpectrumPlot::showValue(int head, int index)
{
    Impl& impl = *m_impl;
    impl.readIndex = index;
    Q_EMIT headHovered(head);
    const HeadSpectrum& spectrum = impl.view.heads[idx(head)];
    const auto number
        = [](float value, int digits) { return QString::number(static_cast<double>(value), 'g', digits); };
    const float value = spectrum.median[idx(index - 1)];
    impl.tracer->setVisible(true);
    impl.tracer->position->setCoords(index, impl.drawn(static_cast<double>(value)));
    impl.tracer->setPen(QPen(themeOf(palette()).text, 1.2));
    drawOverlayOnce(*impl.plot);
    QString text
        = tr("layer %1, head %2: σ%3 = %4").arg(impl.view.layer).arg(head).arg(index).arg(number(value, 4));
    if (impl.view.windows > 1) {
        text += tr(" (quartiles %1 … %2)")
                    .arg(number(spectrum.low[idx(index - 1)], 3), number(spectrum.high[idx(index - 1)], 3));
    }
    text += tr(", %1 of σ₁").arg(number(value / std::max(1e-30F, spectrum.median[0]), 3));
    if (head < std::ssize(impl.view.pruned) && index <= std::ssize(impl.view.pruned[idx(head)].median)) {
        text += tr(", pruned %1").arg(number(impl.view.pruned[idx(head)].median[idx(index - 1)], 4));
    }
    Q_EMIT hovered(text);
}

void SpectrumPlot::keyPressEvent(QKeyEvent* event)
{
    Impl& impl = *m_impl;
    if (impl.count() == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    int index = std::clamp(impl.readIndex, 1, impl.rank());
    const bool shown = impl.tracer->visible();
    switch (event->key()) {
    case Qt::Key_Left:
        index -= shown ? 1 : 0;
        break;
    case Qt::Key_Right:
        index += shown ? 1 : 0;
        break;
    case Qt::Key_Home:
        index = 1;
        break;
    case Qt::Key_End:
        index = impl.rank();
        break;
    case Qt::Key_Up:
    case Qt::Key_Down:
        Q_EMIT headClicked(
            std::clamp(impl.view.head + (event->key() == Qt::Key_Up ? -1 : 1), 0, impl.count() - 1));
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Minus:
        impl.userX = !zoomAxis(*impl.plot->xAxis, event->key() == Qt::Key_Minus ? 1.25 : 0.8, index,
                               QCPRange(1.0 - 0.01 * impl.rank(), impl.rank() * 1.01));
        refreshKeptLine();
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    showValue(impl.view.head, std::clamp(index, 1, impl.rank()));
}

bool SpectrumPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FocusOut) {
        hideValue();
    }
    return QWidget::eventFilter(watched, event);
}

QString SpectrumPlot::csv() const
{
    const Impl& impl = *m_impl;
    QString text
        = u"layer,token,head,index,sigma_median,sigma_lower_quartile,sigma_upper_quartile,sigma_pruned\n"_s;
    for (int head = 0; head < impl.count(); ++head) {
        const HeadSpectrum& spectrum = impl.view.heads[idx(head)];
        for (int at = 0; at < std::ssize(spectrum.median); ++at) {
            const auto number = [at](const std::vector<float>& values) {
                return QString::number(static_cast<double>(values[idx(at)]), 'g', 9);
            };
            text += u"%1,%2,%3,%4,"_s.arg(impl.view.layer).arg(impl.view.token).arg(head).arg(at + 1)
                + u"%1,%2,%3,%4\n"_s.arg(number(spectrum.median), number(spectrum.low), number(spectrum.high),
                                         head < std::ssize(impl.view.pruned)
                                             ? number(impl.view.pruned[idx(head)].median)
                                             : QString());
        }
    }
    return text;
}

} // namespace rankscope
