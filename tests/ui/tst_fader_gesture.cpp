// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/narrow.h"
#include "core/base/random.h"
#include "core/plan/budget.h"
#include "ui/widgets/fader_gesture.h"

#include <QTest>

#include <algorithm>

using namespace rankscope;

namespace {

std::vector<int> anySize(int size)
{
    return sizesOfRule(SizeRule::Any, size);
}

std::int64_t bytesOf(const std::vector<FaderTrack>& tracks, const std::vector<int>& kept)
{
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        bytes += tracks[i].rowBytes * kept[i];
    }
    return bytes;
}

std::vector<FaderTrack> randomTracks(Random& random, bool equalRows)
{
    std::vector<FaderTrack> tracks;
    const auto count = 2 + random.below(10);
    for (std::uint64_t i = 0; i < count; ++i) {
        FaderTrack track;
        track.size = random.below(6) == 0 ? 0 : equalRows ? 64 : narrow<int>(1 + random.below(128));
        track.kept = track.size == 0 ? 0 : narrow<int>(1 + random.below(narrow<std::uint64_t>(track.size)));
        track.locked = random.below(5) == 0;
        track.rowBytes = equalRows ? 1024 : narrow<std::int64_t>(64 * (1 + random.below(5)));
        tracks.push_back(track);
    }
    return tracks;
}

} // namespace

class TestFaderGesture : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void properties_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 60; ++seed) {
            QTest::addRow("seed=%u", seed) << seed;
        }
    }
    void properties()
    {
        QFETCH(unsigned, seed);
        Random random(seed);
        const bool equalRows = seed % 2 == 0;
        const std::vector<FaderTrack> start = randomTracks(random, equalRows);
        const auto mode = static_cast<FaderMode>(seed % 3);
        FaderGesture gesture(start, mode, 1, anySize);
        std::int64_t largestRow = 0;
        std::vector<int> before;
        for (const FaderTrack& track : start) {
            before.push_back(track.kept);
            largestRow = std::max(largestRow, track.movable() ? track.rowBytes : 0);
        }
        for (int step = 0; step < 40; ++step) {
            const int fader = narrow<int>(random.below(start.size()));
            const std::vector<int>& kept = gesture.moveTo(fader, 140.0 * random.uniform() - 6.0);
            for (std::size_t i = 0; i < start.size(); ++i) {
                if (!start[i].movable()) {
                    QCOMPARE(kept[i], start[i].kept);
                } else {
                    QVERIFY(kept[i] >= 1 && kept[i] <= start[i].size);
                }
            }
            if (mode == FaderMode::KeepTotal) {
                const std::int64_t lost = bytesOf(start, before) - bytesOf(start, kept);
                if (equalRows) {
                    QCOMPARE(lost, std::int64_t { 0 });
                } else {
                    QVERIFY(std::abs(lost) < 2 * largestRow);
                }
            }
        }
    }

    void shiftKeepsDifferences()
    {
        const std::vector<FaderTrack> start {
            { 64, 20, false, 1 }, { 64, 40, false, 1 }, { 64, 30, true, 1 }, { 64, 10, false, 1 }
        };
        FaderGesture gesture(start, FaderMode::MoveAll, 1, anySize);
        gesture.moveTo(0, 20.0);
        QCOMPARE(gesture.moveTo(0, 32.0), (std::vector<int> { 32, 52, 30, 22 }));
        // At the ends a fader waits, and comes back to its own distance.
        QCOMPARE(gesture.moveTo(1, 60.0), (std::vector<int> { 60, 64, 30, 50 }));
        QCOMPARE(gesture.moveTo(0, 20.0), (std::vector<int> { 20, 40, 30, 10 }));
    }

    void drawingCrossesFaders()
    {
        const std::vector<FaderTrack> start(5, { 64, 64, false, 1 });
        FaderGesture gesture(start, FaderMode::Draw, 1, anySize);
        gesture.moveTo(0, 10.0);
        QCOMPARE(gesture.moveTo(4, 50.0), (std::vector<int> { 10, 20, 30, 40, 50 }));
        FaderGesture snapped(start, FaderMode::Draw, 1,
                             [](int size) { return sizesOfRule(SizeRule::MultiplesOf16, size); });
        snapped.moveTo(0, 10.0);
        QCOMPARE(snapped.moveTo(4, 50.0), (std::vector<int> { 16, 16, 32, 48, 48 }));
    }

    void headsMayBeOff()
    {
        FaderGesture gesture({ { 48, 48, false, 1 }, { 48, 20, false, 1 } }, FaderMode::Draw, 0, anySize);
        QCOMPARE(gesture.moveTo(1, -3.0), (std::vector<int> { 48, 0 }));
    }

    void theTotalIsGivenAndTaken()
    {
        const std::vector<FaderTrack> start(4, { 64, 32, false, 100 });
        FaderGesture gesture(start, FaderMode::KeepTotal, 1, anySize);
        QCOMPARE(gesture.moveTo(0, 62.0), (std::vector<int> { 62, 22, 22, 22 }));
        QCOMPARE(gesture.moveTo(0, 2.0), (std::vector<int> { 2, 42, 42, 42 }));
        QCOMPARE(gesture.moveTo(0, 32.0), (std::vector<int> { 32, 32, 32, 32 }));
        // Only as far as the others can give.
        FaderGesture tight({ { 64, 10, false, 100 }, { 64, 5, false, 100 } }, FaderMode::KeepTotal, 1,
                           anySize);
        QCOMPARE(tight.moveTo(0, 60.0), (std::vector<int> { 14, 1 }));
        // Nobody can: nothing moves.
        FaderGesture alone({ { 64, 10, false, 100 }, { 64, 5, true, 100 } }, FaderMode::KeepTotal, 1,
                           anySize);
        QCOMPARE(alone.moveTo(0, 60.0), (std::vector<int> { 10, 5 }));
    }
};

QTEST_GUILESS_MAIN(TestFaderGesture)
#include "tst_fader_gesture.moc"
