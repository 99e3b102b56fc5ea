// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/io/json.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"
#include "tests/core/text/tokenizer_cases.h"
#include "tests/support/paths.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace rankscope;
using namespace rankscope::test;
using nlohmann::json;

namespace {

std::filesystem::path pathOf(const QTemporaryDir& folder)
{
    return folder.path().toStdString();
}

std::filesystem::path fixture(const char* name)
{
    return fixturesDir() / "text" / name;
}

void write(const std::filesystem::path& path, const std::string& text)
{
    std::ofstream(path, std::ios::binary) << text;
}

std::shared_ptr<const Tokenizer> loaded(const std::filesystem::path& path)
{
    const auto tokenizer = Tokenizer::load(path);
    if (!tokenizer) {
        qWarning("%s", tokenizer.error().message.c_str());
        return nullptr;
    }
    return *tokenizer;
}

/// The small Qwen-style tokenizer after an RFC 7386 patch.
Result<std::shared_ptr<const Tokenizer>> loadPatched(const json& patch, const std::filesystem::path& folder)
{
    json document = *readLargeJsonFile(fixture("qwen-style-1027.json"));
    document.merge_patch(patch);
    write(folder / "tokenizer.json", document.dump());
    return Tokenizer::load(folder);
}

/// Any code points, assigned or not, with runs of spaces and plain words between them.
std::string randomText(Random& random)
{
    std::string text;
    for (std::uint64_t left = random.below(60); left > 0; --left) {
        switch (random.below(5)) {
        case 0:
            text.append(random.below(6) + 1, ' ');
            break;
        case 1:
            text += "<s>";
            break;
        case 2:
            text += "word";
            break;
        default: {
            const auto limit = random.below(2) == 0 ? 0x250U : 0x110000U;
            const auto codePoint = static_cast<char32_t>(random.below(limit));
            appendUtf8(text, codePoint >= 0xd800 && codePoint < 0xe000 ? U'\n' : codePoint);
        }
        }
    }
    return text;
}

} // namespace

class TestTokenizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goldenIds()
    {
        const QTemporaryDir scratch;
        const CaseReport report = runCases(fixture("golden.json"), pathOf(scratch));
        QVERIFY2(report.firstDifference.isEmpty(), qPrintable(report.firstDifference));
        QVERIFY(report.cases >= 40);
    }

    void agreesWithThePythonPackage()
    {
        QProcess python;
        python.start(QStringLiteral("python3"),
                     { QStringLiteral("-c"), QStringLiteral("import tokenizers") });
        if (!python.waitForFinished(60000) || python.exitStatus() != QProcess::NormalExit
            || python.exitCode() != 0) {
            QSKIP("python3 cannot import the package 'tokenizers'; golden ids only");
        }
        const QTemporaryDir scratch;
        const QString out = scratch.filePath(QStringLiteral("cases.json"));
        const QString seed = qEnvironmentVariable("RANKSCOPE_TEST_SEED", QStringLiteral("1"));
        qInfo("seed %s", qPrintable(seed));
        QStringList arguments { QString::fromStdString(fixture("text_cases.py").string()),
                                out,
                                QStringLiteral("--seed"),
                                seed,
                                QStringLiteral("--random"),
                                QStringLiteral("1000") };
        if (const auto shared = sharedDir(); !shared.empty()) {
            arguments << QStringLiteral("--shared") << QString::fromStdString(shared.string());
        } else {
            qInfo("without the shared material: small tokenizers only");
        }
        python.start(QStringLiteral("python3"), arguments);
        QVERIFY(python.waitForFinished(200000));
        QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
        const CaseReport report = runCases(out.toStdString(), pathOf(scratch));
        qInfo("%d cases, %d texts", report.cases, report.texts);
        QVERIFY2(report.firstDifference.isEmpty(), qPrintable(report.firstDifference));
        QVERIFY(report.texts > 5000);
    }

    void byteLevelDecodesToItsInput()
    {
        const auto tokenizer = loaded(demoDir());
        QVERIFY(tokenizer);
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            Random random(seed);
            const std::string text = randomText(random);
            const auto encoding = tokenizer->encode(text, false);
            QVERIFY(encoding);
            QVERIFY2(tokenizer->decode(encoding->ids, false) == text,
                     qPrintable(QStringLiteral("seed %1").arg(seed)));
        }
    }

    void spansCoverTheText_data()
    {
        QTest::addColumn<QString>("path");
        QTest::newRow("byte level") << QString::fromStdString((demoDir() / "tokenizer.json").string());
        QTest::newRow("llama style") << QString::fromStdString(fixture("llama-style-small.json").string());
    }
    void spansCoverTheText()
    {
        QFETCH(QString, path);
        const auto tokenizer = loaded(path.toStdString());
        QVERIFY(tokenizer);
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            Random random(seed);
            const std::string text = randomText(random);
            const auto encoding = tokenizer->encode(text, false);
            QVERIFY(encoding);
            QCOMPARE(encoding->spans.size(), encoding->ids.size());
            std::int64_t covered = 0; // parts of one character share its range
            for (const TextSpan& span : encoding->spans) {
                QVERIFY2(span.beginByte <= covered && span.endByte >= covered
                             && span.beginByte < span.endByte,
                         qPrintable(QStringLiteral("seed %1").arg(seed)));
                covered = span.endByte;
            }
            QCOMPARE(covered, std::ssize(text));
        }
    }

    void longWordsOfManySymbols()
    {
        // Without a space to cut at, merging goes through the queue instead of the short-word search.
        const auto tokenizer = loaded(fixture("llama-style-small.json"));
        QVERIFY(tokenizer);
        std::string text;
        for (int i = 0; i < 20000; ++i) {
            text += "theand"[i % 6];
        }
        const auto encoding = tokenizer->encode(text, false);
        QVERIFY(encoding);
        QCOMPARE(tokenizer->decode(encoding->ids, false), text);
        QVERIFY(std::ssize(encoding->ids) < 15000);
    }

    void mergesAcrossWords()
    {
        // Words of Llama-style vocabularies are independent only where no merge joins the end of one to the
        // next.
        const QTemporaryDir folder;
        const json model = { { "type", "BPE" },
                             { "vocab", { { "\u2581", 0 }, { "a", 1 }, { "a\u2581", 2 } } },
                             { "merges", { "a \u2581" } } };
        write(pathOf(folder) / "tokenizer.json", json { { "model", model } }.dump());
        const auto encoding = loaded(pathOf(folder))->encode("a\u2581a", false);
        QVERIFY(encoding);
        QCOMPARE(encoding->ids, (std::vector<std::int64_t> { 2, 1 }));
    }

    void normalisesWithTheDataOfThePackage()
    {
        // U+0D3C became a combining mark in Unicode 10, which the package does not know: it is not reordered.
        const auto tokenizer = loaded(fixture("qwen-style-1027.json"));
        for (const std::string text : { "a\u0326\u0d3c", "\U00011935\U00011930" }) {
            QCOMPARE(tokenizer->decode(tokenizer->encode(text, false)->ids, false), text);
        }
        const auto composed
            = tokenizer->encode("e\u0301\u0327", false); // reordered and composed to U+0229 U+0301
        QCOMPARE(tokenizer->decode(composed->ids, false), std::string("\u0229\u0301"));
    }

    void anyThread()
    {
        const auto tokenizer = loaded(fixture("qwen-style-1027.json"));
        QVERIFY(tokenizer);
        const std::string text = "Several threads, one tokenizer: café 1839 \n\n";
        const auto expected = tokenizer->encode(text, false)->ids;
        std::vector<int> wrong(4, 0);
        {
            std::vector<std::jthread> threads;
            for (int& count : wrong) {
                threads.emplace_back([&] {
                    for (int i = 0; i < 200; ++i) {
                        count += tokenizer->encode(text, false)->ids == expected ? 0 : 1;
                    }
                });
            }
        }
        QCOMPARE(wrong, std::vector<int>(4, 0));
    }

    void specialTokensAndBos()
    {
        const auto llama = loaded(fixture("llama-style-small.json"));
        QVERIFY(llama);
        QCOMPARE(llama->bosId(), std::optional<std::int64_t>(1)); // from the template
        const auto with = llama->encode("a", true);
        const auto without = llama->encode("a", false);
        QCOMPARE(with->ids.size(), without->ids.size() + 1);
        QCOMPARE(with->ids.front(), std::int64_t { 1 });
        QCOMPARE(with->spans.front().endByte, std::int64_t { 0 });

        QCOMPARE(loaded(demoDir())->bosId(), std::optional<std::int64_t>(1)); // from tokenizer_config.json
        QVERIFY(!loaded(fixture("qwen-style-1027.json"))->bosId());
        const QTemporaryDir folder;
        write(pathOf(folder) / "tokenizer_config.json", R"({"bos_token": {"content": "<|im_start|>"}})");
        const auto configured = loadPatched(json::object(), pathOf(folder));
        QVERIFY(configured);
        QCOMPARE((*configured)->bosId(), std::optional<std::int64_t>(1025));
        QCOMPARE((*configured)->vocabularySize(), std::int64_t { 1027 });
        QCOMPARE((*configured)->path().filename().string(), std::string("tokenizer.json"));
    }

    void labels()
    {
        const auto llama = loaded(fixture("llama-style-small.json"));
        QCOMPARE(llama->label(llama->encode("the", false)->ids.at(0)), std::string(" the"));
        QCOMPARE(llama->label(llama->encode("\n", false)->ids.back()),
                 std::string("\n")); // a byte token that is whole
        QCOMPARE(llama->label(3 + 0xE2), std::string("<0xE2>"));
        const auto byteLevel = loaded(demoDir());
        QCOMPARE(byteLevel->label(byteLevel->encode(" the", false)->ids.at(0)), std::string(" the"));
        QCOMPARE(byteLevel->label(byteLevel->encode("\xF0\x9F\x98\x80", false)->ids.at(0)),
                 std::string("\xC3\xB0")); // its spelling
        QCOMPARE(byteLevel->label(-1), std::string("\xEF\xBF\xBD"));
        QCOMPARE(byteLevel->decode(std::vector<std::int64_t> { 99999 }, false), std::string("\xEF\xBF\xBD"));
    }

    void textThatIsNotUtf8()
    {
        const auto tokenizer = loaded(demoDir());
        const auto encoding = tokenizer->encode("abc\xff", false);
        QVERIFY(!encoding);
        QCOMPARE(encoding.error().code, ErrorCode::BadData);
        QVERIFY(encoding.error().message.find("offset 3") != std::string::npos);
        for (const char* broken :
             { "\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf5" }) {
            QVERIFY2(!tokenizer->encode(broken, false), broken);
        }
    }

    void characterWithoutAToken()
    {
        const QTemporaryDir folder;
        const auto tokenizer
            = loadPatched({ { "model", { { "vocab", { { "z", nullptr } } } } } }, pathOf(folder));
        QVERIFY(!tokenizer); // merges still name it
        json bare = { { "model",
                        { { "type", "BPE" }, { "vocab", { { "a", 0 } } }, { "merges", json::array() } } } };
        write(pathOf(folder) / "tokenizer.json", bare.dump());
        const auto encoding = loaded(pathOf(folder))->encode("a\xE2\x82\xAC", false);
        QVERIFY(!encoding);
        QCOMPARE(encoding.error().code, ErrorCode::BadData);
        QVERIFY(encoding.error().message.find("U+20AC at byte 1") != std::string::npos);
    }

    void missingTokenizer()
    {
        const QTemporaryDir folder;
        auto missing = Tokenizer::load(pathOf(folder));
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        QVERIFY(missing.error().message.find("looked for tokenizer.json and tokenizer.model")
                != std::string::npos);
        missing = Tokenizer::load(pathOf(folder) / "tokenizer.json");
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        write(pathOf(folder) / "tokenizer.model", "x");
        missing = Tokenizer::load(pathOf(folder));
        QCOMPARE(missing.error().code, ErrorCode::NotFound);
        QVERIFY(missing.error().message.find("SentencePiece") != std::string::npos);
        QVERIFY(missing.error().message.find("save_pretrained") != std::string::npos);
    }

    void refusedFiles_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QString>("phrase");
        QTest::addColumn<bool>("unsupported");
        const auto row
            = [](const char* name, const char* patch, const char* phrase, bool unsupported = true) {
                  QTest::newRow(name) << QByteArray(patch) << QString::fromLatin1(phrase) << unsupported;
              };
        row("unigram", R"({"model":{"type":"Unigram"}})", "a Unigram model");
        row("wordpiece", R"({"model":{"type":"WordPiece"}})", "a WordPiece model");
        row("dropout", R"({"model":{"dropout":0.1}})", "dropout");
        row("suffix", R"({"model":{"end_of_word_suffix":"</w>"}})", "end_of_word_suffix");
        row("normalizer", R"({"normalizer":{"type":"Lowercase"}})", "the normalizer Lowercase");
        row("nested", R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"Nmt"}]}})",
            "the normalizer Nmt");
        row("pre-tokenizer", R"({"pre_tokenizer":{"type":"BertPreTokenizer"}})",
            "the pre-tokenizer BertPreTokenizer");
        row("post-processor", R"({"post_processor":{"type":"RobertaProcessing"}})",
            "the post-processor RobertaProcessing");
        row("decoder", R"({"decoder":{"type":"WordPiece"}})", "the decoder WordPiece");
        const auto pattern = [](const char* regex) {
            const json split
                = { { "type", "Split" }, { "behavior", "Isolated" }, { "pattern", { { "Regex", regex } } } };
            return QByteArray::fromStdString(json { { "pre_tokenizer", split } }.dump());
        };
        row("intersection", pattern("[a&&b]").constData(), "an intersection of character classes");
        row("nested class", pattern("[a[b]]").constData(), "a nested character class");
        row("escape", pattern("\\bword").constData(), "the escape \\b");
        row("property", pattern("\\p{Emoji}").constData(), "the property Emoji");
        row("broken regex", pattern("(a").constData(), "cannot be compiled", false);
        row("unfinished class", pattern("[a").constData(), "unfinished character class", false);
        row("no model", R"({"model":null})", "has no 'model'", false);
        row("vocab", R"({"model":{"vocab":[1]}})", "'vocab' of the model is not an object", false);
        row("id", R"({"model":{"vocab":{"!":-4}}})", "the id -4", false);
        row("id type", R"({"model":{"vocab":{"!":"x"}}})", "is not an integer", false);
        row("merge", R"({"model":{"merges":["a"]}})", "merge number 0 is not a pair", false);
        row("merge of unknown", R"({"model":{"merges":[["a","qqq"]]}})", "its vocabulary lacks 'qqq'", false);
        row("merge into unknown", R"({"model":{"merges":[["!","!"]]}})", "its vocabulary lacks '!!'", false);
        row("added id", R"({"added_tokens":[{"id":7,"content":"<new>"}]})", "written with the id 7", false);
        row("no type", R"({"normalizer":{"type":null}})", "has no 'type'", false);
    }
    void refusedFiles()
    {
        QFETCH(QByteArray, patch);
        QFETCH(QString, phrase);
        QFETCH(bool, unsupported);
        const QTemporaryDir folder;
        const auto tokenizer = loadPatched(json::parse(patch.constData()), pathOf(folder));
        QVERIFY(!tokenizer);
        const QString message = QString::fromStdString(tokenizer.error().message);
        QVERIFY2(message.contains(phrase) && message.contains(folder.path()), qPrintable(message));
        QCOMPARE(tokenizer.error().code, unsupported ? ErrorCode::Unsupported : ErrorCode::BadFormat);
    }

    void truncatedAnywhere()
    {
        const std::string text = *readFileBytes(fixture("qwen-style-1027.json"));
        const QTemporaryDir folder;
        for (std::size_t size = 0; size + 1 < text.size(); size += 997) {
            write(pathOf(folder) / "tokenizer.json", text.substr(0, size));
            const auto tokenizer = Tokenizer::load(pathOf(folder));
            QVERIFY(!tokenizer);
            QCOMPARE(tokenizer.error().code, ErrorCode::BadFormat);
        }
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
