// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <vector>

namespace rankscope::test {

/// Independent standard normal entries.
[[nodiscard]] Eigen::MatrixXd randomMatrix(int rows, int columns, std::uint64_t seed);

/// Kahan's matrix diag(1, s, s^2, ..) (I - c strictly upper ones), s^2 + c^2 = 1, columns scaled by (1 -
/// tilt)^j so that pivoted QR keeps their order without ties. Its leading columns are a poor choice although
/// no pivot shows it.
[[nodiscard]] Eigen::MatrixXd kahan(int size, double c, double tilt);

/// Block-diagonal, each block a Kahan matrix with another c (0.22 to 0.285) and scale: it needs a swap for
/// every block.
[[nodiscard]] Eigen::MatrixXd kahanBlocks(int blocks, int size);

/// Random columns followed by their copies with noise of relative size `noise`.
[[nodiscard]] Eigen::MatrixXd nearDuplicates(int rows, int distinct, double noise, std::uint64_t seed);

/// Product of random [rows, rank] and [rank, columns].
[[nodiscard]] Eigen::MatrixXd lowRank(int rows, int columns, int rank, std::uint64_t seed);

/// Columns x^j at `rows` points of [-1, 1].
[[nodiscard]] Eigen::MatrixXd vandermonde(int rows, int columns);

/// Random columns, the j-th scaled by decay^j, order shuffled.
[[nodiscard]] Eigen::MatrixXd graded(int rows, int columns, double decay, std::uint64_t seed);

/// M^T M, row-major.
[[nodiscard]] std::vector<double> gramOf(const Eigen::MatrixXd& matrix);

} // namespace rankscope::test
