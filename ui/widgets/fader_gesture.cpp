// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/fader_gesture.h"

#include "core/base/narrow.h"
#include "core/plan/allocation.h"
#include "core/plan/budget.h"

#include <algorithm>
#include <cmath>

namespace rankscope {

FaderGesture::FaderGesture(std::vector<FaderTrack> start, FaderMode mode, int lowest, Sizes sizes)
    : m_start(std::move(start))
    , m_mode(mode)
    , m_lowest(lowest)
    , m_sizes(std::move(sizes))
{
    for (const FaderTrack& track : m_start) {
        m_kept.push_back(track.kept);
    }
}

int FaderGesture::allowed(int fader, double dims) const
{
    const int size = m_start[idx(fader)].size;
    const int kept = std::clamp(static_cast<int>(std::lround(dims)), m_lowest, size);
    return kept == 0 ? 0 : snapKeyDims(kept, m_sizes(size), SnapRule::Nearest);
}

const std::vector<int>& FaderGesture::moveTo(int fader, double dims)
{
    if (fader < 0 || fader >= std::ssize(m_start)) {
        return m_kept;
    }
    if (m_first < 0) {
        m_first = fader;
        m_lastFader = fader;
        m_lastDims = dims;
        m_pressDims = dims;
    }
    if (m_mode == FaderMode::MoveAll) {
        moveAll(dims);
    } else {
        draw(fader, dims);
        if (m_mode == FaderMode::KeepTotal) {
            compensate(fader);
        }
    }
    m_lastFader = fader;
    m_lastDims = dims;
    return m_kept;
}

/// Every fader between the last position and this one gets the height of the line drawn over it.
void FaderGesture::draw(int fader, double dims)
{
    for (int each = std::min(m_lastFader, fader); each <= std::max(m_lastFader, fader); ++each) {
        if (!m_start[idx(each)].movable()) {
            continue;
        }
        const double share
            = fader == m_lastFader ? 1.0 : static_cast<double>(each - m_lastFader) / (fader - m_lastFader);
        m_kept[idx(each)] = allowed(each, m_lastDims + (dims - m_lastDims) * share);
        m_touched.insert(each);
    }
}

void FaderGesture::moveAll(double dims)
{
    if (m_start[idx(m_first)].size == 0) {
        return;
    }
    const int kept = m_start[idx(m_first)].kept;
    const int shift = allowed(m_first, kept + dims - m_pressDims) - kept;
    for (std::size_t each = 0; each < m_start.size(); ++each) {
        if (m_start[each].movable()) {
            m_kept[each] = std::clamp(m_start[each].kept + shift, m_lowest, m_start[each].size);
        }
    }
}

std::int64_t FaderGesture::bytesOf(const std::vector<int>& faders) const
{
    std::int64_t bytes = 0;
    for (const int fader : faders) {
        bytes += m_start[idx(fader)].rowBytes * m_kept[idx(fader)];
    }
    return bytes;
}

void FaderGesture::compensate(int last)
{
    std::vector<int> held;
    std::vector<int> giving;
    std::int64_t total = 0;
    for (int each = 0; each < std::ssize(m_start); ++each) {
        const FaderTrack& track = m_start[idx(each)];
        if (!track.movable()) {
            continue;
        }
        total += track.rowBytes * track.kept;
        (m_touched.contains(each) ? held : giving).push_back(each);
    }
    if (giving.empty() && m_start[idx(last)].movable()) { // all were touched: the others of them give
        giving = held;
        std::erase(giving, last);
        held = { last };
    }
    if (giving.empty()) {
        for (std::size_t each = 0; each < m_start.size(); ++each) {
            m_kept[each] = m_start[each].kept; // nobody to give or take
        }
        return;
    }
    std::vector<LayerShare> shares;
    std::vector<double> weights;
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const int each : giving) {
        const FaderTrack& track = m_start[idx(each)];
        shares.push_back({ m_sizes(track.size), track.rowBytes });
        weights.push_back(std::max(0.5, static_cast<double>(track.kept)));
        least += track.rowBytes * shares.back().sizes.front();
        most += track.rowBytes * track.size;
    }
    // Whoever is held goes only as far as the others can make up for, the newest first.
    std::vector<int> order = held;
    std::ranges::sort(order, [last](int a, int b) { return (a == last) != (b == last) ? a == last : a < b; });
    for (const int fader : order) {
        const FaderTrack& track = m_start[idx(fader)];
        const std::int64_t others = bytesOf(held) - track.rowBytes * m_kept[idx(fader)];
        const auto highest = static_cast<int>(
            std::clamp<std::int64_t>((total - others - least) / track.rowBytes, m_lowest, track.size));
        const auto lowest = static_cast<int>(std::clamp<std::int64_t>(
            (total - others - most + track.rowBytes - 1) / track.rowBytes, m_lowest, highest));
        m_kept[idx(fader)] = std::clamp(m_kept[idx(fader)], lowest, highest);
    }
    const std::vector<int> given = shareInProportion(shares, weights, total - bytesOf(held));
    for (std::size_t each = 0; each < giving.size(); ++each) {
        m_kept[idx(giving[each])] = given[each];
    }
}

} // namespace rankscope
