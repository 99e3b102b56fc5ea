// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/token_axis.h"

#include "core/base/narrow.h"

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {
constexpr int kLongestLabel = 14; ///< characters
constexpr double kGap = 6.0; ///< pixels between two texts
} // namespace

void TokenTicker::setLabels(const std::vector<QString>& labels, const QFont& font)
{
    const QFontMetricsF metrics(font);
    m_labels.clear();
    m_widths.clear();
    for (const QString& label : labels) {
        m_labels.push_back(label.size() > kLongestLabel ? label.left(kLongestLabel - 1) + QChar(u'…') : label);
        m_widths.push_back(metrics.horizontalAdvance(m_labels.back()));
    }
}

int TokenTicker::strideFor(const QCPRange& range) const
{
    const int count = static_cast<int>(m_labels.size());
    const int first = std::max(0, static_cast<int>(std::ceil(range.lower)));
    const int last = std::min(count - 1, static_cast<int>(std::floor(range.upper)));
    const double perToken = m_pixels / std::max(1e-9, range.size());
    for (int stride = 1; stride < std::max(2, count); stride *= 2) {
        bool fits = true;
        int previous = -1;
        for (int token = (first + stride - 1) / stride * stride; fits && token <= last; token += stride) {
            fits = previous < 0
                || (m_widths[idx(previous)] + m_widths[idx(token)]) / 2.0 + kGap <= stride * perToken;
            previous = token;
        }
        if (fits) {
            return stride;
        }
    }
    return std::max(1, count);
}

QVector<double> TokenTicker::createTickVector(double, const QCPRange& range)
{
    QVector<double> ticks;
    const int stride = strideFor(range);
    const int last = std::min(static_cast<int>(m_labels.size()) - 1, static_cast<int>(std::floor(range.upper)));
    for (int token = (std::max(0, static_cast<int>(std::ceil(range.lower))) + stride - 1) / stride * stride;
         token <= last; token += stride) {
        ticks.append(token);
    }
    return ticks;
}

QString TokenTicker::getTickLabel(double tick, const QLocale&, QChar, int)
{
    const auto token = static_cast<int>(std::lround(tick));
    return token >= 0 && token < std::ssize(m_labels) ? m_labels[idx(token)] : QString();
}

} // namespace rankscope
