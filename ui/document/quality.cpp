// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/quality.h"

#include "core/base/narrow.h"

#include <algorithm>

namespace rankscope {

namespace {

/// Intervals of prefixes cost a bootstrap each: for long runs they are computed at every k-th window only.
constexpr int kBandPoints = 64;

} // namespace

void RunningDelta::update(std::shared_ptr<const PerplexityEstimate> baseline,
                          std::shared_ptr<const PerplexityEstimate> candidate)
{
    if (baseline == nullptr || candidate == nullptr) {
        clear();
        return;
    }
    const int count = std::min(baseline->windows(), candidate->windows());
    const int stride = std::max(1, std::max(candidate->windowsTotal, count) / kBandPoints);
    int same = 0;
    while (same < count && same < std::ssize(m_points)
           && m_points[idx(same)].delta == candidate->windowNll[idx(same)] - baseline->windowNll[idx(same)]) {
        ++same;
    }
    m_points.resize(idx(same));
    PerplexityEstimate baselinePrefix;
    PerplexityEstimate candidatePrefix;
    for (int window = 0; window < count; ++window) {
        baselinePrefix.windowNll.push_back(baseline->windowNll[idx(window)]);
        candidatePrefix.windowNll.push_back(candidate->windowNll[idx(window)]);
        if (window < same) {
            continue;
        }
        Point point;
        point.delta = candidatePrefix.windowNll.back() - baselinePrefix.windowNll.back();
        if (window % stride == 0 || window + 1 == count) {
            const PairedDelta delta = pairedDelta(baselinePrefix, candidatePrefix);
            point.mean = delta.meanNll;
            point.low = delta.low;
            point.high = delta.high;
        } else {
            const Point& before = m_points.back();
            point.mean = (before.mean * window + point.delta) / (window + 1);
            point.low = point.mean - (before.mean - before.low);
            point.high = point.mean + (before.high - before.mean);
        }
        m_points.push_back(point);
    }
    m_delta.reset();
    if (count > 0) {
        m_delta = PairedDelta { m_points.back().mean, m_points.back().low, m_points.back().high, count };
    }
    m_tokens = std::int64_t { count } * std::max(0, candidate->length - 1);
}

void RunningDelta::clear()
{
    m_points.clear();
    m_delta.reset();
    m_tokens = 0;
}

} // namespace rankscope
