// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/token_windows.h"
#include "tests/support/paths.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <vector>

using namespace rankscope;
using namespace rankscope::test;

namespace {

std::shared_ptr<const Tokenizer> demoTokenizer()
{
    static const auto tokenizer = Tokenizer::load(demoDir());
    return tokenizer ? *tokenizer : nullptr;
}

TextSource sourceOf(std::string text)
{
    return { "memory.txt", std::move(text), "0" };
}

std::string lines(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "Line " + std::to_string(i) + " of the log: wind from the south-west, sea calm.\n";
    }
    return text;
}

WindowOptions lengthOf(int length)
{
    WindowOptions options;
    options.length = length;
    return options;
}

Result<TokenWindows> windowsOf(const TextSource& text, const WindowOptions& options)
{
    JobContext job;
    return makeTokenWindows(*demoTokenizer(), text, options, job);
}

std::vector<std::int64_t> idsOf(const std::string& text)
{
    return demoTokenizer()->encode(text, false)->ids;
}

} // namespace

class TestTokenWindows : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(demoTokenizer()); }

    void countsAddUp_data()
    {
        QTest::addColumn<int>("length");
        QTest::addColumn<int>("pieceLines");
        for (const int length : { 2, 3, 17, 64, 512 }) {
            for (const int pieceLines : { 1, 7, 64 }) {
                QTest::addRow("%d tokens, %d lines", length, pieceLines) << length << pieceLines;
            }
        }
    }
    void countsAddUp()
    {
        QFETCH(int, length);
        QFETCH(int, pieceLines);
        WindowOptions options = lengthOf(length);
        options.pieceLines = pieceLines;
        const auto windows = windowsOf(sourceOf(lines(150)), options);
        QVERIFY(windows);
        QCOMPARE(std::int64_t { windows->count } * length + windows->droppedTokens, windows->textTokens);
        QVERIFY(windows->droppedTokens < length);
        QVERIFY(windows->wholeText);
        QCOMPARE(std::ssize(windows->ids), std::int64_t { windows->count } * length);
        QCOMPARE(windows->window(windows->count - 1).back(), windows->ids.back());
    }

    void piecesAreEncodedApart()
    {
        // "a\n" + "\n\nb\n": across a border the line breaks would become one word.
        WindowOptions options = lengthOf(2);
        options.pieceLines = 1;
        const auto windows = windowsOf(sourceOf("a\n\n\nb"), options);
        QVERIFY(windows);
        std::vector<std::int64_t> expected;
        for (const char* piece : { "a\n", "\n", "\n", "b\n" }) { // the last line gets its line break
            const auto ids = idsOf(piece);
            expected.insert(expected.end(), ids.begin(), ids.end());
        }
        QCOMPARE(windows->textTokens, std::ssize(expected));
        expected.resize(windows->ids.size());
        QCOMPARE(windows->ids, expected);
    }

    void maxWindowsIsAPrefix()
    {
        const TextSource text = sourceOf(lines(400));
        const auto all = windowsOf(text, lengthOf(32));
        QVERIFY(all);
        for (const int count : { 1, 2, 5, all->count - 1, all->count, all->count + 10 }) {
            WindowOptions options = lengthOf(32);
            options.maxWindows = count;
            const auto some = windowsOf(text, options);
            QVERIFY(some);
            QCOMPARE(some->count, std::min(count, all->count));
            QVERIFY(std::equal(some->ids.begin(), some->ids.end(), all->ids.begin()));
            QCOMPARE(some->wholeText, count >= all->count);
            QCOMPARE(some->droppedTokens, count >= all->count ? all->droppedTokens : 0);
        }
        WindowOptions one = lengthOf(32);
        one.maxWindows = 1;
        QVERIFY(windowsOf(text, one)->textTokens < all->textTokens); // the rest was not even tokenised
    }

    void bosHeadsEveryWindow()
    {
        const TextSource text = sourceOf(lines(100));
        const auto plain = windowsOf(text, lengthOf(31));
        WindowOptions options = lengthOf(32);
        options.addBos = true;
        const auto headed = windowsOf(text, options);
        QVERIFY(plain && headed);
        QCOMPARE(headed->count, plain->count);
        for (int i = 0; i < headed->count; ++i) {
            QCOMPARE(headed->window(i).front(), *demoTokenizer()->bosId());
            QVERIFY(std::ranges::equal(headed->window(i).subspan(1), plain->window(i)));
        }
        const auto without = Tokenizer::load(fixturesDir() / "text" / "qwen-style-1027.json");
        QVERIFY(without);
        JobContext job;
        const auto refused = makeTokenWindows(**without, text, options, job);
        QCOMPARE(refused.error().code, ErrorCode::NotFound);
        QVERIFY(refused.error().message.find("BOS") != std::string::npos);
    }

    void tooShortText()
    {
        const auto ids = idsOf("Three short words.\n");
        const auto windows = windowsOf(sourceOf("Three short words."), lengthOf(512));
        QCOMPARE(windows.error().code, ErrorCode::BadData);
        const QString message = QString::fromStdString(windows.error().message);
        QVERIFY2(message.contains(QStringLiteral("has %1 tokens").arg(ids.size()))
                     && message.contains(u"512"),
                 qPrintable(message));
    }

    void wrongOptions()
    {
        const TextSource text = sourceOf(lines(10));
        WindowOptions noLines;
        noLines.pieceLines = 0;
        WindowOptions noWindows;
        noWindows.maxWindows = 0;
        for (const WindowOptions& options : { lengthOf(1), lengthOf(-5), noLines, noWindows }) {
            QCOMPARE(windowsOf(text, options).error().code, ErrorCode::InvalidArgument);
        }
    }

    void progressAndCancel()
    {
        const TextSource text = sourceOf(lines(300));
        JobContext job;
        QVERIFY(makeTokenWindows(*demoTokenizer(), text, lengthOf(64), job));
        QCOMPARE(job.progress().total(), std::ssize(text.utf8));
        QCOMPARE(job.progress().done(), job.progress().total());
        std::stop_source stop;
        stop.request_stop();
        JobContext stopped(stop.get_token());
        QCOMPARE(makeTokenWindows(*demoTokenizer(), text, lengthOf(64), stopped).error().code,
                 ErrorCode::Cancelled);
    }

    void readsText()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "text.txt";
        const auto written = [&](const std::string& bytes) {
            std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
            return readTextSource(path);
        };
        const auto good = written("abc");
        QVERIFY(good);
        QCOMPARE(good->utf8, std::string("abc"));
        QCOMPARE(good->sha256,
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));

        const auto broken = written("one\ntwo\nth\xe9re\n");
        QCOMPARE(broken.error().code, ErrorCode::BadData);
        const QString message = QString::fromStdString(broken.error().message);
        QVERIFY2(message.contains(u"0xE9 at offset 10 (line 3)"), qPrintable(message));

        QCOMPARE(written("").error().code, ErrorCode::BadData);
        QVERIFY(written("").error().message.find("is empty") != std::string::npos);
        std::filesystem::remove(path);
        QCOMPARE(readTextSource(path).error().code, ErrorCode::NotFound);
        QCOMPARE(readTextSource(path.parent_path()).error().code, ErrorCode::NotFound);
    }
};

QTEST_GUILESS_MAIN(TestTokenWindows)
#include "tst_token_windows.moc"
