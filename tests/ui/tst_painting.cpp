// SPDX-License-Identifier: GPL-3.0-or-later
// When plots are drawn: once for all that changed, one plot per turn of the event loop, hidden ones when they
// are shown, and at once for a picture. When docks are painted after a change of theme, and their frames.
#include "tests/ui/paint_spy.h"
#include "tests/ui/window_bench.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/head_map.h"
#include "ui/plots/importance_plot.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/theme/flat_frames.h"
#include "ui/theme/theme.h"

#include <QAbstractEventDispatcher>
#include <QBoxLayout>
#include <QImage>
#include <QPainter>
#include <QPalette>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTest>

#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <vector>

using namespace rankscope;

namespace {

SpectrumView viewOf(double decay)
{
    SpectrumView view;
    view.layer = 0;
    view.windows = 1;
    view.largest = 1.0F;
    for (int head = 0; head < 4; ++head) {
        HeadSpectrum& made = view.heads.emplace_back();
        for (int index = 0; index < 64; ++index) {
            made.median.push_back(static_cast<float>(std::exp(-decay * (head + 1) * index)));
        }
        made.low = made.median;
        made.high = made.median;
    }
    return view;
}

/// Plots in a row, and in which turn of the event loop each was drawn.
struct Row {
    static constexpr int kPlots = 4;

    test::FakeDialogs dialogs;
    QWidget window;
    std::vector<SpectrumPlot*> plots;
    std::vector<std::unique_ptr<QSignalSpy>> drawn;
    int turn = 0;
    std::map<int, int> drawnInTurn;

    Row()
    {
        auto* layout = new QHBoxLayout(&window);
        for (int at = 0; at < kPlots; ++at) {
            auto* plot = new SpectrumPlot(dialogs);
            plot->setView(viewOf(0.01));
            layout->addWidget(plot);
            plots.push_back(plot);
            drawn.push_back(std::make_unique<QSignalSpy>(plot->focusProxy(), SIGNAL(afterReplot())));
        }
        QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, &window,
                         [this] { note(); });
        window.resize(1200, 300);
    }

    [[nodiscard]] int count() const
    {
        int all = 0;
        for (const auto& spy : drawn) {
            all += static_cast<int>(spy->size());
        }
        return all;
    }
    void note()
    {
        if (const int now = count(); now > noted) {
            drawnInTurn[turn] += now - noted;
            noted = now;
        }
        ++turn;
    }
    [[nodiscard]] bool show()
    {
        window.show();
        return QTest::qWaitForWindowExposed(&window) && QTest::qWaitFor([this] { return isCalm(); });
    }
    /// Every plot was drawn, and is not any more.
    [[nodiscard]] bool isCalm()
    {
        const int now = count();
        calm = now >= kPlots && now == before ? calm + 1 : 0;
        before = now;
        return calm > 5;
    }
    void forget()
    {
        for (const auto& spy : drawn) {
            spy->clear();
        }
        noted = before = calm = 0;
        drawnInTurn.clear();
    }
    [[nodiscard]] bool wasDrawnOnceEach() const
    {
        return std::ranges::all_of(drawn, [](const auto& spy) { return spy->size() == 1; });
    }

private:
    int noted = 0;
    int before = 0;
    int calm = 0;
};

/// In which turn of the event loop each widget was painted first.
struct FirstPaint : QObject {
    std::map<const QObject*, int> turns;
    std::vector<QWidget*> widgets;
    int turn = 0;

    FirstPaint()
    {
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this,
                [this] { ++turn; });
    }
    void watch(QWidget& widget)
    {
        widgets.push_back(&widget);
        widget.installEventFilter(this);
    }
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() == QEvent::Paint) {
            turns.try_emplace(watched, turn);
        }
        return false;
    }
};

} // namespace

class TestPainting : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatConcernsAllPlotsIsDrawnOnePerTurn_data()
    {
        QTest::addColumn<int>("change");
        QTest::newRow("size") << 0;
        QTest::newRow("palette") << 1;
        QTest::newRow("data") << 2;
    }
    void whatConcernsAllPlotsIsDrawnOnePerTurn()
    {
        QFETCH(const int, change);
        Row row;
        QVERIFY(row.show());
        row.forget();
        if (change == 0) {
            row.window.resize(1000, 340);
            row.window.resize(1100, 320);
        } else if (change == 1) {
            QPalette dark = row.window.palette();
            dark.setColor(QPalette::Window, Qt::black);
            dark.setColor(QPalette::Base, Qt::black);
            dark.setColor(QPalette::WindowText, Qt::white);
            row.window.setPalette(dark);
        } else {
            for (SpectrumPlot* plot : row.plots) {
                plot->setView(viewOf(0.05));
                plot->setView(viewOf(0.02));
            }
        }
        QCOMPARE(row.count(), 0);
        QVERIFY(QTest::qWaitFor([&row] { return row.isCalm(); }));
        QVERIFY(row.wasDrawnOnceEach());
        QCOMPARE(row.drawnInTurn.size(), std::size_t { Row::kPlots });
        for (const auto& [turn, count] : row.drawnInTurn) {
            QCOMPARE(count, 1);
        }
    }

    /// A layout may resize a plot several times before it comes to rest, and a plot's own panel may ask for
    /// it at each of them.
    void aResizedPlotWaitsUntilItsPlaceIsPainted()
    {
        test::FakeDialogs dialogs;
        HeadMap map(dialogs);
        map.resize(500, 300);
        map.show();
        QVERIFY(QTest::qWaitForWindowExposed(&map));
        QSignalSpy drawn(map.focusProxy(), SIGNAL(afterReplot()));
        QTRY_VERIFY(!drawn.isEmpty());
        map.setUpdatesEnabled(false); // nothing is painted
        map.resize(520, 320);
        SpectrumPlot other(dialogs);
        QSignalSpy otherDrawn(other.focusProxy(), SIGNAL(afterReplot()));
        other.show();
        QTRY_VERIFY(otherDrawn.size() >= 2); // the first time by the library
        drawn.clear();
        map.resize(540, 340);
        for (const double decay : { 0.02, 0.03 }) { // `map` would have had its turn before the second
            otherDrawn.clear();
            other.setView(viewOf(decay));
            QTRY_VERIFY(!otherDrawn.isEmpty());
        }
        QCOMPARE(drawn.size(), 0);
        map.setUpdatesEnabled(true);
        QTRY_COMPARE(drawn.size(), 1);
    }

    /// What fits the room is chosen for the new one.
    void aResizedPlotLooksLikeOneOfThatSize()
    {
        test::FakeDialogs dialogs;
        for (const auto& [before, after] :
             { std::pair(QSize(600, 96), QSize(600, 400)), std::pair(QSize(600, 400), QSize(600, 96)) }) {
            ImportancePlot resized(dialogs);
            resized.resize(before);
            resized.show();
            QVERIFY(QTest::qWaitForWindowExposed(&resized));
            const QImage old = resized.grab().toImage();
            resized.resize(after);
            ImportancePlot made(dialogs);
            made.resize(after);
            made.show();
            QVERIFY(QTest::qWaitForWindowExposed(&made));
            QCOMPARE(resized.grab().toImage(), made.grab().toImage());
            QVERIFY(resized.grab().toImage() != old);
        }
    }

    void hiddenPlotsAreDrawnWhenTheyAreShown()
    {
        test::FakeDialogs dialogs;
        QStackedWidget stack;
        stack.resize(600, 300);
        auto* front = new SpectrumPlot(dialogs);
        auto* behind = new SpectrumPlot(dialogs);
        stack.addWidget(front);
        stack.addWidget(behind);
        QSignalSpy frontDrawn(front->focusProxy(), SIGNAL(afterReplot()));
        QSignalSpy behindDrawn(behind->focusProxy(), SIGNAL(afterReplot()));
        stack.show();
        QVERIFY(QTest::qWaitForWindowExposed(&stack));
        QTRY_VERIFY(!frontDrawn.isEmpty());
        QTRY_COMPARE(behindDrawn.size(), 1); // by the library itself, when the plot was made
        behindDrawn.clear();
        for (const double decay : { 0.01, 0.02, 0.03 }) {
            behind->setView(viewOf(decay));
            front->setView(viewOf(decay));
            frontDrawn.clear();
            QTRY_COMPARE(frontDrawn.size(), 1); // `behind` would have had its turn before
        }
        QCOMPARE(behindDrawn.size(), 0);
        stack.setCurrentWidget(behind);
        QTRY_COMPARE(behindDrawn.size(), 1);
    }

    void aThemeIsPaintedOneDockPerTurn()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
        test::WindowBench bench;
        bench.window.resize(1440, 900);
        bench.window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bench.window));
        FirstPaint first;
        for (DockPanel* dock : bench.window.docks()) {
            if (dock->isVisible()) {
                first.watch(*dock->titleBarWidget());
            }
        }
        QVERIFY(first.widgets.size() >= 5);
        QVERIFY(test::screenIsUpToDate(bench.window));
        first.turns.clear();
        bench.action(QStringLiteral("view.theme.dark"))->trigger();
        QTRY_COMPARE(first.turns.size(), first.widgets.size());
        QVERIFY(test::screenIsUpToDate(bench.window));
        bench.action(QStringLiteral("view.theme.light"))->trigger();
        std::set<int> different;
        for (const auto& [widget, turn] : first.turns) {
            different.insert(turn);
        }
        QCOMPARE(different.size(), first.widgets.size());
    }

    /// Only their corners are smoothed, and nobody sees it.
    void framesOfDocksLookAsIfDrawnInOne()
    {
        const Theme& theme = lightTheme();
        for (const double scale : { 1.0, 1.5, 2.0 }) {
            for (const QSize& size : { QSize(20, 9), QSize(31, 40), QSize(200, 24), QSize(333, 211) }) {
                for (const Qt::Edge edge : { Qt::TopEdge, Qt::BottomEdge }) {
                    const QRect all(QPoint(), size);
                    QImage images[2];
                    for (QImage& image : images) {
                        image = QImage((QSizeF(size) * scale).toSize(), QImage::Format_RGB32);
                        image.setDevicePixelRatio(scale);
                        image.fill(Qt::red);
                    }
                    {
                        QPainter parts(&images[0]);
                        cardPart(&parts, all, edge, theme, theme.field);
                        QPainter one(&images[1]);
                        one.fillRect(all, theme.window);
                        one.setRenderHint(QPainter::Antialiasing);
                        one.setPen(QPen(theme.border, 1.0));
                        one.setBrush(theme.field);
                        one.drawRoundedRect(edge == Qt::TopEdge
                                                ? QRectF(all).adjusted(0.5, 0.5, -0.5, 12.0)
                                                : QRectF(all).adjusted(0.5, -12.0, -0.5, -0.5),
                                            6.0, 6.0);
                    }
                    QCOMPARE(images[0], images[1]);
                }
            }
        }
    }

    void aPictureIsNeverOld()
    {
        Row row;
        QVERIFY(row.show());
        SpectrumPlot& plot = *row.plots.front();
        const QImage old = plot.grab().toImage();
        plot.setView(viewOf(0.05));
        const QImage atOnce = plot.grab().toImage();
        QVERIFY(atOnce != old);
        QVERIFY(test::screenIsUpToDate(row.window)); // the picture does not stand for the window
        QVERIFY(QTest::qWaitFor([&row] { return row.isCalm(); }));
        QCOMPARE(plot.grab().toImage(), atOnce);
        row.window.resize(900, 400);
        const QImage resized = plot.grab().toImage();
        row.forget();
        row.window.update();
        QTRY_COMPARE(plot.grab().toImage(), resized);
    }
};

QTEST_MAIN(TestPainting)
#include "tst_painting.moc"
