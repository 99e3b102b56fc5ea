// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace rankscope {

/// SplitMix64: small, seedable and the same on every platform and library version, unlike the distributions
/// of <random>. Not for cryptography.
class Random {
public:
    explicit Random(std::uint64_t seed)
        : m_state(seed)
    {
    }

    [[nodiscard]] std::uint64_t next()
    {
        m_state += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31U);
    }

    /// Uniform in [0, 1).
    [[nodiscard]] double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

    /// Uniform in [0, bound), bound > 0, without modulo bias.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound)
    {
        const std::uint64_t limit = bound * (~std::uint64_t { 0 } / bound);
        std::uint64_t draw = next();
        while (draw >= limit) {
            draw = next();
        }
        return draw % bound;
    }

    /// Standard normal (Marsaglia's polar method).
    [[nodiscard]] double normal();

    /// Fisher-Yates.
    template <typename T> void shuffle(std::vector<T>& items)
    {
        for (std::size_t i = items.size(); i > 1; --i) {
            std::swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
        }
    }

private:
    std::uint64_t m_state;
};

} // namespace rankscope
