// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/token_labels.h"

#include "core/base/narrow.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

constexpr int kLongestLabel = 14; ///< characters
/// Words that are further apart than this make no text: their numbers say more.
constexpr int kWidestStride = 8;
constexpr double kGap = 6.0; ///< pixels between two texts

} // namespace

void TokenLabels::setLabels(const std::vector<QString>& labels, const QFont& font)
{
    const QFontMetricsF metrics(font);
    m_labels.clear();
    m_widths.clear();
    m_ticks.clear();
    for (const QString& label : labels) {
        m_labels.push_back(label.size() > kLongestLabel ? label.left(kLongestLabel - 1) + QChar(u'…')
                                                        : label);
        m_widths.push_back(metrics.horizontalAdvance(m_labels.back()));
    }
}

void TokenLabels::layOut(double lower, double upper, double pixels)
{
    const int count = static_cast<int>(m_labels.size());
    const int first = std::max(0, static_cast<int>(std::ceil(lower)));
    const int last = std::min(count - 1, static_cast<int>(std::floor(upper)));
    const double perToken = pixels / std::max(1e-9, upper - lower);
    const auto fits = [&](int stride) {
        int previous = -1;
        for (int token = (first + stride - 1) / stride * stride; token <= last; token += stride) {
            if (previous >= 0
                && (m_widths[idx(previous)] + m_widths[idx(token)]) / 2.0 + kGap > stride * perToken) {
                return false;
            }
            previous = token;
        }
        return true;
    };
    m_stride = 1;
    while (m_stride < count && !fits(m_stride)) {
        m_stride *= 2;
    }
    m_ticks.clear();
    const int offset = m_stride > kWidestStride ? m_stride - 1 : 0; // numbers from 1 are to be round
    for (int token = (first + m_stride - 1 - offset) / m_stride * m_stride + offset; token <= last;
         token += m_stride) {
        m_ticks.push_back(token);
    }
}

QString TokenLabels::text(int token) const
{
    if (token < 0 || token >= std::ssize(m_labels)) {
        return {};
    }
    return m_stride > kWidestStride ? QString::number(token + 1) : m_labels[idx(token)];
}

} // namespace rankscope
