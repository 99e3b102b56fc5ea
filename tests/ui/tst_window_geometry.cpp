// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/window_bench.h"
#include "ui/models/candidate_table_model.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/rank_panel.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QHeaderView>
#include <QMap>
#include <QTableView>
#include <QTest>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

QMap<QString, QRect> placesOf(const WindowBench& bench)
{
    QMap<QString, QRect> places;
    for (const DockPanel* dock : bench.window.docks()) {
        if (!dock->isHidden()) {
            places[dock->objectName()] = dock->geometry();
        }
    }
    return places;
}

QString difference(const QMap<QString, QRect>& before, const QMap<QString, QRect>& after)
{
    QString text;
    QDebug stream(&text);
    for (auto place = after.begin(); place != after.end(); ++place) {
        if (before.value(place.key()) != place.value()) {
            stream << place.key() << before.value(place.key()) << "->" << place.value();
        }
    }
    return text;
}

} // namespace

class TestWindowGeometry : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    void docksStayWhereTheyAre_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::newRow("1440x900") << QSize(1440, 900);
        QTest::newRow("1280x800") << QSize(1280, 800);
    }
    /// Looking at another page, and whatever numbers come and go, moves no dock.
    void docksStayWhereTheyAre()
    {
        QFETCH(QSize, size);
        WindowBench bench;
        bench.window.resize(size);
        bench.openDemo();
        const auto idle = [&] { return bench.workbench.settled() && bench.lanes.idle(); };
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && idle(), kEngineMs);
        const QMap<QString, QRect> before = placesOf(bench);
        const auto still = [&](const QString& after) {
            QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
            QTRY_VERIFY_WITH_TIMEOUT(idle(), kEngineMs);
            QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
            const QMap<QString, QRect> now = placesOf(bench);
            QVERIFY2(now == before, qPrintable(after + u": "_s + difference(before, now)));
        };
        const auto lookAround = [&] {
            for (const char16_t* id :
                 { u"view.show.state", u"view.show.heads", u"view.show.spectra", u"view.headFaders",
                   u"view.layerFaders", u"view.show.tokenLoss", u"view.show.textScore", u"view.show.quality",
                   u"view.importance.layer", u"view.importance.map", u"view.importance.head",
                   u"view.importance.l1", u"view.importance.alone", u"view.rankForm", u"view.rankForm",
                   u"view.rankModel", u"view.rankModel", u"compare.plot", u"compare.plot" }) {
                QAction* action = bench.action(QString::fromUtf16(id));
                QVERIFY2(action != nullptr, qPrintable(QString::fromUtf16(id)));
                if (action->isEnabled()) {
                    action->trigger();
                    still(QString::fromUtf16(id));
                    if (QTest::currentTestFailed()) {
                        return;
                    }
                }
            }
        };
        lookAround();
        bench.document.setHeadOn(5, 0, false);
        still(u"head switched off"_s);
        bench.document.forceChannels(5, 1, { 3 }, ChannelForce::Out);
        still(u"channel forced out"_s);
        bench.document.setKeptPerLayer({ { 0, 48 }, { 1, 40 }, { 2, 28 }, { 3, 24 }, { 4, 40 }, { 5, 56 } },
                                       bench.document.newGesture());
        still(u"every layer edited"_s);
        lookAround();
    }

    /// The order of a list, and which of two pictures is shown, are as they were left.
    void choicesOfTheViewsAreRemembered()
    {
        const QTemporaryDir folder;
        const QString file = folder.filePath(u"settings.ini"_s);
        const auto sort = [](const WindowBench& bench) {
            const QHeaderView* header = bench.window.comparePanel()->table()->horizontalHeader();
            return std::pair(header->sortIndicatorSection(), header->sortIndicatorOrder());
        };
        const auto tokenOrder = [](const WindowBench& bench) {
            for (QComboBox* box : bench.window.findChildren<QComboBox*>()) {
                if (box->accessibleName() == u"Which tokens"_s) {
                    return box;
                }
            }
            return static_cast<QComboBox*>(nullptr);
        };
        {
            WindowBench bench({}, file);
            QCOMPARE(sort(bench), std::pair(int { CandidateTableModel::MarkColumn }, Qt::DescendingOrder));
            QVERIFY(!bench.window.comparePanel()->showsPlot());
            QCOMPARE(tokenOrder(bench)->currentIndex(), 0);
            QCOMPARE(bench.window.rankPanel()->modelBox()->currentIndex(), 0);
            bench.window.comparePanel()->table()->sortByColumn(CandidateTableModel::DeltaColumn,
                                                               Qt::AscendingOrder);
            bench.window.comparePanel()->showPlot(true);
            tokenOrder(bench)->setCurrentIndex(2);
            bench.window.rankPanel()->modelBox()->setCurrentIndex(1);
        }
        {
            WindowBench bench({}, file);
            QCOMPARE(sort(bench), std::pair(int { CandidateTableModel::DeltaColumn }, Qt::AscendingOrder));
            QVERIFY(bench.window.comparePanel()->showsPlot());
            QCOMPARE(tokenOrder(bench)->currentIndex(), 2);
            QCOMPARE(bench.window.rankPanel()->modelBox()->currentIndex(), 1);
            // The views show what the boxes say.
            bench.window.resize(1440, 900);
            bench.openDemo();
            bench.document.setPruneRatio(0.5, bench.document.newGesture());
            bench.action(u"view.show.state"_s)->trigger();
            bench.action(u"view.show.rank"_s)->trigger();
            QTRY_VERIFY_WITH_TIMEOUT(bench.window.rankPanel()->isVisible(), kEngineMs);
            QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
            QCOMPARE(bench.window.rankPanel()->modelBox()->currentIndex(), 1);
        }
        Settings(file).set(setting::candidateSort, u"no such column"_s);
        WindowBench bench({}, file);
        QCOMPARE(sort(bench).first, int { CandidateTableModel::MarkColumn });
    }

    /// Numbers that are not final are lighter, and still easy to read.
    void partialNumbersAreReadable()
    {
        for (const Theme* theme : { &lightTheme(), &darkTheme() }) {
            for (const QColor& colour : { theme->text, theme->worse, theme->better }) {
                const QColor tone = partialTone(colour, theme->panel);
                QVERIFY(contrastOf(tone, theme->panel) >= 4.5);
                QVERIFY(contrastOf(tone, theme->panel) < contrastOf(colour, theme->panel));
            }
        }
        QVERIFY(std::abs(contrastOf(Qt::black, Qt::white) - 21.0) < 1e-9);
    }
};

QTEST_MAIN(TestWindowGeometry)
#include "tst_window_geometry.moc"
