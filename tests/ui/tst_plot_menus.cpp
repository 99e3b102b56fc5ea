// SPDX-License-Identifier: GPL-3.0-or-later
// What every plot gives away, explains, and how the hand moves in it.
#include "tests/ui/small_files.h"
#include "tests/ui/ui_support.h"
#include "ui/actions/definitions.h"
#include "ui/actions/what_is_this.h"
#include "ui/plots/delta_plot.h"
#include "ui/plots/head_map.h"
#include "ui/plots/pareto_plot.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/plot_theme.h"
#include "ui/plots/rank_plot.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/plots/state_heatmap.h"
#include "ui/plots/view_export.h"
#include "ui/widgets/equaliser.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QMenu>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWheelEvent>

#include <memory>
#include <set>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr Topic kTopics[]
    = { Topic::Layers,     Topic::Faders,  Topic::Spectra, Topic::State, Topic::Ranks,
        Topic::Importance, Topic::Quality, Topic::Tokens,  Topic::Texts, Topic::Candidates };

/// The drawing inside a plot's widget: what has the context menu.
QWidget* drawingOf(QWidget& view)
{
    for (QWidget* child : view.findChildren<QWidget*>()) {
        if (child->contextMenuPolicy() == Qt::CustomContextMenu) {
            return child;
        }
    }
    return nullptr;
}

/// The texts of the context menu, without marks of mnemonics.
QStringList menuOf(QWidget& view)
{
    QStringList texts;
    QTimer::singleShot(0, &view, [&texts] {
        if (auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget())) {
            for (const QAction* action : menu->actions()) {
                QString text = action->text();
                texts << text.remove(u'&');
            }
            menu->close();
        }
    });
    QWidget* drawing = drawingOf(view);
    QMetaObject::invokeMethod(drawing, "customContextMenuRequested", Q_ARG(QPoint, QPoint(5, 5)));
    return texts;
}

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void wheel(QWidget& at, const QPoint& place, int notches)
{
    QWheelEvent event(place, at.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&at, &event);
}

/// What the plot says of the place, empty for nothing.
template <typename Plot> QString saidAt(Plot& plot, const QPoint& place)
{
    QSignalSpy said(&plot, &Plot::hovered);
    QTest::mouseMove(drawingOf(plot), place);
    QMouseEvent move(QEvent::MouseMove, place, drawingOf(plot)->mapToGlobal(place), Qt::NoButton,
                     Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(drawingOf(plot), &move);
    return said.isEmpty() ? QString() : said.last().first().toString();
}

} // namespace

class TestPlotMenus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// What a view explains is defined somewhere, and says something.
    void explanationsAreDefinitions()
    {
        std::set<QString> names;
        for (const Definition& entry : definitions()) {
            names.insert(entry.name);
        }
        QWidget shown;
        shown.setToolTip(u"a tip"_s);
        for (const Topic topic : kTopics) {
            QVERIFY(!definitionNames(topic).isEmpty());
            const QString html = whatIsThisHtml(shown, topic);
            QVERIFY(html.contains(u"a tip"_s));
            for (const QString& name : definitionNames(topic)) {
                QVERIFY2(names.contains(name), qPrintable(name));
                QVERIFY2(html.contains(name.toHtmlEscaped()), qPrintable(name));
            }
        }
    }

    void everyPlotCopiesSavesAndExplains()
    {
        test::FakeDialogs dialogs;
        std::vector<std::unique_ptr<QWidget>> plots;
        plots.push_back(std::make_unique<SpectrumPlot>(dialogs));
        plots.push_back(std::make_unique<DeltaPlot>(dialogs));
        plots.push_back(std::make_unique<ParetoPlot>(dialogs));
        plots.push_back(std::make_unique<HeadMap>(dialogs));
        plots.push_back(std::make_unique<StateHeatmap>(dialogs));
        plots.push_back(std::make_unique<RankPlot>(dialogs));
        for (const std::unique_ptr<QWidget>& plot : plots) {
            const QStringList texts = menuOf(*plot);
            for (const QString& wanted :
                 { u"Copy image"_s, u"Copy data as CSV"_s, u"Save picture or data…"_s, u"What is this?"_s }) {
                QVERIFY2(texts.contains(wanted),
                         qPrintable(QString::fromLatin1(plot->metaObject()->className()) + u": "_s + wanted));
            }
        }
    }

    void tickLabelsAreNotRounded()
    {
        QCOMPARE(tickDecimals(20.0), 0);
        QCOMPARE(tickDecimals(2.5), 1);
        QCOMPARE(tickDecimals(0.1), 1);
        QCOMPARE(tickDecimals(0.05), 2);
        QCOMPARE(tickDecimals(0.02), 2);
        QCOMPARE(tickDecimals(0.025), 3);
        QCOMPARE(tickDecimals(0.0025), 4);
        QCOMPARE(tickDecimals(0.001), 3);
    }

    void fadersBecomeFilesOfEveryKind()
    {
        Equaliser faders;
        faders.resize(300, 200);
        Equaliser::Fader fader;
        fader.track = { 64, 40, false, 1024 };
        faders.setFaders({ fader, fader });
        QMenu menu;
        test::FakeDialogs dialogs;
        QStringList failures;
        faders.addGivingActions(menu, u"kept-dims"_s, dialogs,
                                [&](const QString& sentence) { failures << sentence; });
        QStringList texts;
        for (const QAction* action : menu.actions()) {
            texts << action->text();
        }
        QVERIFY(texts.contains(u"Save picture or data…"_s));
        const QTemporaryDir folder;
        const PlotExport source { u"kept-dims"_s, [&faders] { return faders.valuesText(); } };
        for (const QString& kind : { u"png"_s, u"svg"_s, u"pdf"_s, u"csv"_s }) {
            QCOMPARE(exportWidget(faders, source, folder.filePath(u"faders."_s + kind)), QString());
        }
        QCOMPARE(QImage(folder.filePath(u"faders.png"_s)).size(), faders.size() * 2);
        const QByteArray svg = contentOf(folder.filePath(u"faders.svg"_s));
        QVERIFY(svg.contains("<path") && !svg.contains("<image")); // a drawing, not a picture of one
        QVERIFY(contentOf(folder.filePath(u"faders.pdf"_s)).startsWith("%PDF"));
        QCOMPARE(contentOf(folder.filePath(u"faders.csv"_s)), faders.valuesText().toUtf8());
        QVERIFY(!exportWidget(faders, source, folder.filePath(u"faders.xyz"_s)).isEmpty());
        QVERIFY(!exportWidget(faders, source, folder.filePath(u"no/such/folder.csv"_s)).isEmpty());
    }

    /// Stands for a full disk: what was there stays, with nothing beside it, and the sentence names the file.
    void aPictureThatCannotBeWrittenLeavesTheOldOne_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : { "png", "svg", "pdf", "csv" }) {
            QTest::newRow(kind) << QString::fromLatin1(kind);
        }
    }
    void aPictureThatCannotBeWrittenLeavesTheOldOne()
    {
        QFETCH(QString, kind);
        test::FakeDialogs dialogs;
        DeltaPlot plot(dialogs);
        plot.resize(600, 300);
        plot.setData(std::vector<RunningDelta::Point>(200, { 0.1, 0.1, 0.0, 0.2 }), 200, 512, Trust::Final,
                     u"dense"_s);
        auto* given = plot.findChild<ViewExport*>();
        QVERIFY(given != nullptr);
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"old."_s + kind);
        QCOMPARE(given->write(path), QString());
        const QByteArray before = contentOf(path);
        QVERIFY(before.size() > 2000);
        plot.setData(std::vector<RunningDelta::Point>(200, { 0.2, 0.2, 0.0, 0.2 }), 200, 512, Trust::Final,
                     u"dense"_s);
        {
            const test::SmallFiles small(1000);
            const QString sentence = given->write(path);
            QVERIFY2(sentence.contains(u"could not be written"_s) && sentence.contains(path),
                     qPrintable(sentence));
        }
        QCOMPARE(contentOf(path), before);
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
        QCOMPARE(given->write(path), QString());
        QVERIFY(contentOf(path) != before);
    }

    /// Words are there where the plot is high enough for them, also when it becomes so.
    void lowPlotsLeaveOutWords()
    {
        test::FakeDialogs dialogs;
        const QTemporaryDir folder;
        const auto drawing = [&folder](QWidget& plot) {
            const QString path = folder.filePath(u"drawing.svg"_s);
            return plot.findChild<ViewExport*>()->write(path).isEmpty() ? QString::fromUtf8(contentOf(path))
                                                                        : u"not written"_s;
        };
        DeltaPlot differences(dialogs);
        differences.setData(std::vector<RunningDelta::Point>(20, { 0.1, 0.1, 0.0, 0.2 }), 20, 512,
                            Trust::Final, u"dense"_s);
        ParetoPlot candidates(dialogs);
        candidates.setPoints({ { 1, u"half"_s, 1000.0, 0.1, 0.0, 0.2, true, false },
                               { 2, u"all"_s, 2000.0, 0.0, 0.0, 0.0, false, true } },
                             u"all"_s, 0);
        const std::pair<QWidget*, QString> cases[]
            = { { &differences, u"+0.100"_s }, { &candidates, u"state per sequence"_s } };
        for (const auto& [plot, words] : cases) {
            plot->resize(600, 80);
            plot->show();
            QVERIFY(QTest::qWaitForWindowExposed(plot));
            QTRY_VERIFY(drawing(*plot).contains(u"<text"_s) && !drawing(*plot).contains(words));
            plot->resize(600, 300);
            QTRY_VERIFY2(drawing(*plot).contains(words), qPrintable(words));
            plot->resize(600, 80);
            QTRY_VERIFY2(!drawing(*plot).contains(words), qPrintable(words));
        }
    }

    /// The wheel over an axis zooms that one, a drag pans and selects nothing, a double click shows all.
    void theDifferencesAreMovedIn()
    {
        test::FakeDialogs dialogs;
        DeltaPlot plot(dialogs);
        plot.resize(600, 300);
        plot.setData(std::vector<RunningDelta::Point>(100, { 0.1, 0.1, 0.0, 0.2 }), 100, 512, Trust::Final,
                     u"dense"_s);
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QTest::qWait(50); // the first drawing places the axes
        QWidget* drawing = drawingOf(plot);
        const QPoint centre(drawing->width() / 2, drawing->height() / 2);
        const QPoint right(drawing->width() - 30, drawing->height() / 2);
        const QString before = saidAt(plot, right);
        QVERIFY(before.startsWith(u"window "_s));
        wheel(*drawing, QPoint(8, drawing->height() / 2), 4); // over the y axis
        QCOMPARE(saidAt(plot, right), before);
        wheel(*drawing, centre, 4);
        const QString zoomed = saidAt(plot, right);
        QVERIFY(zoomed != before);
        QSignalSpy clicked(&plot, &DeltaPlot::windowClicked);
        QTest::mousePress(drawing, Qt::LeftButton, {}, centre);
        const QPoint dragged = centre - QPoint(100, 0);
        QMouseEvent move(QEvent::MouseMove, dragged, drawing->mapToGlobal(dragged), Qt::NoButton,
                         Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(drawing, &move);
        QTest::mouseRelease(drawing, Qt::LeftButton, {}, dragged);
        QVERIFY(saidAt(plot, right) != zoomed);
        QVERIFY(clicked.isEmpty());
        QTest::mouseClick(drawing, Qt::LeftButton, {}, centre);
        QCOMPARE(clicked.size(), 1);
        QTest::mouseDClick(drawing, Qt::LeftButton, {}, centre);
        QCOMPARE(saidAt(plot, right), before);
        // What comes later does not take the user's range.
        wheel(*drawing, centre, 4);
        QTest::qWait(50); // the labels of the axes take their room
        const QString again = saidAt(plot, right);
        QVERIFY(again != before);
        plot.setData(std::vector<RunningDelta::Point>(100, { 0.1, 0.1, 0.0, 0.2 }), 100, 512, Trust::Final,
                     u"dense"_s);
        QTest::qWait(50);
        QCOMPARE(saidAt(plot, right), again);
    }

    /// As after the wheel: an axis that shows everything makes room for what comes later.
    void keysThatZoomOutLeaveTheAxesFitted()
    {
        using Keys = QList<Qt::Key>;
        test::FakeDialogs dialogs;
        const auto press = [](QWidget& plot, const Keys& keys) {
            plot.resize(600, 300);
            plot.show();
            for (const Qt::Key key : keys) {
                QTest::keyClick(plot.focusProxy(), key);
            }
        };
        const auto differences = [&](const Keys& keys) {
            DeltaPlot plot(dialogs);
            plot.setData(std::vector<RunningDelta::Point>(50, { 0.1, 0.1, 0.0, 0.2 }), 50, 512, Trust::Final,
                         u"dense"_s);
            press(plot, keys);
            plot.setData(std::vector<RunningDelta::Point>(100, { 0.1, 0.1, 0.0, 0.2 }), 100, 512,
                         Trust::Final, u"dense"_s);
            return plot.grab().toImage();
        };
        const auto candidates = [&](const Keys& keys) {
            ParetoPlot plot(dialogs);
            std::vector<ParetoPoint> points { { 1, u"half"_s, 1000.0, 0.1, 0.0, 0.2, true, false },
                                              { 2, u"all"_s, 2000.0, 0.0, 0.0, 0.0, false, true } };
            plot.setPoints(points, u"all"_s, 0);
            press(plot, keys);
            points.push_back({ 3, u"tenth"_s, 200.0, 0.9, 0.8, 1.0, false, false });
            plot.setPoints(points, u"all"_s, 0);
            return plot.grab().toImage();
        };
        for (const Keys& keys : { Keys { Qt::Key_Minus }, Keys { Qt::Key_Plus, Qt::Key_Minus } }) {
            QCOMPARE(differences(keys), differences({}));
            QCOMPARE(candidates(keys), candidates({}));
        }
        QVERIFY(differences({ Qt::Key_Plus }) != differences({}));
        QVERIFY(candidates({ Qt::Key_Plus }) != candidates({}));
    }
};

QTEST_MAIN(TestPlotMenus)
#include "tst_plot_menus.moc"
