// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/digest.h"

#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <stop_token>
#include <string>

using namespace rankscope;

namespace {

std::string digestOf(const std::string& text)
{
    return sha256Hex(std::as_bytes(std::span(text)));
}

std::string qtDigestOf(const std::string& text)
{
    return QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha256)
        .toHex()
        .toStdString();
}

} // namespace

class TestDigest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knownValues()
    {
        QCOMPARE(digestOf(""),
                 std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(digestOf("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(digestOf(std::string("\0\xff", 2)), qtDigestOf(std::string("\0\xff", 2)));
    }

    void piecesMakeTheWhole()
    {
        const std::string text(5000, 'x');
        Sha256 digest;
        for (const std::size_t size : { 0U, 1U, 63U, 64U, 65U, 4807U }) {
            digest.add(std::as_bytes(std::span(text).first(size)));
        }
        QCOMPARE(digest.finishHex(), digestOf(text));
    }

    void files()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "bytes";
        QCOMPARE(sha256OfFile(path, nullptr).error().code, ErrorCode::NotFound);
        QCOMPARE(sha256OfFile(path.parent_path(), nullptr).error().code, ErrorCode::NotFound);
        std::string bytes(3'000'001, '\0');
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<char>(i * 31 % 251);
        }
        std::ofstream(path, std::ios::binary) << bytes;
        JobContext job;
        job.progress().begin(std::ssize(bytes));
        const auto digest = sha256OfFile(path, &job);
        QVERIFY(digest);
        QCOMPARE(*digest, qtDigestOf(bytes));
        QCOMPARE(job.progress().done(), std::ssize(bytes));

        std::stop_source stop;
        stop.request_stop();
        JobContext stopped(stop.get_token());
        QCOMPARE(sha256OfFile(path, &stopped).error().code, ErrorCode::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestDigest)
#include "tst_digest.moc"
