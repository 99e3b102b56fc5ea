// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/quality.h"

#include "core/base/narrow.h"

#include <algorithm>

namespace rankscope {

namespace {

/// For long runs the interval on the way is taken at every k-th window only.
constexpr int kBandPoints = 64;
/// Up to so many windows every interval is exact: a millisecond. Of more, that of all windows.
constexpr int kExactWindows = 64;
constexpr std::size_t kResamples = 2000;

/// A draw from the Poisson distribution with mean 1.
int poissonOfOne(Random& random)
{
    const double draw = random.uniform();
    double term = 0.36787944117144233; // exp(-1)
    double sum = term;
    int count = 0;
    while (draw >= sum && count < 16) {
        ++count;
        term /= count;
        sum += term;
    }
    return count;
}

} // namespace

void RunningDelta::Resamples::add(double delta)
{
    sums.resize(kResamples);
    weights.resize(kResamples);
    for (std::size_t at = 0; at < kResamples; ++at) {
        const int weight = poissonOfOne(random);
        weights[at] += weight;
        sums[at] += weight * delta;
    }
    ++windows;
}

void RunningDelta::Resamples::setInterval(Point& point) const
{
    std::vector<double> means;
    means.reserve(kResamples);
    for (std::size_t at = 0; at < kResamples; ++at) {
        if (weights[at] > 0) {
            means.push_back(sums[at] / weights[at]);
        }
    }
    const auto quantile = [&](std::size_t thousandths) {
        const auto at = means.begin()
            + static_cast<std::ptrdiff_t>(std::min(means.size() - 1, means.size() * thousandths / 1000));
        std::nth_element(means.begin(), at, means.end());
        return *at;
    };
    point.low = std::min(point.mean, quantile(25));
    point.high = std::max(point.mean, quantile(975));
}

void RunningDelta::update(std::shared_ptr<const PerplexityEstimate> baseline,
                          std::shared_ptr<const PerplexityEstimate> candidate)
{
    if (baseline == nullptr || candidate == nullptr) {
        clear();
        return;
    }
    const int count = std::min(baseline->windows(), candidate->windows());
    const int stride = std::max(1, std::max(candidate->windowsTotal, count) / kBandPoints);
    const auto deltaAt
        = [&](int window) { return candidate->windowNll[idx(window)] - baseline->windowNll[idx(window)]; };
    int same = 0;
    while (same < count && same < std::ssize(m_points) && m_points[idx(same)].delta == deltaAt(same)) {
        ++same;
    }
    const bool exact = count <= kExactWindows || candidate->complete || count >= candidate->windowsTotal;
    const bool wasExact = count <= kExactWindows || m_resamples.windows < std::ssize(m_points);
    if (m_delta && same == count && same == std::ssize(m_points) && exact == wasExact) {
        return; // told again
    }
    if (same < std::ssize(m_points) || m_resamples.windows < same) { // resamples cannot go back
        m_resamples = {};
        same = 0;
    }
    m_points.resize(idx(same));
    double sum = 0.0;
    for (int window = 0; window < count; ++window) {
        sum += deltaAt(window);
        if (window < same) {
            continue;
        }
        Point point;
        point.delta = deltaAt(window);
        point.mean = sum / (window + 1);
        m_resamples.add(point.delta);
        if (window == 0) {
            point.low = point.mean;
            point.high = point.mean;
        } else if (window % stride == 0) {
            m_resamples.setInterval(point);
        } else {
            const Point& before = m_points.back();
            point.low = point.mean - (before.mean - before.low);
            point.high = point.mean + (before.high - before.mean);
        }
        m_points.push_back(point);
    }
    m_delta.reset();
    if (count > 0) {
        Point& last = m_points.back();
        if (exact) {
            m_delta = pairedDelta(*baseline, *candidate);
            last.low = m_delta->low;
            last.high = m_delta->high;
            if (count > kExactWindows) {
                m_resamples = {}; // all windows are there
            }
        } else {
            m_resamples.setInterval(last);
            m_delta = PairedDelta { last.mean, last.low, last.high, count };
        }
    }
    m_tokens = std::int64_t { count } * std::max(0, candidate->length - 1);
}

void RunningDelta::clear()
{
    m_points.clear();
    m_resamples = {};
    m_delta.reset();
    m_tokens = 0;
}

} // namespace rankscope
