// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/linalg/qr_oracle.h"

#include <Eigen/QR>

#include <algorithm>
#include <cmath>

namespace rankscope::test {

namespace {

Eigen::MatrixXd reordered(const Eigen::MatrixXd& matrix, const std::vector<int>& order)
{
    Eigen::MatrixXd result(matrix.rows(), matrix.cols());
    for (std::size_t i = 0; i < order.size(); ++i) {
        result.col(static_cast<Eigen::Index>(i)) = matrix.col(order[i]);
    }
    return result;
}

Eigen::MatrixXd upperTriangle(const Eigen::MatrixXd& packed, Eigen::Index size)
{
    return packed.topRows(size).triangularView<Eigen::Upper>();
}

} // namespace

OracleSelection strongRrqrByQr(const Eigen::MatrixXd& matrix, int count, double threshold, int maxSwaps)
{
    const Eigen::Index size = matrix.cols();
    const Eigen::Index n = count;
    OracleSelection result;
    Eigen::ColPivHouseholderQR<Eigen::MatrixXd> pivoted(matrix);
    const auto& permutation = pivoted.colsPermutation().indices();
    result.pivots.assign(permutation.begin(), permutation.end());
    std::vector<int> order = result.pivots;
    Eigen::MatrixXd r = upperTriangle(pivoted.matrixQR(), size);
    while (n < size) {
        const Eigen::MatrixXd a = r.topLeftCorner(n, n);
        if (a.diagonal().cwiseAbs().minCoeff() < 1e-9) {
            break;
        }
        const Eigen::MatrixXd inverse
            = a.triangularView<Eigen::Upper>().solve(Eigen::MatrixXd::Identity(n, n));
        const Eigen::MatrixXd w = inverse * r.topRightCorner(n, size - n);
        const Eigen::VectorXd rows = inverse.rowwise().norm();
        const Eigen::RowVectorXd columns = r.bottomRightCorner(size - n, size - n).colwise().norm();
        const Eigen::MatrixXd rho = (w.array().square() + (rows * columns).array().square()).sqrt();
        result.condition = a.norm() * inverse.norm();
        Eigen::Index leaves = 0;
        Eigen::Index enters = 0;
        result.largestRho = rho.maxCoeff(&leaves, &enters);
        if (result.largestRho <= threshold || result.swaps >= maxSwaps) {
            break;
        }
        Eigen::MatrixXd others = rho;
        others(leaves, enters) = 0.0;
        result.smallestGap = std::min(result.smallestGap, 1.0 - others.maxCoeff() / result.largestRho);
        std::swap(order[static_cast<std::size_t>(leaves)], order[static_cast<std::size_t>(n + enters)]);
        ++result.swaps;
        const Eigen::HouseholderQR<Eigen::MatrixXd> plain(reordered(matrix, order));
        r = upperTriangle(plain.matrixQR(), size);
    }
    result.kept.assign(order.begin(), order.begin() + count);
    std::sort(result.kept.begin(), result.kept.end());
    return result;
}

} // namespace rankscope::test
