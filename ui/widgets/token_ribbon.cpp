// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/token_ribbon.h"

#include "core/base/narrow.h"
#include "ui/theme/color_maps.h"
#include "ui/theme/theme.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {
constexpr double kPadding = 3.0;
constexpr double kGap = 1.0;
constexpr double kSelectedAt = 0.5; ///< share of the width where the selected token stands
} // namespace

TokenRibbon::TokenRibbon(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setAccessibleName(tr("Text around the selected token"));
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void TokenRibbon::setTokens(std::vector<QString> labels, std::vector<double> shares)
{
    m_labels = std::move(labels);
    m_shares = std::move(shares);
    update();
}

void TokenRibbon::setSelected(int token)
{
    if (token != m_selected) {
        m_selected = token;
        update();
    }
}

void TokenRibbon::setHoverMark(int token)
{
    if (token != m_hover) {
        m_hover = token;
        update();
    }
}

QSize TokenRibbon::sizeHint() const
{
    return QSize(400, fontMetrics().height() + 6);
}

std::vector<TokenRibbon::Box> TokenRibbon::boxes() const
{
    std::vector<Box> result;
    const int count = static_cast<int>(m_labels.size());
    if (count == 0) {
        return result;
    }
    const QFontMetricsF metrics(font());
    const auto widthOf = [&](int token) {
        return std::max(8.0, metrics.horizontalAdvance(m_labels[idx(token)]) + 2.0 * kPadding);
    };
    const int middle = std::clamp(m_selected < 0 ? count - 1 : m_selected, 0, count - 1);
    // From the selected token to both sides; near an end of the text the other side takes the room.
    double left = width() * kSelectedAt - widthOf(middle) / 2.0;
    int first = middle;
    while (first > 0 && left > 0.0) {
        --first;
        left -= widthOf(first) + kGap;
    }
    if (first == 0 && left > 0.0) {
        left = 0.0;
    }
    double x = left;
    int token = first;
    for (; token < count && x < width(); ++token) {
        result.push_back({ token, x, widthOf(token) });
        x += result.back().width + kGap;
    }
    if (token == count && x < width()) {
        double shift = width() - x;
        while (first > 0 && result.front().left + shift > 0.0) {
            --first;
            const double w = widthOf(first);
            result.insert(result.begin(), Box { first, result.front().left - w - kGap, w });
        }
        if (first == 0) {
            shift = std::min(shift, -result.front().left);
        }
        for (Box& box : result) {
            box.left += shift;
        }
    }
    return result;
}

int TokenRibbon::tokenAt(int x) const
{
    for (const Box& box : boxes()) {
        if (x >= box.left && x < box.left + box.width + kGap) {
            return box.token;
        }
    }
    return -1;
}

void TokenRibbon::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    for (const Box& box : boxes()) {
        const QRectF area(box.left, 1.0, box.width, height() - 2.0);
        const double share = box.token < std::ssize(m_shares) ? m_shares[idx(box.token)] : std::nan("");
        const bool known = std::isfinite(share);
        const QColor colour = known ? cividis(share) : theme.field;
        painter.fillRect(area, isEnabled() ? colour : mixed(colour, theme.panel, 0.6));
        painter.setPen(known && isEnabled() ? inkOn(colour) : theme.muted);
        painter.drawText(area, Qt::AlignCenter, m_labels[idx(box.token)]);
        if (box.token == m_selected || box.token == m_hover) {
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setBrush(Qt::NoBrush);
            painter.setPen(box.token == m_selected ? QPen(theme.accent, 2.0)
                                                   : QPen(theme.text, 1.0, Qt::DotLine));
            painter.drawRect(area);
            painter.setRenderHint(QPainter::Antialiasing, false);
        }
    }
}

void TokenRibbon::mousePressEvent(QMouseEvent* event)
{
    const int token = tokenAt(static_cast<int>(event->position().x()));
    if (token >= 0) {
        Q_EMIT tokenPicked(token);
    }
}

void TokenRibbon::mouseMoveEvent(QMouseEvent* event)
{
    Q_EMIT hoverMoved(tokenAt(static_cast<int>(event->position().x())));
}

void TokenRibbon::leaveEvent(QEvent*)
{
    Q_EMIT hoverMoved(-1);
}

} // namespace rankscope
