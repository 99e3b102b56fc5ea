// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/recovery_slot.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace rankscope;
using namespace std::chrono_literals;

namespace {

constexpr auto kMonth = 720h;

/// A process that writes `text` into a slot and is killed with the slot open.
void leaveBehind(const std::filesystem::path& folder, const char* text)
{
    int ready[2] = {};
    QVERIFY(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto slot = RecoverySlot::create(folder);
        const bool written = slot && (*slot)->write(text);
        const char mark = written ? '1' : '0';
        [[maybe_unused]] const auto sent = ::write(ready[1], &mark, 1);
        ::pause();
        ::_exit(0);
    }
    char mark = '0';
    QCOMPARE(::read(ready[0], &mark, 1), ssize_t { 1 });
    QCOMPARE(mark, '1');
    // As long as it lives, nobody else may have its text.
    for (const auto& found : claimAbandonedTexts(folder, kMonth)) {
        QVERIFY(found->text() != text);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
}

} // namespace

class TestRecoverySlot : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_folder = std::filesystem::path(m_dir->filePath(QStringLiteral("state/recovery")).toStdU16String());
    }

    void anOrderlyEndLeavesNothing()
    {
        {
            auto slot = RecoverySlot::create(m_folder);
            QVERIFY(slot.has_value());
            QVERIFY((*slot)->write("first").has_value());
            QVERIFY((*slot)->write("second").has_value());
            QVERIFY(claimAbandonedTexts(m_folder, kMonth).empty());
        }
        QCOMPARE(entries(), 0);
    }

    void twoInstancesDoNotShare()
    {
        auto one = RecoverySlot::create(m_folder);
        auto two = RecoverySlot::create(m_folder);
        QVERIFY(one && two);
        QVERIFY((*one)->file() != (*two)->file());
        QVERIFY((*one)->write("one").has_value() && (*two)->write("two").has_value());
        (*one)->clear();
        QVERIFY(!std::filesystem::exists((*one)->file()));
        QVERIFY(std::filesystem::exists((*two)->file()));
    }

    void aKilledProcessLeavesItsText()
    {
        leaveBehind(m_folder, "unsaved");
        {
            const auto found = claimAbandonedTexts(m_folder, kMonth);
            QCOMPARE(found.size(), std::size_t { 1 });
            QCOMPARE(found.front()->text(), std::string("unsaved"));
            QVERIFY(std::chrono::system_clock::now() - found.front()->written() < 1min);
            // While one window offers it, the next does not.
            QVERIFY(claimAbandonedTexts(m_folder, kMonth).empty());
        }
        // Neither recovered nor discarded: offered again.
        const auto again = claimAbandonedTexts(m_folder, kMonth);
        QCOMPARE(again.size(), std::size_t { 1 });
        again.front()->discard();
        QCOMPARE(entries(), 0);
    }

    void newestFirst()
    {
        leaveBehind(m_folder, "older");
        for (const auto& entry : std::filesystem::directory_iterator(m_folder)) {
            std::filesystem::last_write_time(entry.path(),
                                             std::filesystem::file_time_type::clock::now() - 1h);
        }
        leaveBehind(m_folder, "newer");
        const auto found = claimAbandonedTexts(m_folder, kMonth);
        QCOMPARE(found.size(), std::size_t { 2 });
        QCOMPARE(found[0]->text(), std::string("newer"));
        QCOMPARE(found[1]->text(), std::string("older"));
    }

    void oldAndEmptyOnesAreClearedAway()
    {
        leaveBehind(m_folder, "too old");
        for (const auto& entry : std::filesystem::directory_iterator(m_folder)) {
            std::filesystem::last_write_time(entry.path(),
                                             std::filesystem::file_time_type::clock::now() - 800h);
        }
        QVERIFY(claimAbandonedTexts(m_folder, kMonth).empty());
        QCOMPARE(entries(), 0);
        leaveBehind(m_folder, "");
        QVERIFY(claimAbandonedTexts(m_folder, kMonth).empty());
        QCOMPARE(entries(), 0);
        QVERIFY(claimAbandonedTexts(m_folder / "nowhere", kMonth).empty());
    }

    void aFolderThatCannotBeMadeIsASentence()
    {
        QFile file(m_dir->filePath(QStringLiteral("file")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        const auto slot
            = RecoverySlot::create(std::filesystem::path(file.fileName().toStdU16String()) / "recovery");
        QVERIFY(!slot.has_value());
        QVERIFY(slot.error().message.find("recovery") != std::string::npos);
    }

private:
    int entries() const
    {
        const auto flags = QDir::Files | QDir::Hidden | QDir::System;
        return static_cast<int>(
            QDir(QString::fromStdU16String(m_folder.u16string())).entryList(flags).size());
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::filesystem::path m_folder;
};

QTEST_GUILESS_MAIN(TestRecoverySlot)
#include "tst_recovery_slot.moc"
