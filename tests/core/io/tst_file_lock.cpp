// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/file_lock.h"

#include <QTemporaryDir>
#include <QTest>

#include <future>

using namespace rankscope;

class TestFileLock : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneAtATime()
    {
        using namespace std::chrono_literals;
        const QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath(QStringLiteral("x.json")).toStdString();
        Result<std::unique_ptr<FileLock>> first = FileLock::wait(file, 0ms);
        QVERIFY(first.has_value());
        const Result<std::unique_ptr<FileLock>> second = FileLock::wait(file, 20ms);
        QVERIFY(!second.has_value());
        QCOMPARE(second.error().code, ErrorCode::Io);
        QVERIFY(second.error().message.find("x.json") != std::string::npos);
        // Of another file, and after it was let go.
        QVERIFY(FileLock::wait(folder.filePath(QStringLiteral("y.json")).toStdString(), 0ms).has_value());
        auto waiting = std::async(std::launch::async, [&] { return FileLock::wait(file, 60s).has_value(); });
        first->reset();
        QVERIFY(waiting.get());
        QVERIFY(!std::filesystem::exists(file));
    }

    void aFolderThatIsNotThereIsASentence()
    {
        const Result<std::unique_ptr<FileLock>> lock = FileLock::wait("/no such folder/x.json", {});
        QVERIFY(!lock.has_value());
        QCOMPARE(lock.error().code, ErrorCode::NotFound);
        QVERIFY(lock.error().message.find("x.json") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestFileLock)
#include "tst_file_lock.moc"
