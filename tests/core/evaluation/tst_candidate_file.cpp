// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/evaluation/candidate_file.h"

#include <QTest>

#include <limits>

using namespace rankscope;

namespace {

std::shared_ptr<const PerplexityEstimate> someEstimate(Random& random, const std::string& plan)
{
    auto estimate = std::make_shared<PerplexityEstimate>();
    for (std::uint64_t window = 0; window < 1 + random.below(9); ++window) {
        estimate->windowNll.push_back(3.0 + 1e-3 * static_cast<double>(random.below(1000)) / 7.0);
    }
    estimate->windowsTotal = static_cast<int>(estimate->windowNll.size());
    estimate->length = 64;
    estimate->complete = true;
    estimate->seconds = 0.25;
    estimate->dtype = DType::BF16;
    estimate->device = Device { DeviceKind::Cuda, 1 };
    estimate->planFingerprint = plan;
    estimate->sourceName = "text \"with\" quotes.txt";
    estimate->basis = "basis";
    return estimate;
}

StoredCandidates someCandidates(unsigned seed)
{
    Random random(seed);
    StoredCandidates stored { "digest", 7, 2, {} };
    const auto dense = someEstimate(random, "");
    for (int id = 0; id < 4; ++id) {
        StoredCandidate candidate;
        candidate.id = id;
        candidate.name = id == 0 ? "dense" : "hälfte " + std::to_string(id);
        candidate.stateBytes = std::int64_t { 1 } << (31 + id);
        candidate.plan.method = "rrqr";
        candidate.plan.modelDigest = "digest";
        candidate.plan.layers = { LayerPlan { 4, 2, { { 0, 3 }, { 1, 2 } }, {}, id == 1 }, LayerPlan {} };
        candidate.estimate = id == 0 ? dense : someEstimate(random, "plan" + std::to_string(id));
        candidate.baseline = dense;
        stored.candidates.push_back(std::move(candidate));
    }
    return stored;
}

} // namespace

class TestCandidateFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void savedLoadedSavedIsTheSame()
    {
        for (unsigned seed = 1; seed <= 5; ++seed) {
            const StoredCandidates before = someCandidates(seed);
            const std::string text = candidatesToJson(before);
            const Result<StoredCandidates> after = candidatesFromJson(text, "a test");
            QVERIFY2(after, after ? "" : after.error().message.c_str());
            QCOMPARE(candidatesToJson(*after), text);
            QCOMPARE(after->nextId, 7);
            QCOMPARE(after->pinnedId, 2);
            for (std::size_t at = 0; at < before.candidates.size(); ++at) {
                const StoredCandidate& left = before.candidates[at];
                const StoredCandidate& right = after->candidates[at];
                QCOMPARE(right.name, left.name);
                QCOMPARE(right.stateBytes, left.stateBytes);
                QVERIFY(right.plan == left.plan);
                QCOMPARE(right.estimate->windowNll, left.estimate->windowNll); // to the last bit
                QCOMPARE(right.estimate->basis, left.estimate->basis);
                QVERIFY(right.estimate->device == left.estimate->device);
                QCOMPARE(right.estimate->dtype, left.estimate->dtype);
                QCOMPARE(right.estimate->planFingerprint, left.estimate->planFingerprint);
            }
            QCOMPARE(after->candidates[0].estimate, after->candidates[3].baseline); // kept once
        }
    }

    /// A file that was cut off or edited is a sentence, never a crash and never half a history.
    void damagedFilesAreRefused()
    {
        const std::string good = candidatesToJson(someCandidates(1));
        for (std::size_t length = 0; length < good.size(); length += 37) {
            QVERIFY(!candidatesFromJson(good.substr(0, length), "a test"));
        }
        for (const char* key :
             { "\"model\"", "\"pinned\"", "\"candidates\"", "\"estimates\"", "\"window_nll\"", "\"device\"",
               "\"dtype\"", "\"basis\"", "\"estimate\"", "\"plan\"" }) {
            std::string text = good;
            text.replace(text.find(key), std::string(key).size(), "\"other\"");
            const Result<StoredCandidates> read = candidatesFromJson(text, "a test");
            QVERIFY2(!read, key);
            QVERIFY2(read.error().message.find("a test") != std::string::npos, read.error().message.c_str());
        }
        std::string newer = good;
        newer.replace(newer.find("candidates\":1"), 13, "candidates\":2");
        QCOMPARE(candidatesFromJson(newer, "a test").error().code, ErrorCode::Unsupported);
        std::string beyond = good;
        const std::string index = "\"estimate\":3";
        beyond.replace(beyond.find(index), index.size(), "\"estimate\":9");
        QVERIFY(!candidatesFromJson(beyond, "a test"));
    }
};

QTEST_GUILESS_MAIN(TestCandidateFile)
#include "tst_candidate_file.moc"
