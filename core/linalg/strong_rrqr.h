// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <vector>

namespace rankscope {

// Strong rank-revealing QR of a matrix M known through its Gram matrix G = M^T M in fp64 (Gu and Eisenstat
// 1996, SIAM J. Sci. Comput. 17:848; as a selection of key channels: arXiv 2602.04852). Only inner products
// of columns matter, so M itself, with one row per token, is never needed. Ties are broken in favour of the
// lowest index; the same input gives the same bits.

/// The pivots of a column-pivoted QR of M, found as those of a pivoted Cholesky of G. Nested: the first k
/// entries are the greedy choice of k columns, for every k.
struct PivotOrder {
    std::vector<int> order; ///< [n] all columns: `rank` pivots, then the others by descending diagonal of G
    std::vector<double> diagonalOfR; ///< [n] |R_ii| of the i-th pivot, not increasing; 0 from `rank` on
    int rank = 0; ///< pivots found before one fell under 1e-13 of the largest diagonal entry of G
};

/// gram: [n, n] row-major, symmetric (the lower triangle is read), finite, positive semidefinite up to
/// rounding.
[[nodiscard]] PivotOrder greedyPivotOrder(std::span<const double> gram, int size);

struct StrongRrqrOptions {
    double swapThreshold = 1.5; ///< f: a swap must grow |det| of the kept columns by more than this factor
    int maxSwaps = 20; ///< as in the published script
};

struct StrongRrqrSelection {
    std::vector<int> kept; ///< [count] columns, ascending
    int swaps = 0; ///< swaps made after the greedy choice
    int filled = 0; ///< kept columns beyond the numerical rank: largest diagonal of G first
    double largestRho
        = 0.0; ///< largest growth factor that a further swap would have; 0 when there is none to test
    bool swapLimitReached = false; ///< stopped by maxSwaps with largestRho > swapThreshold
};

/// `count` columns, 1 <= count <= n: the first of `pivots` (which belongs to `gram`), improved by swaps. When
/// count exceeds the rank the choice among the rest cannot be made by volume: it is filled up and no swap is
/// tried, as the published script stops there. Cost: about count n^2 multiply-adds.
[[nodiscard]] StrongRrqrSelection strongRrqr(std::span<const double> gram, int size, const PivotOrder& pivots,
                                             int count, const StrongRrqrOptions& options);

/// The same where some columns are decided: all of `in` are kept, none of `out`; ascending and disjoint, |in|
/// <= count <= n - |out|. The others are chosen by the volume that they add to `in`: a strong RRQR of the
/// columns that are neither, with their parts along `in` taken away. Cost: about (count + |in|) n^2
/// multiply-adds.
[[nodiscard]] StrongRrqrSelection strongRrqrForced(std::span<const double> gram, int size,
                                                   std::span<const int> in, std::span<const int> out,
                                                   int count, const StrongRrqrOptions& options);

} // namespace rankscope
