// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <vector>

namespace rankscope::test {

/// Strong RRQR on the matrix itself by Householder QR, as the published script of arXiv 2602.04852 writes it:
/// pivoted QR, then up to maxSwaps times the largest rho from explicit blocks of R and an unpivoted QR of the
/// reordered columns. Slow, and independent of Gram matrices and sweeps.
struct OracleSelection {
    std::vector<int> pivots; ///< of the pivoted QR, all columns
    std::vector<int> kept; ///< ascending
    int swaps = 0;
    double largestRho = 0.0; ///< after the last swap; 0 when the leading block is singular
    /// Smallest relative distance between the best and the second best choice at any swap: where it is tiny
    /// the choice is a matter of rounding and sets cannot be compared.
    double smallestGap = 1.0;
    double condition = 1.0; ///< Frobenius condition number of the leading block at the end
};
[[nodiscard]] OracleSelection strongRrqrByQr(const Eigen::MatrixXd& matrix, int count, double threshold,
                                             int maxSwaps);

} // namespace rankscope::test
