// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/linalg/rrqr_matrices.h"

#include "core/base/random.h"

#include <cmath>
#include <numeric>

namespace rankscope::test {

Eigen::MatrixXd randomMatrix(int rows, int columns, std::uint64_t seed)
{
    Random random(seed);
    Eigen::MatrixXd matrix(rows, columns);
    for (int j = 0; j < columns; ++j) {
        for (int i = 0; i < rows; ++i) {
            matrix(i, j) = random.normal();
        }
    }
    return matrix;
}

Eigen::MatrixXd kahan(int size, double c, double tilt)
{
    const double s = std::sqrt(1.0 - c * c);
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(size, size);
    for (int i = 0; i < size; ++i) {
        for (int j = i; j < size; ++j) {
            matrix(i, j) = std::pow(s, i) * (i == j ? 1.0 : -c) * std::pow(1.0 - tilt, j);
        }
    }
    return matrix;
}

Eigen::MatrixXd kahanBlocks(int blocks, int size)
{
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(blocks * size, blocks * size);
    for (int block = 0; block < blocks; ++block) {
        const double c = 0.22 + 0.065 * block / (blocks - 1);
        const double scale = 1.0 - 0.1 * block / (blocks - 1);
        matrix.block(block * size, block * size, size, size) = scale * kahan(size, c, 1e-2);
    }
    return matrix;
}

Eigen::MatrixXd nearDuplicates(int rows, int distinct, double noise, std::uint64_t seed)
{
    const Eigen::MatrixXd first = randomMatrix(rows, distinct, seed);
    Eigen::MatrixXd matrix(rows, 2 * distinct);
    matrix << first, first + noise * randomMatrix(rows, distinct, seed + 1000);
    return matrix;
}

Eigen::MatrixXd lowRank(int rows, int columns, int rank, std::uint64_t seed)
{
    return randomMatrix(rows, rank, seed) * randomMatrix(rank, columns, seed + 1000);
}

Eigen::MatrixXd vandermonde(int rows, int columns)
{
    Eigen::MatrixXd matrix(rows, columns);
    for (int i = 0; i < rows; ++i) {
        const double x = -0.97 + 1.96 * i / (rows - 1); // not symmetric about 0: no exact ties
        for (int j = 0; j < columns; ++j) {
            matrix(i, j) = std::pow(x, j);
        }
    }
    return matrix;
}

Eigen::MatrixXd graded(int rows, int columns, double decay, std::uint64_t seed)
{
    Eigen::MatrixXd matrix = randomMatrix(rows, columns, seed);
    std::vector<int> powers(static_cast<std::size_t>(columns));
    std::iota(powers.begin(), powers.end(), 0);
    Random(seed + 1).shuffle(powers);
    for (int j = 0; j < columns; ++j) {
        matrix.col(j) *= std::pow(decay, powers[static_cast<std::size_t>(j)]);
    }
    return matrix;
}

std::vector<double> gramOf(const Eigen::MatrixXd& matrix)
{
    const Eigen::MatrixXd gram = matrix.transpose() * matrix;
    return std::vector<double>(gram.data(), gram.data() + gram.size());
}

} // namespace rankscope::test
