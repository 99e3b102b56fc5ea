// SPDX-License-Identifier: GPL-3.0-or-later
// The settings file: written beside the GUI thread, nothing lost.
#include "ui/settings/settings.h"

#include <QApplication>
#include <QFile>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// How often the library set about writing on the GUI thread.
struct OwnWrites : QObject {
    int count = 0;

    OwnWrites() { qApp->installEventFilter(this); }
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        count += event->type() == QEvent::UpdateRequest && qobject_cast<QSettings*>(watched) != nullptr;
        return false;
    }
};

} // namespace

class TestSettings : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    [[nodiscard]] QString path() const { return m_folder.filePath(u"settings.ini"_s); }
    [[nodiscard]] QByteArray written() const
    {
        QFile file(path());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void init() { QFile::remove(path()); }

    void theFileIsWrittenByAnotherThread()
    {
        const OwnWrites own;
        Settings settings(path());
        settings.set(setting::theme, u"dark"_s);
        QCOMPARE(settings.get(setting::theme), u"dark"_s);
        QCOMPARE(QSettings(path(), QSettings::IniFormat).value(u"view/theme"_s).toString(), u"dark"_s);
        QTRY_VERIFY(written().contains("theme=dark"));
        settings.set(setting::theme, u"light"_s);
        QTRY_VERIFY(written().contains("theme=light"));
        QCOMPARE(own.count, 0);
    }

    /// At any moment of writing: more may come, and the end.
    void nothingIsLost()
    {
        for (int wait = 0; wait < 400; wait += 40) {
            {
                Settings settings(path());
                settings.set(setting::layerSort, QString::number(wait));
                QTest::qWait(wait);
                settings.set(setting::layerRank, QString::number(wait + 1));
                QCOMPARE(settings.get(setting::layerSort), QString::number(wait));
                QCOMPARE(settings.get(setting::layerRank), QString::number(wait + 1));
            }
            QVERIFY(written().contains(QByteArray("sort=").append(QByteArray::number(wait))));
            QVERIFY(written().contains(QByteArray("rank=").append(QByteArray::number(wait + 1))));
        }
    }

    void whatAnotherWindowWroteIsKeptAndSeen()
    {
        Settings settings(path());
        settings.set(setting::theme, u"dark"_s);
        QTRY_VERIFY(written().contains("theme=dark"));
        {
            QFile file(path());
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write("[view]\ntheme=light\nhints=off\n");
        }
        settings.set(setting::layerSort, u"3"_s);
        QTRY_VERIFY(written().contains("sort=3"));
        QVERIFY(written().contains("hints=off"));
        QTRY_COMPARE(settings.get(setting::hints), u"off"_s);
        QCOMPARE(settings.get(setting::theme), u"light"_s);
    }
};

QTEST_MAIN(TestSettings)
#include "tst_settings.moc"
