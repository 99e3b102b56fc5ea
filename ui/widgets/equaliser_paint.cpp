// SPDX-License-Identifier: GPL-3.0-or-later
// How the equaliser looks.
#include "core/base/narrow.h"
#include "core/plan/budget.h"
#include "ui/actions/what_is_this.h"
#include "ui/format/numbers.h"
#include "ui/plots/plot_export.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"
#include "ui/widgets/equaliser.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <QPaintEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Height of one band of the shading, pixels.
constexpr double kBand = 2.0;
/// Opacity of the shading where a layer costs most.
constexpr double kDarkest = 0.42;
/// Room for the texts under a fader, pixels.
constexpr double kWidestLabel = 40.0;

QColor fillColour(const Theme& theme, const Equaliser::Fader& fader, bool current)
{
    const QColor full = fader.colour >= 0 ? theme.head(fader.colour) : theme.accent;
    if (fader.track.locked) {
        return mixed(full, theme.removed, 0.6);
    }
    return current ? full : mixed(full, theme.panel, 0.25);
}

} // namespace

QRect Equaliser::areaOf(int fader) const
{
    if (fader < m_first || fader >= m_first + shownCount() || fader >= std::ssize(m_faders)) {
        return {};
    }
    const double slot = slotWidth();
    const double left = plotRect().left() + slot * (fader - m_first);
    const double beside = std::max(slot / 2.0, kWidestLabel / 2.0) - slot / 2.0; // labels may be wider
    return QRectF(left - beside - 4.0, 0.0, slot + 2.0 * beside + 8.0, height()).toAlignedRect();
}

void Equaliser::paintEvent(QPaintEvent* event)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    if (m_faders.empty()) {
        painter.setPen(theme.muted);
        painter.drawText(rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap,
                         m_emptySentence);
        return;
    }
    paintGrid(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    const int end = std::min(m_first + shownCount(), static_cast<int>(m_faders.size()));
    for (int fader = m_first; fader < end; ++fader) {
        if (event->region().intersects(areaOf(fader))) {
            paintFader(painter, fader);
        }
    }
    paintHover(painter);
    paintOverview(painter);
    paintLegend(painter);
    if (hasFocus() && focusPolicy() != Qt::NoFocus) {
        const int fader = indexOf(m_current);
        if (fader >= m_first && fader < end) {
            const QRectF plot = plotRect();
            const double slot = slotWidth();
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(mixed(theme.accent, theme.panel, 0.35), 1.0));
            painter.drawRoundedRect(QRectF(plot.left() + slot * (fader - m_first) + 1.5, plot.top() - 5.5,
                                           slot - 3.0, plot.height() + fontMetrics().height() * 2.2 + 8.0),
                                    4, 4);
        }
    }
}

/// Lines at the sizes whose recurrence has a kernel of its own.
void Equaliser::paintGrid(QPainter& painter) const
{
    const Theme& theme = themeOf(palette());
    const QRectF plot = plotRect();
    const int largest = largestSize();
    painter.setFont(smallFont(font()));
    const int textHeight = painter.fontMetrics().height();
    std::vector<int> lines { 0 };
    for (int size = 1; size <= largest; ++size) {
        if (kernelKeyDims(size) == size || size == largest) {
            lines.push_back(size);
        }
    }
    const double step = plot.height() / std::max(1.0, static_cast<double>(lines.size() - 1));
    const int every = std::max(1, static_cast<int>(std::ceil(textHeight * 0.95 / step)));
    const int lineEvery = std::max(1, static_cast<int>(std::ceil(5.0 / step)));
    for (std::size_t at = 0; at < lines.size(); ++at) {
        const double y = std::round(plot.bottom() - plot.height() * lines[at] / largest) + 0.5;
        const bool last = at + 1 == lines.size();
        const int fromTop = static_cast<int>(lines.size() - 1 - at);
        if (fromTop % lineEvery == 0 || last) {
            painter.setPen(QPen(theme.grid, 1.0));
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        }
        if (fromTop % every == 0 || lines[at] == 0) {
            if (lines[at] == 0 && fromTop % every != 0 && step * (fromTop % every) < textHeight) {
                continue;
            }
            painter.setPen(theme.muted);
            painter.drawText(QRectF(0, y - 10, plot.left() - 8, 20), Qt::AlignRight | Qt::AlignVCenter,
                             QString::number(lines[at]));
        }
    }
}

/// What the fader alone would cost at each height: the darker, the more.
void Equaliser::paintCosts(QPainter& painter, int fader) const
{
    const Fader& shown = m_faders[idx(fader)];
    if (shown.costs.size() < 2 || m_largestCost <= 0.0) {
        return;
    }
    const Theme& theme = themeOf(palette());
    const QRectF track = trackRect(fader);
    const double margin = std::min(slotWidth() * 0.14, 6.0);
    QColor wash = shown.costsStale ? theme.removed : theme.worse;
    for (double y = track.top(); y < track.bottom(); y += kBand) {
        const double dims = (track.bottom() - y - kBand / 2.0) / track.height() * shown.track.size;
        const double cost = costAt(shown.costs, std::max(1, static_cast<int>(std::lround(dims))));
        const double share = std::sqrt(std::clamp(cost / m_largestCost, 0.0, 1.0));
        wash.setAlphaF(static_cast<float>(kDarkest * share));
        painter.fillRect(QRectF(track.left() - margin, y, track.width() + 2.0 * margin,
                                std::min(kBand, track.bottom() - y)),
                         wash);
    }
}

void Equaliser::paintFader(QPainter& painter, int fader) const
{
    const Theme& theme = themeOf(palette());
    const Fader& shown = m_faders[idx(fader)];
    const QRectF plot = plotRect();
    const bool current = shown.id == m_current;
    if (shown.id == m_hoveredElsewhere && fader != m_hovered) {
        QColor wash = theme.selectedRow;
        wash.setAlphaF(0.5F);
        const double slot = slotWidth();
        painter.fillRect(
            QRectF(plot.left() + slot * (fader - m_first), plot.top() - 4, slot, plot.height() + 4), wash);
    }
    if (shown.track.size > 0) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        paintCosts(painter, fader);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF track = trackRect(fader);
        const bool roomy = track.width() >= 12.0;
        const double corner = roomy ? 3.0 : 1.0;
        const auto at
            = [&](double dims) { return track.bottom() - track.height() * dims / shown.track.size; };
        QColor ground = theme.field;
        ground.setAlphaF(shown.costs.empty() ? 1.0F : 0.35F);
        painter.setPen(QPen(theme.border, roomy ? 1.0 : 0.5));
        painter.setBrush(ground);
        painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), corner, corner);
        QRectF filled = track;
        filled.setTop(at(shown.track.kept));
        painter.setPen(Qt::NoPen);
        QColor fill = fillColour(theme, shown, current);
        fill.setAlphaF(shown.costs.empty() ? 1.0F : 0.9F);
        painter.setBrush(fill);
        painter.drawRoundedRect(filled, corner, corner);
        const std::vector<int>& other = m_outline.empty() ? m_ghost : m_outline;
        if (fader < std::ssize(other) && other[idx(fader)] != shown.track.kept) {
            QRectF outline = track.adjusted(-1.5, 0.0, 1.5, 0.0);
            outline.setTop(at(other[idx(fader)]));
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(theme.text, 1.0, Qt::DashLine));
            painter.drawRoundedRect(outline, corner, corner);
        }
        paintMarks(painter, fader);
        if (roomy) {
            const QRectF handle(track.left() - 3, filled.top() - 3, track.width() + 6, 6);
            const QColor edge = shown.track.locked ? theme.muted
                : shown.colour >= 0                ? theme.head(shown.colour)
                                                   : theme.accent;
            painter.setPen(QPen(edge, 1.4));
            painter.setBrush(theme.panel);
            painter.drawRoundedRect(handle, 3, 3);
        } else {
            painter.setPen(QPen(theme.text, 1.4));
            painter.drawLine(QPointF(track.left() - 1, filled.top()),
                             QPointF(track.right() + 1, filled.top()));
        }
    } else {
        painter.setPen(theme.muted);
        painter.setFont(smallFont(font()));
        const double slot = slotWidth();
        painter.drawText(QRectF(plot.left() + slot * (fader - m_first), plot.bottom() - 20, slot, 18),
                         Qt::AlignCenter, u"–"_s);
    }
    paintLabels(painter, fader);
}

void Equaliser::paintMarks(QPainter& painter, int fader) const
{
    const Theme& theme = themeOf(palette());
    const Fader& shown = m_faders[idx(fader)];
    const QRectF track = trackRect(fader);
    const bool roomy = track.width() >= 12.0;
    const auto at = [&](double dims) { return track.bottom() - track.height() * dims / shown.track.size; };
    const auto markColour = [&](double dims) {
        const bool onFill = dims < shown.track.kept;
        return shown.ranksStale ? mixed(onFill ? theme.panel : theme.text, theme.removed, 0.7)
            : onFill            ? theme.panel
                                : theme.text;
    };
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
}

void Equaliser::paintLabels(QPainter& painter, int fader) const
{
    const Theme& theme = themeOf(palette());
    const Fader& shown = m_faders[idx(fader)];
    const QRectF plot = plotRect();
    const double slot = slotWidth();
    const bool current = shown.id == m_current;
    painter.setFont(smallFont(font()));
    const int every = std::max(
        1, static_cast<int>(std::ceil((painter.fontMetrics().horizontalAdvance(u"000"_s) + 2) / slot)));
    const int currentFader = indexOf(m_current);
    const bool besideCurrent = !current && currentFader >= 0 && std::abs(fader - currentFader) < every;
    if (!current && (fader % every != 0 || besideCurrent)) {
        return;
    }
    QFont face = smallFont(font());
    face.setBold(current);
    painter.setFont(face);
    painter.setPen(current ? theme.text : theme.muted);
    const double line = fontMetrics().height();
    const double centre = plot.left() + slot * (fader - m_first + 0.5);
    const QRectF first(centre - kWidestLabel / 2.0, plot.bottom() + 5, kWidestLabel, line);
    painter.drawText(first, Qt::AlignCenter, QString::number(shown.id));
    painter.setFont(smallFont(font()));
    painter.setPen(theme.muted);
    painter.drawText(first.translated(0, line), Qt::AlignCenter,
                     shown.track.size > 0 ? QString::number(shown.track.kept) : u"–"_s);
    if (shown.track.locked && slot > line * 1.4) {
        const int size = fontMetrics().height() - 3;
        painter.drawPixmap(QPointF(centre + 7, first.top() + 1),
                           tintedPixmap(u"lock"_s, theme.text, size, devicePixelRatioF()));
    }
}

int Equaliser::hoverDims() const
{
    const Fader& shown = m_faders[idx(m_hovered)];
    return m_drag ? shown.track.kept
                  : std::clamp(static_cast<int>(std::lround(dimsAt(m_hoverY))), m_lowest, shown.track.size);
}

QString Equaliser::hoverLabel() const
{
    const Fader& shown = m_faders[idx(m_hovered)];
    QString text = QString::number(hoverDims());
    if (!shown.costs.empty()) {
        text += u" · ≈ "_s + formatSigned(costAt(shown.costs, hoverDims()), 3);
    }
    return text;
}

QRectF Equaliser::hoverBox() const
{
    if (m_hovered < m_first || m_hovered >= std::ssize(m_faders) || m_hoverY < 0.0
        || m_faders[idx(m_hovered)].track.size == 0) {
        return {};
    }
    const QRectF track = trackRect(m_hovered);
    const double y = track.bottom() - track.height() * hoverDims() / m_faders[idx(m_hovered)].track.size;
    const QFontMetrics metrics(smallFont(font()), this);
    const double width = metrics.horizontalAdvance(hoverLabel()) + 10.0;
    const double height = metrics.height() + 3.0;
    const double space = 6.0;
    double x = track.right() + space;
    if (x + width > this->width() - 2.0) {
        x = track.left() - space - width; // the label flips near the edge
    }
    return { x, std::clamp(y - height / 2.0, 1.0, this->height() - height - 1.0), width, height };
}

QRect Equaliser::hoverArea() const
{
    const QRectF box = hoverBox();
    return box.isEmpty() ? areaOf(m_hovered)
                         : areaOf(m_hovered).united(box.toAlignedRect().adjusted(-2, -2, 2, 2));
}

/// The size at the pointer's height, and what the fader alone would cost there.
void Equaliser::paintHover(QPainter& painter) const
{
    const QRectF box = hoverBox();
    if (box.isEmpty()) {
        return;
    }
    const Theme& theme = themeOf(palette());
    const QRectF track = trackRect(m_hovered);
    const double y = track.bottom() - track.height() * hoverDims() / m_faders[idx(m_hovered)].track.size;
    painter.setFont(smallFont(font()));
    painter.setPen(QPen(theme.text, 1.0));
    painter.drawLine(QPointF(track.left() - 4, y), QPointF(track.right() + 4, y));
    painter.setPen(QPen(theme.border, 1.0));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(box, 3, 3);
    painter.setPen(theme.text);
    painter.drawText(box, Qt::AlignCenter, hoverLabel());
}

void Equaliser::paintOverview(QPainter& painter) const
{
    const QRectF strip = overviewRect();
    if (strip.isEmpty()) {
        return;
    }
    const Theme& theme = themeOf(palette());
    const double slot = strip.width() / static_cast<double>(m_faders.size());
    painter.setPen(QPen(theme.border, 1.0));
    painter.setBrush(theme.field);
    painter.drawRect(strip);
    painter.setPen(Qt::NoPen);
    for (int fader = 0; fader < std::ssize(m_faders); ++fader) {
        const Fader& shown = m_faders[idx(fader)];
        if (shown.track.size > 0) {
            const double height = strip.height() * shown.track.kept / largestSize();
            painter.setBrush(fillColour(theme, shown, shown.id == m_current));
            painter.drawRect(QRectF(strip.left() + slot * fader, strip.bottom() - height,
                                    std::max(1.0, slot * 0.8), height));
        }
    }
    QColor shade = theme.panel;
    shade.setAlphaF(0.55F);
    const double left = strip.left() + slot * m_first;
    const double right = left + slot * shownCount();
    painter.fillRect(QRectF(strip.left(), strip.top(), left - strip.left(), strip.height()), shade);
    painter.fillRect(QRectF(right, strip.top(), strip.right() - right, strip.height()), shade);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.accent, 1.2));
    painter.drawRect(QRectF(left, strip.top() - 1, right - left, strip.height() + 2));
}

void Equaliser::paintLegend(QPainter& painter) const
{
    if (m_legend.isEmpty()) {
        return;
    }
    painter.setFont(smallFont(font()));
    painter.setPen(themeOf(palette()).muted);
    const QRectF where(12, height() - fontMetrics().height() * 1.5, width() - 24,
                       fontMetrics().height() * 1.4);
    // Parts that do not fit are left out from the end.
    QStringList parts = m_legend.split(u'\n');
    while (parts.size() > 1
           && painter.fontMetrics().horizontalAdvance(parts.join(u"   "_s)) > where.width()) {
        parts.removeLast();
    }
    painter.drawText(where, Qt::AlignLeft | Qt::AlignVCenter, parts.join(u"   "_s));
}

QString Equaliser::valuesText() const
{
    QStringList lines {
        QStringList { tr("fader"), tr("size"), tr("kept"), tr("entropy rank"), tr("threshold rank") }.join(
            u'\t')
    };
    for (const Fader& fader : m_faders) {
        lines << QStringList { m_name.arg(fader.id), QString::number(fader.track.size),
                               QString::number(fader.track.kept), QString::number(fader.entropyRank, 'g', 9),
                               QString::number(fader.thresholdRank, 'g', 9) }
                     .join(u'\t');
    }
    return lines.join(u'\n') + u'\n';
}

void Equaliser::addGivingActions(QMenu& menu, const QString& name, DialogPort& dialogs,
                                 std::function<void(const QString&)> failed)
{
    menu.addAction(tr("Copy values"), this, [this] { QApplication::clipboard()->setText(valuesText()); });
    addWidgetExportActions(menu, *this, { name, [this] { return valuesText().replace(u'\t', u','); } },
                           dialogs, std::move(failed));
    addWhatIsThis(menu, *this, Topic::Faders);
}

} // namespace rankscope
