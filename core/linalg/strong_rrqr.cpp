// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/linalg/strong_rrqr.h"

#include "core/base/narrow.h"

#include <Eigen/Core>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <utility>

namespace rankscope {

namespace {

// A pivot under this part of the largest diagonal entry of G is rounding noise of fp64 (n eps, with room):
// rank found.
constexpr double kRankTolerance = 1e-13;
// Each swap adds two sweeps of rounding; start afresh from G after that many, or when the inverse has
// drifted.
constexpr int kSwapsBeforeResweep = 64;
constexpr double kInverseDrift = 1e-8;

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

double largestDiagonal(const Eigen::Ref<const RowMatrix>& matrix)
{
    return matrix.rows() == 0 ? 0.0 : matrix.diagonal().maxCoeff();
}

/// The lower triangle of G with some columns swept: with the kept set I swept it holds
///   [-G_II^-1, W; W^T, Schur],  W = G_II^-1 G_IJ,  Schur = G_JJ - G_JI G_II^-1 G_IJ.
class SweepTableau {
public:
    explicit SweepTableau(const Eigen::Map<const RowMatrix>& gram)
        : m_entries(gram)
        , m_column(gram.rows())
    {
    }

    [[nodiscard]] double at(int i, int j) const { return i >= j ? m_entries(i, j) : m_entries(j, i); }

    /// d = a_pp: a_ij -= a_ip a_pj / d; then a_ip, a_pi /= d; then a_pp = -1/d. `direction` +1 sweeps a
    /// column in, -1 takes it out again (a_ip, a_pi /= -d), its exact inverse.
    void sweep(int pivot, double direction)
    {
        const Eigen::Index p = pivot;
        const Eigen::Index size = m_entries.rows();
        const double diagonal = m_entries(p, p);
        m_column.head(p) = m_entries.row(p).head(p).transpose();
        m_column.tail(size - p) = m_entries.col(p).tail(size - p);
        for (Eigen::Index i = 0; i < size; ++i) {
            if (i == p || m_column(i) == 0.0) {
                continue;
            }
            const double factor = m_column(i) / diagonal;
            m_entries.row(i).head(i + 1) -= factor * m_column.head(i + 1).transpose();
        }
        const double scale = direction * diagonal;
        m_entries.row(p).head(p) = m_column.head(p).transpose() / scale;
        m_entries.col(p).tail(size - p) = m_column.tail(size - p) / scale;
        m_entries(p, p) = -1.0 / diagonal;
    }

private:
    RowMatrix m_entries;
    Eigen::VectorXd m_column;
};

/// The kept set with its tableau.
class KeptColumns {
public:
    KeptColumns(const Eigen::Map<const RowMatrix>& gram, std::span<const int> pivots)
        : m_gram(gram)
        , m_kept(pivots.begin(), pivots.end())
        , m_isKept(idx(gram.rows()), false)
        , m_tableau(gram)
    {
        for (const int column : pivots) {
            m_isKept[idx(column)] = true;
            m_tableau.sweep(column, +1.0);
        }
        std::sort(m_kept.begin(), m_kept.end());
        collectRemoved();
    }

    [[nodiscard]] const std::vector<int>& kept() const { return m_kept; }

    struct Swap {
        int leaves = -1;
        int enters = -1;
        double rhoSquared = 0.0;
    };

    /// rho_ij^2 = W_ij^2 + Schur_jj (G_II^-1)_ii, the factor by which det G_II grows when j takes the place
    /// of i.
    [[nodiscard]] Swap bestSwap() const
    {
        Swap best;
        for (const int i : m_kept) {
            const double inverseDiagonal = std::max(0.0, -m_tableau.at(i, i));
            for (const int j : m_removed) {
                const double w = m_tableau.at(i, j);
                const double schur = std::max(0.0, m_tableau.at(j, j));
                const double rhoSquared = w * w + schur * inverseDiagonal;
                if (rhoSquared > best.rhoSquared) {
                    best = { i, j, rhoSquared };
                }
            }
        }
        return best;
    }

    void apply(const Swap& swap)
    {
        // Out before in: the leaving column's diagonal is never small, whereas the entering one's Schur entry
        // may be.
        m_tableau.sweep(swap.leaves, -1.0);
        m_tableau.sweep(swap.enters, +1.0);
        m_isKept[idx(swap.leaves)] = false;
        m_isKept[idx(swap.enters)] = true;
        m_kept.erase(std::lower_bound(m_kept.begin(), m_kept.end(), swap.leaves));
        m_kept.insert(std::lower_bound(m_kept.begin(), m_kept.end(), swap.enters), swap.enters);
        collectRemoved();
        ++m_swapsSinceResweep;
        if (m_swapsSinceResweep >= kSwapsBeforeResweep || inverseDrift() > kInverseDrift) {
            resweep();
        }
    }

private:
    void collectRemoved()
    {
        m_removed.clear();
        for (int column = 0; column < narrow<int>(m_isKept.size()); ++column) {
            if (!m_isKept[idx(column)]) {
                m_removed.push_back(column);
            }
        }
    }

    /// Largest |diag(G_II^-1 G_II) - 1|.
    [[nodiscard]] double inverseDrift() const
    {
        double largest = 0.0;
        for (const int i : m_kept) {
            double sum = 0.0;
            for (const int m : m_kept) {
                sum -= m_tableau.at(i, m) * (m >= i ? m_gram(m, i) : m_gram(i, m));
            }
            largest = std::max(largest, std::abs(sum - 1.0));
        }
        return largest;
    }

    /// Builds the tableau from G again, largest remaining diagonal first.
    void resweep()
    {
        m_tableau = SweepTableau(m_gram);
        std::vector<int> waiting = m_kept;
        while (!waiting.empty()) {
            const auto next = std::max_element(waiting.begin(), waiting.end(), [this](int a, int b) {
                return m_tableau.at(a, a) < m_tableau.at(b, b);
            });
            m_tableau.sweep(*next, +1.0);
            waiting.erase(next);
        }
        m_swapsSinceResweep = 0;
    }

    Eigen::Map<const RowMatrix> m_gram;
    std::vector<int> m_kept; // ascending
    std::vector<int> m_removed; // ascending
    std::vector<bool> m_isKept;
    SweepTableau m_tableau;
    int m_swapsSinceResweep = 0;
};

/// greedyPivotOrder that ends at a pivot under `threshold`.
PivotOrder pivotsAbove(double threshold, std::span<const double> gram, int size)
{
    assert(size >= 0 && gram.size() == idx(size) * idx(size));
    // The Schur complement of the columns not chosen yet, in its lower triangle. A chosen column is moved
    // behind the last one that is still waiting, so that the work shrinks; `original` says which column a row
    // stands for.
    RowMatrix schur = Eigen::Map<const RowMatrix>(gram.data(), size, size);
    std::vector<int> original(idx(size));
    for (int i = 0; i < size; ++i) {
        original[idx(i)] = i;
    }
    PivotOrder result;
    result.order.reserve(idx(size));
    Eigen::VectorXd column(size);
    for (Eigen::Index waiting = size; waiting > 0; --waiting) {
        Eigen::Index pivot = 0;
        for (Eigen::Index i = 1; i < waiting; ++i) {
            const bool larger = schur(i, i) > schur(pivot, pivot);
            const bool tied = schur(i, i) == schur(pivot, pivot);
            if (larger || (tied && original[idx(i)] < original[idx(pivot)])) {
                pivot = i;
            }
        }
        const double diagonal = schur(pivot, pivot);
        if (!(diagonal > 0.0) || diagonal < threshold) {
            break;
        }
        result.order.push_back(original[idx(pivot)]);
        const double r = std::sqrt(diagonal);
        result.diagonalOfR.push_back(result.diagonalOfR.empty() ? r : std::min(r, result.diagonalOfR.back()));
        const Eigen::Index last = waiting - 1;
        column.head(pivot) = schur.row(pivot).head(pivot).transpose();
        column.segment(pivot, waiting - pivot) = schur.col(pivot).segment(pivot, waiting - pivot);
        // The last waiting column takes the pivot's place.
        if (pivot != last) {
            schur.row(pivot).head(pivot) = schur.row(last).head(pivot);
            for (Eigen::Index i = pivot + 1; i < last; ++i) {
                schur(i, pivot) = schur(last, i);
            }
            schur(pivot, pivot) = schur(last, last);
            column(pivot) = column(last);
            original[idx(pivot)] = original[idx(last)];
        }
        for (Eigen::Index i = 0; i < last; ++i) {
            const double factor = column(i) / diagonal;
            schur.row(i).head(i + 1) -= factor * column.head(i + 1).transpose();
        }
        original.pop_back();
    }
    result.rank = narrow<int>(result.order.size());
    const auto byGramDiagonal = [&gram, size](int a, int b) {
        const double first = gram[idx(a) * idx(size) + idx(a)];
        const double second = gram[idx(b) * idx(size) + idx(b)];
        return first != second ? first > second : a < b;
    };
    std::sort(original.begin(), original.end(), byGramDiagonal);
    result.order.insert(result.order.end(), original.begin(), original.end());
    result.diagonalOfR.resize(idx(size), 0.0);
    return result;
}

/// The Gram matrix of `columns` with their parts along `along` taken away, [m, m] row-major. Columns of
/// `along` that depend on the others up to rounding take nothing away.
std::vector<double> gramWithout(const Eigen::Map<const RowMatrix>& gram, std::span<const int> along,
                                std::span<const int> columns)
{
    const double threshold = kRankTolerance * largestDiagonal(gram);
    SweepTableau tableau(gram);
    std::vector<int> waiting(along.begin(), along.end());
    while (!waiting.empty()) {
        const auto next = std::max_element(waiting.begin(), waiting.end(), [&tableau](int a, int b) {
            return tableau.at(a, a) < tableau.at(b, b);
        });
        if (const double diagonal = tableau.at(*next, *next); !(diagonal > 0.0) || diagonal < threshold) {
            break;
        }
        tableau.sweep(*next, +1.0);
        waiting.erase(next);
    }
    std::vector<double> rest;
    rest.reserve(columns.size() * columns.size());
    for (const int i : columns) {
        for (const int j : columns) {
            rest.push_back(tableau.at(i, j));
        }
    }
    return rest;
}

} // namespace

PivotOrder greedyPivotOrder(std::span<const double> gram, int size)
{
    const Eigen::Map<const RowMatrix> whole(gram.data(), size, size);
    return pivotsAbove(kRankTolerance * largestDiagonal(whole), gram, size);
}

StrongRrqrSelection strongRrqr(std::span<const double> gram, int size, const PivotOrder& pivots, int count,
                               const StrongRrqrOptions& options)
{
    assert(gram.size() == idx(size) * idx(size) && pivots.order.size() == idx(size));
    assert(count >= 1 && count <= size && options.swapThreshold >= 1.0);
    StrongRrqrSelection result;
    const auto first = std::span(pivots.order).first(idx(count));
    if (count == size || count > pivots.rank) {
        result.kept.assign(first.begin(), first.end());
        std::sort(result.kept.begin(), result.kept.end());
        result.filled = std::max(0, count - pivots.rank);
        return result;
    }
    KeptColumns columns(Eigen::Map<const RowMatrix>(gram.data(), size, size), first);
    const double limit = options.swapThreshold * options.swapThreshold;
    KeptColumns::Swap best = columns.bestSwap();
    while (best.rhoSquared > limit && result.swaps < options.maxSwaps) {
        columns.apply(best);
        ++result.swaps;
        best = columns.bestSwap();
    }
    result.kept = columns.kept();
    result.largestRho = std::sqrt(best.rhoSquared);
    result.swapLimitReached = best.rhoSquared > limit;
    return result;
}

StrongRrqrSelection strongRrqrForced(std::span<const double> gram, int size, std::span<const int> in,
                                     std::span<const int> out, int count, const StrongRrqrOptions& options)
{
    const Eigen::Map<const RowMatrix> whole(gram.data(), size, size);
    std::vector<int> open;
    for (int column = 0; column < size; ++column) {
        if (!std::binary_search(in.begin(), in.end(), column)
            && !std::binary_search(out.begin(), out.end(), column)) {
            open.push_back(column);
        }
    }
    const int wanted = count - narrow<int>(in.size());
    assert(wanted >= 0 && wanted <= narrow<int>(open.size()));
    StrongRrqrSelection result;
    result.kept.assign(in.begin(), in.end());
    if (wanted > 0) {
        const std::vector<double> rest = gramWithout(whole, in, open);
        PivotOrder pivots
            = pivotsAbove(kRankTolerance * largestDiagonal(whole), rest, narrow<int>(open.size()));
        std::sort(pivots.order.begin() + pivots.rank, pivots.order.end(), [&](int a, int b) {
            const double first = whole(open[idx(a)], open[idx(a)]);
            const double second = whole(open[idx(b)], open[idx(b)]);
            return first != second ? first > second : a < b;
        });
        StrongRrqrSelection chosen = strongRrqr(rest, narrow<int>(open.size()), pivots, wanted, options);
        for (const int position : chosen.kept) {
            result.kept.push_back(open[idx(position)]);
        }
        chosen.kept = std::move(result.kept);
        result = std::move(chosen);
    }
    std::sort(result.kept.begin(), result.kept.end());
    return result;
}

} // namespace rankscope
