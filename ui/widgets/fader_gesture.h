// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

namespace rankscope {

/// What one fader stands for.
struct FaderTrack {
    int size = 0; ///< largest kept dims; 0: cannot be moved
    int kept = 0;
    bool locked = false;
    std::int64_t rowBytes = 1; ///< of one kept dim

    [[nodiscard]] bool movable() const { return size > 0 && !locked; }
};

enum class FaderMode {
    Draw, ///< every fader that the pointer crosses takes its height
    MoveAll, ///< all move by as much as the pointer has since the press
    KeepTotal, ///< as Draw, and the untouched ones give or take in proportion so that the bytes stay
};

/// One drag over a row of faders: from the sizes before it and the pointer's path to the sizes after it.
class FaderGesture {
public:
    /// The sizes a fader of `size` may take, ascending.
    using Sizes = std::function<std::vector<int>(int size)>;

    /// `lowest`: what a fader can be drawn down to (1 for layers, 0 for heads).
    FaderGesture(std::vector<FaderTrack> start, FaderMode mode, int lowest, Sizes sizes);

    /// The pointer is at `fader`, at the height of `dims`. The first call is the press. Returns the kept dims
    /// of all faders.
    const std::vector<int>& moveTo(int fader, double dims);
    [[nodiscard]] const std::vector<int>& kept() const { return m_kept; }
    [[nodiscard]] const std::vector<FaderTrack>& start() const { return m_start; }
    [[nodiscard]] FaderMode mode() const { return m_mode; }

private:
    [[nodiscard]] int allowed(int fader, double dims) const;
    void draw(int fader, double dims);
    void moveAll(double dims);
    void compensate(int last);
    [[nodiscard]] std::int64_t bytesOf(const std::vector<int>& faders) const;

    std::vector<FaderTrack> m_start;
    FaderMode m_mode;
    int m_lowest;
    Sizes m_sizes;
    std::vector<int> m_kept;
    std::set<int> m_touched;
    int m_first = -1;
    int m_lastFader = -1;
    double m_lastDims = 0.0;
    double m_pressDims = 0.0;
};

} // namespace rankscope
