// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/model/checkpoint_excerpt.h"
#include "core/model/checkpoint_overview.h"
#include "tests/support/broken_checkpoints.h"
#include "tests/support/open_watch.h"
#include "tests/support/raw_safetensors.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

using namespace rankscope;
using namespace rankscope::test;

Q_DECLARE_METATYPE(rankscope::test::BrokenCase)

namespace {

std::filesystem::path pathOf(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

bool containsIgnoringCase(const std::string& text, const std::string& phrase)
{
    return QString::fromStdString(text).contains(QString::fromStdString(phrase), Qt::CaseInsensitive);
}

/// Every sentence of severity Error, or the one with which the inspection failed.
std::string complaints(const Result<CheckpointOverview>& overview)
{
    if (!overview) {
        return overview.error().message;
    }
    std::string text;
    for (const CheckpointIssue& issue : overview->issues) {
        if (issue.severity == IssueSeverity::Error) {
            text += issue.message + "\n";
        }
    }
    return text;
}

std::string firstMissing(const std::string& text, const std::vector<std::string>& phrases)
{
    const auto missing = std::ranges::find_if(
        phrases, [&](const std::string& phrase) { return !containsIgnoringCase(text, phrase); });
    return missing == phrases.end() ? std::string() : *missing;
}

void addRows(const std::vector<BrokenCase>& cases)
{
    QTest::addColumn<BrokenCase>("broken");
    for (const BrokenCase& broken : cases) {
        QTest::newRow(broken.name.c_str()) << broken;
    }
}

} // namespace

/// Checkpoints that cannot be used are refused by a sentence that names what is wrong; nothing crashes.
class TestBadCheckpoints : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goodOnesAreGood();
    void brokenFilesAreNamed_data() { addRows(brokenFiles()); }
    void brokenFilesAreNamed() { inspectIsUseful(); }
    void brokenTensorsAreNamed_data() { addRows(brokenTensors()); }
    void brokenTensorsAreNamed() { inspectIsUseful(); }
    void brokenConfigsAreNamed_data() { addRows(brokenConfigs()); }
    void brokenConfigsAreNamed() { inspectIsUseful(); }
    void extraTensorIsListed();
    void unusedTensorsAreNoted();
    void missingFolder();
    void fileInPlaceOfTheFolder();
    void picklesAreNotOpened();
    void everyTruncationIsNoticed();
    void damagedHeadersDoNotCrash_data();
    void damagedHeadersDoNotCrash();
    void damagedConfigsDoNotCrash_data();
    void damagedConfigsDoNotCrash();

private:
    static void inspectIsUseful();
};

void TestBadCheckpoints::inspectIsUseful()
{
    QFETCH(BrokenCase, broken);
    QTemporaryDir folder;
    broken.write(pathOf(folder));

    const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));

    if (broken.by == BrokenBy::Weights) {
        QVERIFY2(overview.has_value(), complaints(overview).c_str());
        QVERIFY2(overview->loadable(), complaints(overview).c_str());
        return;
    }
    QVERIFY2(!overview || !overview->loadable(), "the checkpoint was taken for a good one");
    const Error error = overview ? overview->firstError() : overview.error();
    const std::string text = complaints(overview);
    const std::string missing = firstMissing(text, broken.phrases);
    QVERIFY2(missing.empty(), ("\"" + missing + "\" is not in: " + text).c_str());
    QVERIFY2(error.message.ends_with('.') || error.message.ends_with(".)"), error.message.c_str());
    QCOMPARE(exitCodeOf(error.code), 3);
    if (broken.code) {
        QCOMPARE(errorCodeName(error.code), errorCodeName(*broken.code));
    }
}

void TestBadCheckpoints::goodOnesAreGood()
{
    for (const auto& write : { writeSmallCheckpoint, writeSmallDeltaNet }) {
        QTemporaryDir folder;
        write(pathOf(folder));
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
        QVERIFY2(overview.has_value(), complaints(overview).c_str());
        QVERIFY2(overview->issues.empty(), complaints(overview).c_str());
    }
}

void TestBadCheckpoints::extraTensorIsListed()
{
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    const std::filesystem::path weights = pathOf(folder) / "model.safetensors";
    std::vector<RawTensor> tensors = readRaw(weights);
    tensors.push_back({ "model.layers.0.attn.surprise.weight", "F32", { 2, 1 }, std::string(8, '\0') });
    writeRaw(weights, tensors);

    const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));

    QVERIFY(overview.has_value());
    QCOMPARE(std::ssize(overview->issues), 1);
    const CheckpointIssue& issue = overview->issues.front();
    QVERIFY(issue.severity != IssueSeverity::Note);
    QCOMPARE(issue.subject, std::string("model.layers.0.attn.surprise.weight"));
    // And where it is to be seen.
    QCOMPARE(issue.file, std::string("model.safetensors"));
    const Result<CheckpointExcerpt> excerpt
        = readCheckpointExcerpt(overview->folder, issue.file, issue.subject);
    QVERIFY2(excerpt.has_value(), excerpt ? "" : excerpt.error().message.c_str());
    const QString line = QString::fromStdString(excerpt->text).split(u'\n').value(excerpt->line);
    QVERIFY2(line.contains(QStringLiteral("surprise.weight  F32  [2, 1]  8 bytes")), qPrintable(line));
    QVERIFY2(firstMissing(issue.message, { issue.subject, "[2, 1]" }).empty(), issue.message.c_str());
    const Result<CheckpointExcerpt> config
        = readCheckpointExcerpt(overview->folder, "config.json", "num_heads");
    QVERIFY(config.has_value());
    const QStringList lines = QString::fromStdString(config->text).split(u'\n');
    QVERIFY(lines.value(config->line).contains(QStringLiteral("\"num_heads\"")));
    QCOMPARE(readCheckpointExcerpt(overview->folder, "config.json", "num_head")->line, -1);
    for (const char* absent : { "no.json", "no.safetensors" }) {
        QCOMPARE(readCheckpointExcerpt(overview->folder, absent, {}).error().code, ErrorCode::NotFound);
    }
}

void TestBadCheckpoints::unusedTensorsAreNoted()
{
    QTemporaryDir folder;
    TinyModelOptions options = smallOptions();
    options.legacyD = true;
    writeRandomCheckpoint(pathOf(folder), options);

    const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));

    QVERIFY(overview.has_value());
    QVERIFY(overview->loadable());
    QCOMPARE(std::ssize(overview->issues), 2);
    QVERIFY(std::ranges::all_of(overview->issues, [](const CheckpointIssue& issue) {
        return issue.severity == IssueSeverity::Note && issue.subject.ends_with(".attn.D");
    }));
}

void TestBadCheckpoints::missingFolder()
{
    const Result<CheckpointOverview> overview = inspectCheckpoint("/nowhere/at all");
    QVERIFY(!overview);
    QCOMPARE(errorCodeName(overview.error().code), errorCodeName(ErrorCode::NotFound));
    QVERIFY(containsIgnoringCase(overview.error().message, "/nowhere/at all"));
}

void TestBadCheckpoints::fileInPlaceOfTheFolder()
{
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder) / "model.safetensors");
    QVERIFY(!overview);
    QCOMPARE(exitCodeOf(overview.error().code), 3);
    QVERIFY(containsIgnoringCase(overview.error().message, "model.safetensors"));
}

void TestBadCheckpoints::picklesAreNotOpened()
{
    for (const bool withWeights : { false, true }) {
        QTemporaryDir folder;
        writeSmallCheckpoint(pathOf(folder));
        const std::filesystem::path pickle = pathOf(folder) / "pytorch_model.bin";
        writeBytes(pickle, "\x80\x02}.");
        if (!withWeights) {
            std::filesystem::remove(pathOf(folder) / "model.safetensors");
        }
        const OpenWatch watch(pickle);
        QVERIFY(watch.watching());
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
        QCOMPARE(overview.has_value(), withWeights);
        QVERIFY(!watch.sawAnything());
        (void)readBytes(pickle); // the watch itself works
        QVERIFY(watch.sawAnything());
    }
}

void TestBadCheckpoints::everyTruncationIsNoticed()
{
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    const std::filesystem::path weights = pathOf(folder) / "model.safetensors";
    const std::string whole = readBytes(weights);
    for (std::size_t keep = 0; keep < whole.size(); keep += keep < 4096 ? 7 : 61) {
        writeBytes(weights, std::string_view(whole).substr(0, keep));
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
        QVERIFY2(!overview,
                 qPrintable(QStringLiteral("%1 bytes of %2 were enough").arg(keep).arg(whole.size())));
        QCOMPARE(errorCodeName(overview.error().code), errorCodeName(ErrorCode::BadFormat));
        QVERIFY(containsIgnoringCase(overview.error().message, "model.safetensors"));
    }
}

namespace {

void addSeeds(int count)
{
    QTest::addColumn<unsigned>("seed");
    for (int i = 0; i < count; ++i) {
        QTest::addRow("seed=%d", i) << static_cast<unsigned>(i);
    }
}

/// Replaces a few bytes of `text`, mostly by characters that mean something to a parser.
std::string damaged(std::string text, unsigned seed)
{
    static constexpr std::string_view kAlphabet = "0123456789-[]{}\",:.eE\\nullt\x00\xff";
    Random random(seed);
    const std::uint64_t changes = 1 + random.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
        const auto place = static_cast<std::size_t>(random.below(text.size()));
        text[place] = kAlphabet[static_cast<std::size_t>(random.below(kAlphabet.size()))];
    }
    return text;
}

} // namespace

void TestBadCheckpoints::damagedHeadersDoNotCrash_data()
{
    addSeeds(20);
}

void TestBadCheckpoints::damagedHeadersDoNotCrash()
{
    QFETCH(unsigned, seed);
    QTemporaryDir folder;
    writeSmallCheckpoint(pathOf(folder));
    const std::filesystem::path weights = pathOf(folder) / "model.safetensors";
    const std::string header = headerOf(weights);
    const std::string payload = payloadOf(weights);
    for (unsigned round = 0; round < 50; ++round) {
        writeParts(weights, damaged(header, 1000 * seed + round), payload);
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
        QVERIFY2(overview || !overview.error().message.empty(), qPrintable(QString::number(round)));
        QVERIFY(overview || exitCodeOf(overview.error().code) == 3);
    }
}

void TestBadCheckpoints::damagedConfigsDoNotCrash_data()
{
    addSeeds(20);
}

void TestBadCheckpoints::damagedConfigsDoNotCrash()
{
    QFETCH(unsigned, seed);
    QTemporaryDir folder;
    writeSmallDeltaNet(pathOf(folder));
    const std::filesystem::path config = pathOf(folder) / "config.json";
    const std::string text = readBytes(config);
    for (unsigned round = 0; round < 50; ++round) {
        writeBytes(config, damaged(text, 1000 * seed + round));
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(folder));
        QVERIFY2(overview || !overview.error().message.empty(), qPrintable(QString::number(round)));
        QVERIFY(overview || exitCodeOf(overview.error().code) == 3);
    }
}

QTEST_GUILESS_MAIN(TestBadCheckpoints)
#include "tst_bad_checkpoints.moc"
