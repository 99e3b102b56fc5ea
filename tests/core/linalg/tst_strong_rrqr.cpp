// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/linalg/strong_rrqr.h"
#include "tests/core/linalg/qr_oracle.h"
#include "tests/core/linalg/rrqr_matrices.h"

#include <QTest>

#include <Eigen/Cholesky>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

using namespace rankscope;
using namespace rankscope::test;

namespace {

struct Case {
    std::string name;
    Eigen::MatrixXd matrix;
    std::vector<int> counts;
};

/// Matrices of full or nearly full rank, with the counts at which to cut them.
std::vector<Case> cases()
{
    std::vector<Case> list;
    for (const int size : { 8, 20, 31, 48, 64 }) {
        for (const double c : { 0.1, 0.2, 0.285 }) {
            for (const double tilt : { 1e-2, 1e-3 }) {
                list.push_back({ "kahan " + std::to_string(size) + " c " + std::to_string(c) + " tilt "
                                     + std::to_string(tilt),
                                 kahan(size, c, tilt),
                                 { size / 4, size / 2, size - 2, size - 1 } });
            }
        }
    }
    for (const int size : { 12, 20, 30 }) {
        list.push_back({ "three kahans " + std::to_string(size),
                         kahanBlocks(3, size),
                         { size, 2 * size, 3 * size - 6, 3 * size - 3, 3 * size - 2 } });
    }
    list.push_back({ "24 kahans", kahanBlocks(24, 7), { 7 * 24 - 24 } });
    for (const std::uint64_t seed : { 1U, 2U, 3U }) {
        const std::string suffix = " seed " + std::to_string(seed);
        list.push_back({ "random" + suffix, randomMatrix(200, 40, seed), { 1, 10, 20, 39, 40 } });
        list.push_back({ "square" + suffix, randomMatrix(32, 32, seed), { 1, 8, 16, 24, 31, 32 } });
        for (const double noise : { 1e-2, 1e-4, 1e-5 }) {
            list.push_back({ "near duplicates " + std::to_string(noise) + suffix,
                             nearDuplicates(100, 16, noise, seed),
                             { 8, 16, 20, 31 } });
        }
        list.push_back({ "graded" + suffix, graded(60, 24, 0.7, seed), { 4, 12, 20, 23 } });
        list.push_back({ "steep" + suffix, graded(60, 16, 0.5, seed), { 4, 8, 12 } });
    }
    for (const int columns : { 6, 8, 9 }) {
        list.push_back({ "vandermonde " + std::to_string(columns),
                         vandermonde(40, columns),
                         { 2, columns / 2, columns - 1 } });
    }
    return list;
}

StrongRrqrSelection select(const Eigen::MatrixXd& matrix, int count, const StrongRrqrOptions& options)
{
    const std::vector<double> gram = gramOf(matrix);
    const int size = narrow<int>(matrix.cols());
    return strongRrqr(gram, size, greedyPivotOrder(gram, size), count, options);
}

std::vector<int> firstSorted(const std::vector<int>& order, int count)
{
    std::vector<int> first(order.begin(), order.begin() + count);
    std::sort(first.begin(), first.end());
    return first;
}

/// log det of the Gram matrix of some columns, by a Cholesky of its own.
double logVolume(const Eigen::MatrixXd& matrix, const std::vector<int>& columns)
{
    Eigen::MatrixXd chosen(matrix.rows(), std::ssize(columns));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        chosen.col(narrow<Eigen::Index>(i)) = matrix.col(columns[i]);
    }
    const Eigen::MatrixXd gram = chosen.transpose() * chosen;
    const Eigen::LLT<Eigen::MatrixXd> factor(gram);
    return 2.0 * factor.matrixL().toDenseMatrix().diagonal().array().log().sum();
}

/// `columns` with one more that is neither there nor in `out`.
std::vector<std::vector<int>> extensions(const std::vector<int>& columns, const std::vector<int>& out,
                                         int size)
{
    std::vector<std::vector<int>> list;
    for (int column = 0; column < size; ++column) {
        if (!std::ranges::binary_search(columns, column) && !std::ranges::binary_search(out, column)) {
            std::vector<int>& next = list.emplace_back(columns);
            next.insert(std::ranges::lower_bound(next, column), column);
        }
    }
    return list;
}

std::string text(const std::vector<int>& items)
{
    std::string result;
    for (const int item : items) {
        result += std::to_string(item) + " ";
    }
    return result;
}

#define COMPARE_SETS(actual, expected, name)                                                                 \
    QVERIFY2((actual) == (expected),                                                                         \
             (std::string(name) + ": " + text(actual) + "instead of " + text(expected)).c_str())

} // namespace

class TestStrongRrqr : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pivotsAreThoseOfPivotedQr()
    {
        for (const Case& item : cases()) {
            const int size = narrow<int>(item.matrix.cols());
            const PivotOrder pivots = greedyPivotOrder(gramOf(item.matrix), size);
            const OracleSelection oracle = strongRrqrByQr(item.matrix, size, 1.5, 0);
            QVERIFY2(pivots.rank >= size - 1, item.name.c_str());
            const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(item.matrix);
            for (int i = 0; i < pivots.rank; ++i) {
                QVERIFY2(pivots.order[idx(i)] == oracle.pivots[idx(i)], item.name.c_str());
                if (item.name.find("kahan") != std::string::npos) {
                    continue; // the error of a pivot grows with |G_II^-1 G_IJ|^2, which is the point of
                              // Kahan's matrix
                }
                const double expected = std::abs(qr.matrixQR()(i, i));
                const double largest = std::abs(qr.matrixQR()(0, 0));
                const double bound = 1e-9 * expected + 1e-13 * largest * largest / expected;
                QVERIFY2(std::abs(pivots.diagonalOfR[idx(i)] - expected) <= bound, item.name.c_str());
            }
        }
    }

    void selectsAsTheQrOracle_data()
    {
        QTest::addColumn<double>("threshold");
        QTest::addColumn<int>("maxSwaps");
        QTest::addColumn<int>("leastSwaps"); // in all cases together, so that the row tests what it is for
        QTest::newRow("f 1.5, no swaps") << 1.5 << 0 << 0;
        QTest::newRow("f 1.5, 1 swap") << 1.5 << 1 << 80;
        QTest::newRow("f 1.5, 20 swaps") << 1.5 << 20 << 100;
        QTest::newRow("f 1.5, until done") << 1.5 << 1000 << 100;
        QTest::newRow("f 1.02, 3 swaps") << 1.02 << 3 << 150;
        QTest::newRow("f 1.02, 20 swaps") << 1.02 << 20 << 150;
        QTest::newRow("f 1.02, until done") << 1.02 << 1000 << 150;
    }
    void selectsAsTheQrOracle()
    {
        QFETCH(double, threshold);
        QFETCH(int, maxSwaps);
        QFETCH(int, leastSwaps);
        int compared = 0;
        int swapsInAll = 0;
        int mostSwaps = 0;
        int tooClose = 0;
        for (const Case& item : cases()) {
            for (const int count : item.counts) {
                const std::string name = item.name + ", keep " + std::to_string(count);
                const OracleSelection oracle = strongRrqrByQr(item.matrix, count, threshold, maxSwaps);
                if (oracle.smallestGap < 1e-7) {
                    ++tooClose; // two swaps of equal worth: the oracle's own choice is rounding
                    continue;
                }
                const StrongRrqrSelection found
                    = select(item.matrix, count, { .swapThreshold = threshold, .maxSwaps = maxSwaps });
                COMPARE_SETS(found.kept, oracle.kept, name);
                QVERIFY2(found.swaps == oracle.swaps, name.c_str());
                QCOMPARE(found.filled, 0);
                // A Gram matrix squares the condition number.
                const double tolerance = 1e-8 + 1e-14 * oracle.condition * oracle.condition;
                QVERIFY2(std::abs(found.largestRho - oracle.largestRho)
                             <= tolerance * std::max(1.0, oracle.largestRho),
                         name.c_str());
                QCOMPARE(found.swapLimitReached, found.largestRho > threshold);
                ++compared;
                swapsInAll += oracle.swaps;
                mostSwaps = std::max(mostSwaps, oracle.swaps);
            }
        }
        qInfo("%d selections compared, %d swaps in all, at most %d in one; %d left out for ties", compared,
              swapsInAll, mostSwaps, tooClose);
        QVERIFY(compared >= 200);
        QVERIFY(tooClose <= 10);
        QVERIFY(swapsInAll >= leastSwaps);
    }

    void noSwapIsLeftThatGrowsTheVolumeByMoreThanF()
    {
        for (const double threshold : { 1.0, 1.1, 1.5, 2.0 }) {
            for (const Case& item : cases()) {
                const int size = narrow<int>(item.matrix.cols());
                if (size > 32) {
                    continue;
                }
                for (const int count : item.counts) {
                    const StrongRrqrSelection found
                        = select(item.matrix, count, { .swapThreshold = threshold, .maxSwaps = 1000 });
                    QVERIFY2(!found.swapLimitReached && found.largestRho <= threshold, item.name.c_str());
                    if (!item.name.starts_with("kahan") && !item.name.starts_with("square")) {
                        continue; // too ill-conditioned for determinants
                    }
                    // rho is the growth of |det|, checked by determinants themselves.
                    const double volume = logVolume(item.matrix, found.kept);
                    double largest = 0.0;
                    for (std::size_t i = 0; i < found.kept.size(); ++i) {
                        for (int j = 0; j < size; ++j) {
                            std::vector<int> other = found.kept;
                            if (std::find(other.begin(), other.end(), j) == other.end()) {
                                other[i] = j;
                                largest = std::max(largest,
                                                   std::exp(0.5 * (logVolume(item.matrix, other) - volume)));
                            }
                        }
                    }
                    QVERIFY2(std::abs(largest - found.largestRho) < 1e-6 * std::max(1.0, largest),
                             item.name.c_str());
                }
            }
        }
    }

    void swapsImproveKahan()
    {
        const Eigen::MatrixXd matrix = kahan(48, 0.285, 1e-3);
        const StrongRrqrSelection greedy = select(matrix, 47, { .swapThreshold = 1.5, .maxSwaps = 0 });
        const StrongRrqrSelection strong = select(matrix, 47, {});
        QVERIFY(greedy.swapLimitReached);
        QVERIFY(greedy.largestRho > 100.0);
        QVERIFY(strong.swaps > 0);
        QVERIFY(logVolume(matrix, strong.kept) > logVolume(matrix, greedy.kept) + 2.0 * std::log(100.0));
    }

    void manySwapsSurviveResweeping()
    {
        // Far more swaps than the 64 after which the tableau is built again: start from the worst columns.
        const int size = 160;
        const int count = 80;
        const Eigen::MatrixXd matrix = graded(300, size, 0.93, 5);
        const std::vector<double> gram = gramOf(matrix);
        PivotOrder worst = greedyPivotOrder(gram, size);
        const std::vector<int> best = firstSorted(worst.order, count);
        std::reverse(worst.order.begin(), worst.order.end());
        const StrongRrqrSelection found
            = strongRrqr(gram, size, worst, count, { .swapThreshold = 1.0 + 1e-9, .maxSwaps = 10000 });
        QVERIFY2(found.swaps > 64, std::to_string(found.swaps).c_str());
        QVERIFY(found.largestRho <= 1.0 + 1e-9);
        QVERIFY(std::abs(logVolume(matrix, found.kept) - logVolume(matrix, best)) < 5.0);
    }

    /// Random sets of decided columns of small matrices: with them the choice is the greedy one of brute
    /// force, swaps leave none that grows the volume by more than f, and nothing decided gives the ordinary
    /// choice.
    void decidedColumnsAgainstBruteForce_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 1; seed <= 40; ++seed) {
            QTest::addRow("seed=%d", seed) << seed;
        }
    }
    void decidedColumnsAgainstBruteForce()
    {
        QFETCH(int, seed);
        Random random(narrow<std::uint64_t>(seed));
        const int size = 8;
        const Eigen::MatrixXd matrix = seed % 2 == 0 ? randomMatrix(30, size, narrow<std::uint64_t>(seed))
                                                     : nearDuplicates(30, size / 2, 1e-2, random.next());
        const std::vector<double> gram = gramOf(matrix);
        std::vector<int> in;
        std::vector<int> out;
        for (int column = 0; column < size; ++column) {
            const auto draw = random.below(4);
            if (draw < 2) {
                (draw == 0 ? in : out).push_back(column);
            }
        }
        if (std::ssize(out) == size) {
            out.pop_back();
        }
        for (int count = std::max(1, narrow<int>(in.size())); count <= size - std::ssize(out); ++count) {
            std::vector<int> greedy = in;
            while (std::ssize(greedy) < count) {
                std::vector<int> best;
                for (const std::vector<int>& next : extensions(greedy, out, size)) {
                    if (best.empty() || logVolume(matrix, next) > logVolume(matrix, best)) {
                        best = next;
                    }
                }
                greedy = best;
            }
            const StrongRrqrSelection first
                = strongRrqrForced(gram, size, in, out, count, { .swapThreshold = 1.5, .maxSwaps = 0 });
            COMPARE_SETS(first.kept, greedy, "greedy");
            const StrongRrqrSelection strong
                = strongRrqrForced(gram, size, in, out, count, { .swapThreshold = 1.1, .maxSwaps = 1000 });
            QVERIFY(std::ranges::includes(strong.kept, in));
            QCOMPARE(std::ssize(strong.kept), count);
            QVERIFY(std::ranges::is_sorted(strong.kept));
            for (const int column : out) {
                QVERIFY(!std::ranges::binary_search(strong.kept, column));
            }
            const double volume = logVolume(matrix, strong.kept);
            QVERIFY(volume >= logVolume(matrix, greedy) - 1e-9);
            for (const int leaves : strong.kept) {
                std::vector<int> rest = strong.kept;
                std::erase(rest, leaves);
                for (const std::vector<int>& other : extensions(rest, out, size)) {
                    QVERIFY(std::ranges::binary_search(in, leaves)
                            || logVolume(matrix, other) <= volume + 2.0 * std::log(1.1) + 1e-6);
                }
            }
        }
        for (int count = 1; count <= size; ++count) {
            const std::vector<int> own = strongRrqr(gram, size, greedyPivotOrder(gram, size), count, {}).kept;
            COMPARE_SETS(strongRrqrForced(gram, size, {}, {}, count, {}).kept, own, "nothing decided");
            std::vector<int> gone;
            for (int column = 0; column < size; ++column) {
                if (!std::ranges::binary_search(own, column)) {
                    gone.push_back(column);
                }
            }
            COMPARE_SETS(strongRrqrForced(gram, size, own, gone, count, {}).kept, own, "all decided");
            COMPARE_SETS(strongRrqrForced(gram, size, {}, gone, count, {}).kept, own, "all others out");
        }
    }

    /// Columns that depend on those forced in have nothing to add: the others come first, then the longest.
    void decidedColumnsMayBeDependent()
    {
        Eigen::MatrixXd matrix = randomMatrix(30, 8, 3);
        matrix.col(1) = 2.0 * matrix.col(0);
        matrix.col(2) = -3.0 * matrix.col(0);
        matrix.col(5) = matrix.col(0) + matrix.col(4);
        const std::vector<double> gram = gramOf(matrix);
        const std::vector<int> in { 0, 1 };
        const StrongRrqrSelection four = strongRrqrForced(gram, 8, in, {}, 4, {});
        QCOMPARE(std::ssize(four.kept), 4);
        QVERIFY(!std::ranges::binary_search(four.kept, 2));
        QCOMPARE(four.filled, 0);
        // 3, 6, 7 and one of 4 and 5 are independent of 0; then column 2, three times as long, or the other.
        const StrongRrqrSelection seven = strongRrqrForced(gram, 8, in, {}, 7, {});
        QCOMPARE(std::ssize(seven.kept), 7);
        QCOMPARE(seven.filled, 1);
        QVERIFY(std::ranges::binary_search(seven.kept, 2));
    }

    void greedyPartIsNested()
    {
        for (const Case& item : cases()) {
            const int size = narrow<int>(item.matrix.cols());
            const std::vector<double> gram = gramOf(item.matrix);
            const PivotOrder pivots = greedyPivotOrder(gram, size);
            std::vector<int> smaller;
            for (int count = 1; count <= size; ++count) {
                const StrongRrqrSelection found
                    = strongRrqr(gram, size, pivots, count, { .swapThreshold = 1.5, .maxSwaps = 0 });
                COMPARE_SETS(found.kept, firstSorted(pivots.order, count), item.name);
                QVERIFY(std::includes(found.kept.begin(), found.kept.end(), smaller.begin(), smaller.end()));
                smaller = found.kept;
            }
            QVERIFY(std::is_sorted(pivots.diagonalOfR.rbegin(), pivots.diagonalOfR.rend()));
        }
    }

    void oneAndAll()
    {
        const Eigen::MatrixXd matrix = randomMatrix(50, 12, 9);
        Eigen::Index longest = 0;
        matrix.colwise().norm().maxCoeff(&longest);
        COMPARE_SETS(select(matrix, 1, {}).kept, std::vector<int> { narrow<int>(longest) }, "one");
        std::vector<int> all(12);
        std::iota(all.begin(), all.end(), 0);
        COMPARE_SETS(select(matrix, 12, {}).kept, all, "all");
        COMPARE_SETS(select(randomMatrix(5, 1, 3), 1, {}).kept, std::vector<int> { 0 }, "single column");
    }

    void scaleRotationAndOrderDoNotMatter()
    {
        for (const unsigned seed : { 1U, 2U, 3U, 4U }) {
            for (const Eigen::MatrixXd& matrix :
                 { randomMatrix(60, 24, seed), kahan(24, 0.2 + 0.02 * seed, 1e-3),
                   graded(50, 24, 0.8, seed) }) {
                const std::string name = "seed " + std::to_string(seed);
                const int rows = narrow<int>(matrix.rows());
                const Eigen::MatrixXd rotation
                    = Eigen::HouseholderQR<Eigen::MatrixXd>(randomMatrix(rows, rows, seed + 50))
                          .householderQ();
                std::vector<int> sources(
                    24); // column j of the shuffled matrix is column sources[j] of the first
                std::iota(sources.begin(), sources.end(), 0);
                Random(seed + 70).shuffle(sources);
                Eigen::MatrixXd shuffled(rows, 24);
                for (int j = 0; j < 24; ++j) {
                    shuffled.col(j) = matrix.col(sources[idx(j)]);
                }
                for (const int count : { 1, 6, 12, 23 }) {
                    const std::vector<int> kept = select(matrix, count, {}).kept;
                    COMPARE_SETS(select(rotation * matrix, count, {}).kept, kept, name + " rotated");
                    for (const double factor : { 1e-150, 3.7e-8, 1e6, 1e150 }) {
                        const Eigen::MatrixXd scaled = factor * matrix;
                        COMPARE_SETS(select(scaled, count, {}).kept, kept, name + " scaled");
                    }
                    std::vector<int> back;
                    for (const int column : select(shuffled, count, {}).kept) {
                        back.push_back(sources[idx(column)]);
                    }
                    std::sort(back.begin(), back.end());
                    COMPARE_SETS(back, kept, name + " shuffled");
                }
            }
        }
    }

    void rankDeficientMatricesAreFilledUp()
    {
        for (const unsigned seed : { 1U, 2U, 3U }) {
            for (const int rank : { 1, 5, 12 }) {
                const Eigen::MatrixXd matrix = lowRank(80, 20, rank, seed);
                const std::vector<double> gram = gramOf(matrix);
                const PivotOrder pivots = greedyPivotOrder(gram, 20);
                QCOMPARE(pivots.rank, rank);
                for (int count = 1; count <= 20; ++count) {
                    const StrongRrqrSelection found = strongRrqr(gram, 20, pivots, count, {});
                    QCOMPARE(found.filled, std::max(0, count - rank));
                    QVERIFY(std::is_sorted(found.kept.begin(), found.kept.end()));
                    QCOMPARE(std::ssize(found.kept), count);
                    if (count <= rank) {
                        const OracleSelection oracle = strongRrqrByQr(matrix, count, 1.5, 20);
                        COMPARE_SETS(found.kept, oracle.kept, "rank " + std::to_string(rank));
                        continue;
                    }
                    QCOMPARE(found.swaps, 0);
                    // The pivots stay, and of the rest no dropped column is longer than one that was filled
                    // in.
                    double shortestFilled = INFINITY;
                    double longestDropped = 0.0;
                    for (int column = 0; column < 20; ++column) {
                        const auto begin = pivots.order.begin();
                        const bool pivot = std::find(begin, begin + rank, column) != begin + rank;
                        const bool kept = std::binary_search(found.kept.begin(), found.kept.end(), column);
                        QVERIFY(kept || !pivot);
                        const double squared = gram[idx(column) * 20 + idx(column)];
                        if (!pivot && kept) {
                            shortestFilled = std::min(shortestFilled, squared);
                        } else if (!kept) {
                            longestDropped = std::max(longestDropped, squared);
                        }
                    }
                    QVERIFY(longestDropped <= shortestFilled);
                }
            }
        }
    }

    void tiesGoToTheLowestIndex()
    {
        // Every column twice, columns 4 and 5 silent.
        Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(10, 6);
        matrix.leftCols(2) = randomMatrix(10, 2, 4);
        matrix.middleCols(2, 2) = matrix.leftCols(2);
        const std::vector<double> gram = gramOf(matrix);
        const PivotOrder pivots = greedyPivotOrder(gram, 6);
        QCOMPARE(pivots.rank, 2);
        COMPARE_SETS(strongRrqr(gram, 6, pivots, 2, {}).kept, (std::vector<int> { 0, 1 }), "duplicates");
        COMPARE_SETS(strongRrqr(gram, 6, pivots, 5, {}).kept, (std::vector<int> { 0, 1, 2, 3, 4 }), "silent");
        const std::vector<double> orthonormal = gramOf(Eigen::MatrixXd::Identity(7, 7));
        const PivotOrder equal = greedyPivotOrder(orthonormal, 7);
        COMPARE_SETS(equal.order, (std::vector<int> { 0, 1, 2, 3, 4, 5, 6 }), "orthonormal");
        const std::vector<double> zero(49, 0.0);
        const PivotOrder none = greedyPivotOrder(zero, 7);
        QCOMPARE(none.rank, 0);
        const StrongRrqrSelection filled = strongRrqr(zero, 7, none, 3, {});
        COMPARE_SETS(filled.kept, (std::vector<int> { 0, 1, 2 }), "zero");
        QCOMPARE(filled.filled, 3);
    }
};

QTEST_GUILESS_MAIN(TestStrongRrqr)
#include "tst_strong_rrqr.moc"
