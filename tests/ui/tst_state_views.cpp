// SPDX-License-Identifier: GPL-3.0-or-later
// Rank over tokens and the state matrix on the demo: what is shown when, scrubbing, linked marks.
#include "tests/ui/held_lane.h"
#include "tests/ui/window_bench.h"
#include "ui/actions/action_registry.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/equaliser_panel.h"
#include "ui/panels/heads_panel.h"
#include "ui/panels/rank_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/panels/state_panel.h"
#include "ui/plots/head_map.h"
#include "ui/plots/rank_plot.h"
#include "ui/plots/spectrum_plot.h"
#include "ui/plots/state_heatmap.h"
#include "ui/plots/token_labels.h"
#include "ui/widgets/equaliser.h"
#include "ui/widgets/head_gallery.h"
#include "ui/widgets/token_ribbon.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QFont>
#include <QImage>
#include <QMouseEvent>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <utility>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

constexpr int kEngineMs = 60000;

struct Bench : test::WindowBench {
    void openDemo()
    {
        window.resize(1440, 900);
        test::WindowBench::openDemo();
    }
    void run(const QString& id) { action(id)->trigger(); }
    TokenRanks& ranks() { return window.tokenRanks(); }
};

} // namespace

class TestStateViews : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR",
                QByteArray::fromStdString((test::sourceDir() / "resources").string()));
    }

    void labelsNeverTouch()
    {
        std::vector<QString> labels;
        for (int token = 0; token < 300; ++token) {
            labels.push_back(QString(1 + token * 7 % 19, u'w'));
        }
        TokenLabels layout;
        layout.setLabels(labels, QFont());
        int previousStride = 1000;
        for (const double span : { 300.0, 150.0, 80.0, 33.0, 12.0, 4.0 }) {
            for (const double lower : { -0.5, 17.3 }) {
                const double pixels = 600.0;
                layout.layOut(lower, lower + span, pixels);
                QVERIFY(layout.stride() <= previousStride || lower > 0.0);
                for (std::size_t at = 0; at < layout.ticks().size(); ++at) {
                    const int token = layout.ticks()[at];
                    QVERIFY(token >= lower && token <= lower + span && token < 300);
                    if (at == 0 || layout.stride() > 8) {
                        continue;
                    }
                    const int before = layout.ticks()[at - 1];
                    QCOMPARE(token - before, layout.stride());
                    QVERIFY((layout.width(before) + layout.width(token)) / 2.0
                            <= layout.stride() * pixels / span);
                }
            }
            previousStride = layout.stride();
        }
        QCOMPARE(layout.stride(), 1); // 4 tokens on 600 pixels all have their text
        QVERIFY(layout.text(3).startsWith(u'w'));
        layout.layOut(-0.5, 299.5, 300.0);
        QVERIFY(layout.stride() > 8);
        QCOMPARE(layout.text(layout.ticks().front()),
                 QString::number(layout.stride())); // numbers, round ones
    }

    void saysWhyThereIsNothing()
    {
        Bench bench;
        bench.window.resize(1440, 900);
        bench.window.show();
        QVERIFY(bench.window.rankPanel()->emptyNote()->isVisible());
        QVERIFY(bench.window.rankPanel()->emptyNote()->text().contains(u"Ctrl+O"_s));
        QCOMPARE(bench.ranks().trust(), Trust::Missing);
    }

    void seriesComesAndFollowsTheSelection()
    {
        Bench bench;
        std::vector<Trust> ofParts;
        connect(&bench.ranks(), &TokenRanks::changed, this, [&ofParts, &ranks = bench.ranks()] {
            const auto& [trajectory, spectra] = ranks.shown();
            if (trajectory != nullptr && (spectra == nullptr || !spectra->complete())) {
                ofParts.push_back(ranks.trust());
            }
        });
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QVERIFY(!ofParts.empty() && !std::ranges::count(ofParts, Trust::Final));
        RankPanel* panel = bench.window.rankPanel();
        QVERIFY(!panel->emptyNote()->isVisible());
        QCOMPARE(bench.ranks().shown().spectra->layer, bench.window.selection().currentLayer());
        QCOMPARE(std::ssize(bench.ranks().labels()), std::ptrdiff_t { 64 });
        QCOMPARE(panel->plot()->csv().count(u'\n'), 1 + 64 * 4);

        // Another layer: the old picture stays, marked, until the new one is there.
        bench.window.selection().setCurrentLayer(2);
        QCOMPARE(bench.ranks().trust(), Trust::Stale);
        QVERIFY(bench.ranks().shown().spectra != nullptr);
        QCOMPARE(bench.ranks().staleOrigin(), u"layer 5"_s);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.ranks().shown().spectra->layer, 2);

        // Back again: kept, no job.
        const auto kept = bench.ranks().shown().spectra;
        bench.window.selection().setCurrentLayer(4);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        bench.window.selection().setCurrentLayer(2);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, 1000);
        QVERIFY(bench.ranks().shown().spectra == kept);

        panel->windowBox()->setValue(3);
        QCOMPARE(bench.window.selection().window(), 2);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.ranks().shown().spectra->window, 2);
    }

    /// Back at a layer that is known while another one is being computed: that one does not push it away.
    void whatIsComputedDoesNotReplaceWhatIsWanted()
    {
        Bench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        test::HeldLane engine(bench.lanes.gpu());
        bench.window.selection().setCurrentLayer(2);
        QTRY_VERIFY(bench.jobs.anyActive());
        bench.window.selection().setCurrentLayer(5);
        QTRY_COMPARE(bench.ranks().trust(), Trust::Final);
        engine.release();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QCOMPARE(bench.ranks().trust(), Trust::Final);
        QCOMPARE(bench.ranks().shown().spectra->layer, 5);
    }

    void prunedFollowsThePlan()
    {
        Bench bench;
        bench.openDemo();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.window.selection().setCurrentLayer(3);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        const double dense = bench.ranks().shown().spectra->at(63, 0).entropyRank;
        bench.document.setKept({ 3 }, 8, bench.document.newGesture());
        QCOMPARE(bench.ranks().trust(), Trust::Final); // the dense model does not depend on the plan
        bench.window.rankPanel()->modelBox()->setCurrentIndex(1);
        QCOMPARE(bench.ranks().trust(), Trust::Stale);
        QCOMPARE(bench.ranks().staleOrigin(), u"the dense model"_s);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        const double pruned = bench.ranks().shown().spectra->at(63, 0).entropyRank;
        QVERIFY(pruned <= 8.0 + 1e-6 && pruned < dense);
        QVERIFY(!bench.ranks().shown().spectra->planFingerprint.empty());
        bench.run(u"view.show.state"_s);
        const StateImage& state = bench.window.statePanel()->heatmap()->state();
        QTRY_VERIFY_WITH_TIMEOUT(!state.entries.empty() && !state.stale, kEngineMs);
        const QSignalSpy captions(bench.window.rankPanel(), &RankPanel::captionChanged);
        {
            const test::HeldLane engine(bench.lanes.gpu());
            bench.document.setKept({ 3 }, 4, bench.document.newGesture());
            QCOMPARE(bench.ranks().trust(), Trust::Stale);
            QCOMPARE(bench.ranks().staleOrigin(), u"an earlier plan"_s);
            // Both views say so.
            QTRY_VERIFY(!captions.isEmpty());
            QTRY_VERIFY2(captions.last().first().toString().contains(u"of an earlier plan"_s),
                         qPrintable(captions.last().first().toString()));
            QTRY_VERIFY(state.stale);
        }
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QVERIFY(bench.ranks().shown().spectra->at(63, 0).entropyRank <= 4.0 + 1e-6);
        // Everything kept: pruned is dense.
        bench.document.keepEverything();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QCOMPARE(bench.ranks().shown().spectra->at(63, 0).entropyRank, dense);
    }

    void scrubbing()
    {
        Bench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        LayerSelection& selection = bench.window.selection();
        RankPanel* panel = bench.window.rankPanel();
        QWidget* canvas = panel->plot()->focusProxy();
        QCOMPARE(bench.ranks().token(), 63); // the last one
        bench.run(u"go.earlier"_s);
        QCOMPARE(selection.token(), 62);
        QTest::keyClick(canvas, Qt::Key_Home);
        QCOMPARE(selection.token(), 0);
        QTest::keyClick(canvas, Qt::Key_Left);
        QCOMPARE(selection.token(), 0);
        QTest::keyClick(canvas, Qt::Key_Right);
        QCOMPARE(selection.token(), 1);
        QTest::keyClick(canvas, Qt::Key_Down);
        QCOMPARE(selection.head(), 1);
        // A click into the middle, and a drag from there to the right.
        QTest::mouseClick(canvas, Qt::LeftButton, {}, QPoint(canvas->width() / 2, 20));
        const int middle = selection.token();
        QVERIFY(middle > 20 && middle < 44);
        // Zoom with the keys: the cursor stays in view, and paging moves the view.
        const auto all = panel->plot()->visibleTokens();
        QTest::keyClick(canvas, Qt::Key_Plus);
        QTest::keyClick(canvas, Qt::Key_Plus);
        const auto [first, last] = panel->plot()->visibleTokens();
        QVERIFY(last - first < all.second - all.first);
        QVERIFY(first <= middle && middle <= last);
        QTest::keyClick(canvas, Qt::Key_End);
        QCOMPARE(selection.token(), 63);
        QCOMPARE(panel->plot()->visibleTokens().second, 63);
        panel->plot()->fit();
        QVERIFY(panel->plot()->visibleTokens() == all);
        // Playing stops at the end; started there it begins again.
        bench.run(u"go.play"_s);
        QVERIFY(panel->isPlaying());
        QCOMPARE(selection.token(), 0);
        QTRY_VERIFY(selection.token() > 1);
        bench.run(u"go.play"_s);
        QVERIFY(!panel->isPlaying());
    }

    void stateMatrixFollows()
    {
        Bench bench;
        bench.openDemo();
        bench.run(u"view.show.state"_s);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        StatePanel* panel = bench.window.statePanel();
        LayerSelection& selection = bench.window.selection();
        QVERIFY(panel->isVisible());
        QCOMPARE(panel->heatmap()->state().token, std::int64_t { 64 });
        selection.setToken(9);
        selection.setHead(2);
        const StateImage& image = panel->heatmap()->state();
        QCOMPARE(image.token, std::int64_t { 10 });
        QCOMPARE(image.head, 2);
        QVERIFY(image.entries == bench.ranks().shown().trajectory->stateAfter(10, 2));
        QVERIFY(image.removed.empty());
        QVERIFY(image.range > 0.0);
        // The slider, the gallery and a row of the map are other ways to the same selection.
        panel->tokenSlider()->setValue(30);
        QCOMPARE(selection.token(), 29);
        panel->gallery()->setFocus();
        QTest::keyClick(panel->gallery(), Qt::Key_Down);
        QCOMPARE(selection.head(), 3);
        QTest::keyClick(panel->heatmap()->focusProxy(), Qt::Key_Down);
        QCOMPARE(selection.channel(), 0);
        // A plan hatches exactly what it removes.
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        bench.document.setKept({ 5 }, 24, bench.document.newGesture());
        QTRY_COMPARE(std::ssize(panel->heatmap()->state().removed), std::ptrdiff_t { 64 });
        const std::vector<bool>& removed = panel->heatmap()->state().removed;
        QCOMPARE(std::count(removed.begin(), removed.end(), true), 40);
        for (const int channel : bench.workbench.selector()->keptChannels(5, 3, 24)) {
            QVERIFY(!removed[static_cast<std::size_t>(channel)]);
        }
        // Under the plan those rows are zero.
        bench.window.rankPanel()->modelBox()->setCurrentIndex(1);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        const StateImage& pruned = panel->heatmap()->state();
        for (std::size_t row = 0; row < 64; ++row) {
            double largest = 0.0;
            for (std::size_t column = 0; column < 64; ++column) {
                largest = std::max(largest, std::abs(pruned.entries[row * 64 + column]));
            }
            QCOMPARE(largest == 0.0, static_cast<bool>(pruned.removed[row]));
        }
        QCOMPARE(panel->heatmap()->csv().count(u'\n'), 65);
    }

    void hoverIsShared()
    {
        Bench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        RankPanel* panel = bench.window.rankPanel();
        QWidget* canvas = panel->plot()->focusProxy();
        QSignalSpy texts(panel, &RankPanel::hovered);
        QTest::mouseMove(canvas, QPoint(canvas->width() / 2, 20));
        QTRY_VERIFY(bench.window.selection().hover().token >= 0);
        QVERIFY(bench.window.selection().hover().head >= 0);
        QVERIFY(texts.last().first().toString().contains(u"entropy rank"_s));
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(canvas, &leave);
        QCOMPARE(bench.window.selection().hover().token, -1);
    }

    void spectraFollowTheToken()
    {
        Bench bench;
        bench.openDemo();
        SpectraPanel* panel = bench.window.spectraPanel();
        QVERIFY(panel->emptyNote()->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
        QTRY_VERIFY(!panel->emptyNote()->isVisible());
        QCOMPARE(panel->plot()->view().token, std::int64_t { 64 });
        QCOMPARE(panel->plot()->view().windows, 2);
        // Positions 32 and 64: the slider moves the token, the token the slider.
        panel->positionSlider()->setValue(0);
        QCOMPARE(bench.window.selection().token(), 31);
        QCOMPARE(panel->plot()->view().token, std::int64_t { 32 });
        bench.window.selection().setToken(60);
        QCOMPARE(panel->plot()->view().token, std::int64_t { 64 });
        bench.window.selection().setToken(40);
        QCOMPARE(panel->plot()->view().token, std::int64_t { 32 });
        // One window: any token, and the numbers of Rank over tokens.
        panel->basisBox()->setCurrentIndex(1);
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QCOMPARE(panel->plot()->view().token, std::int64_t { 41 });
        QCOMPARE(panel->plot()->view().heads[2].ranks.entropyRank,
                 bench.ranks().shown().spectra->at(40, 2).entropyRank);
        panel->positionSlider()->setValue(7);
        QCOMPARE(bench.window.selection().token(), 7);
        QCOMPARE(panel->plot()->view().token, std::int64_t { 8 });
        QCOMPARE(panel->plot()->csv().count(u'\n'), 1 + 4 * 64);
        // What is still that of the layer before says so, also where it is copied.
        const int before = bench.window.selection().currentLayer();
        const test::HeldLane engine(bench.lanes.gpu());
        bench.window.selection().setCurrentLayer(before - 1);
        QVERIFY(panel->plot()->view().stale);
        QCOMPARE(panel->plot()->view().layer, before);
        QVERIFY(panel->plot()->csv().split(u'\n')[1].startsWith(u"%1,8,0,1,"_s.arg(before)));
    }

    void floorIsSaidInTheLegend()
    {
        Bench bench;
        bench.openDemo();
        SpectraPanel* panel = bench.window.spectraPanel();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
        QTRY_VERIFY(!panel->plot()->legend().isEmpty());
        const QString before = panel->plot()->legend().last();
        QVERIFY(before.startsWith(u"floor 10"_s));
        panel->floorBox()->setCurrentIndex(3);
        QVERIFY(panel->plot()->legend().last() != before);
        QCOMPARE(bench.settings.get(setting::spectraFloor), u"-6"_s);
    }

    void prunedSpectrumLiesOverTheDenseOne()
    {
        Bench bench;
        bench.openDemo();
        SpectraPanel* panel = bench.window.spectraPanel();
        QVERIFY(panel->overlayBox()->isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
        QVERIFY(panel->plot()->view().pruned.empty());
        bench.window.selection().setCurrentLayer(3);
        bench.document.setKept({ 3 }, 16, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(!panel->plot()->view().pruned.empty(), kEngineMs);
        QVERIFY(!panel->plot()->view().prunedStale);
        QCOMPARE(panel->plot()->view().kept, std::optional<int>(16));
        const HeadSpectrum& pruned = panel->plot()->view().pruned.front();
        QVERIFY(pruned.median[15] > 0.0F);
        QVERIFY(pruned.median[16] < 1e-6F * pruned.median[0]); // rank 16 at most
        QVERIFY(pruned.ranks.thresholdRank <= 16);
        // The next edit makes it stale at once; it stays visible until the new one is there.
        bench.document.setKept({ 3 }, 8, bench.document.newGesture());
        QVERIFY(panel->plot()->view().prunedStale);
        QVERIFY(panel->plot()->legend().filter(u"earlier plan"_s).size() == 1);
        QTRY_VERIFY_WITH_TIMEOUT(!panel->plot()->view().prunedStale, kEngineMs);
        QVERIFY(panel->plot()->view().pruned.front().ranks.thresholdRank <= 8);
        bench.document.keepEverything();
        QTRY_VERIFY_WITH_TIMEOUT(panel->plot()->view().pruned.empty(), kEngineMs);
    }

    /// The curves are drawn when they change, not when the pointer moves over them or the cut moves.
    void curvesAreNotDrawnAgainForThePointer()
    {
        test::FakeDialogs dialogs;
        SpectrumPlot plot(dialogs);
        plot.resize(600, 300);
        SpectrumView view;
        view.layer = 0;
        view.windows = 1;
        view.largest = 1.0F;
        for (int head = 0; head < 8; ++head) {
            HeadSpectrum& made = view.heads.emplace_back();
            for (int index = 0; index < 64; ++index) {
                made.median.push_back(std::exp(-0.01F * static_cast<float>((head + 1) * index)));
            }
            made.low = made.median;
            made.high = made.median;
        }
        plot.setView(view);
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QWidget* canvas = plot.focusProxy();
        QSignalSpy drawn(canvas, SIGNAL(afterReplot()));
        const auto picture = [&plot] { return plot.grab().toImage(); };
        QImage before = picture();
        const auto changes = [&] {
            const QImage now = picture();
            return now != std::exchange(before, now);
        };
        QTRY_VERIFY(!changes()); // whatever showing it left to draw
        drawn.clear();
        plot.setHoverMark(5);
        QVERIFY(changes());
        plot.setHoverMark(6);
        QVERIFY(changes());
        plot.setHoverMark(-1);
        QVERIFY(changes());
        QSignalSpy hovered(&plot, &SpectrumPlot::headHovered);
        QTest::keyClick(canvas, Qt::Key_Home); // a value is read out
        QVERIFY(changes());
        QTest::keyClick(canvas, Qt::Key_Right);
        QVERIFY(changes());
        QCOMPARE(hovered.size(), 2);
        view.kept = 32;
        plot.setView(view);
        QVERIFY(changes());
        view.kept = 31;
        plot.setView(view);
        QVERIFY(changes());
        plot.setView(view);
        QVERIFY(!changes());
        QCOMPARE(drawn.size(), 0);
        view.heads[2].median[5] *= 0.5F;
        plot.setView(view);
        QTRY_COMPARE(drawn.size(), 1);
        QVERIFY(changes());
    }

    void manyHeadsBecomeBands()
    {
        test::FakeDialogs dialogs;
        SpectrumPlot plot(dialogs);
        plot.resize(600, 300);
        SpectrumView view;
        view.layer = 0;
        view.head = 20;
        view.windows = 1;
        view.largest = 1.0F;
        for (int head = 0; head < 32; ++head) {
            HeadSpectrum& made = view.heads.emplace_back();
            for (int index = 0; index < 8; ++index) {
                made.median.push_back(std::exp(-0.05F * static_cast<float>((head + 1) * index)));
            }
            made.low = made.median;
            made.high = made.median;
        }
        plot.setView(view);
        QCOMPARE(plot.legend().filter(u"head "_s).size(), 1); // the selected one
        QVERIFY(plot.legend().filter(u"of 32 heads"_s).size() == 1);
        QCOMPARE(plot.csv().count(u'\n'), 1 + 32 * 8);
        view.heads.resize(16);
        view.head = 3;
        plot.setView(view);
        QCOMPARE(plot.legend().filter(u"head "_s).size(), 16);
    }

    void mapOfHeadsSelects()
    {
        Bench bench;
        bench.openDemo();
        bench.run(u"view.show.heads"_s);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.spectra() != nullptr, kEngineMs);
        HeadMap* map = bench.window.headsPanel()->map();
        QVERIFY(map->isVisible());
        QCOMPARE(map->csv().count(u'\n'), 1 + 6 * 4);
        QWidget* canvas = map->focusProxy();
        QTRY_VERIFY(canvas->width() > 100);
        QTest::mouseClick(canvas, Qt::LeftButton, {}, map->cellCentre(2, 3).toPoint());
        QCOMPARE(bench.window.selection().currentLayer(), 2);
        QCOMPARE(bench.window.selection().head(), 3);
        QTest::keyClick(canvas, Qt::Key_Up);
        QTest::keyClick(canvas, Qt::Key_Left);
        QCOMPARE(bench.window.selection().currentLayer(), 1);
        QCOMPARE(bench.window.selection().head(), 2);
        QTest::keyClick(canvas, Qt::Key_Return);
        QVERIFY(bench.window.spectraPanel()->isVisible());
        QVERIFY(!map->isVisible());
    }

    void mapOfOtherWindowsIsMarked()
    {
        Bench bench;
        bench.openDemo();
        bench.run(u"view.show.heads"_s);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled() && bench.workbench.spectra() != nullptr,
                                 kEngineMs);
        const QSignalSpy captions(bench.window.headsPanel(), &HeadsPanel::captionChanged);
        const auto last = [&] { return captions.isEmpty() ? QString() : captions.last().first().toString(); };
        {
            const test::HeldLane engine(bench.lanes.gpu());
            Workbench::Options options = bench.workbench.options();
            options.windowLength = 48;
            bench.workbench.setOptions(options);
            QTRY_VERIFY2(last().startsWith(u"of an earlier"_s), qPrintable(last()));
            // The marks of the faders as well.
            auto* panel = bench.window.findChild<EqualiserPanel*>();
            QVERIFY(panel->isVisible()); // a hidden one catches up when it is shown
            auto* faders = panel->findChild<Equaliser*>();
            const QSignalSpy said(faders, &Equaliser::hovered);
            const QPointF at = faders->pointOf(3, 20.0);
            QMouseEvent move(QEvent::MouseMove, at, faders->mapToGlobal(at), Qt::NoButton, Qt::NoButton, {});
            QCoreApplication::sendEvent(faders, &move);
            QCOMPARE(said.count(), 1);
            QVERIFY2(said.last().first().toString().contains(u"of an earlier text"_s),
                     qPrintable(said.last().first().toString()));
        }
        QTRY_VERIFY_WITH_TIMEOUT(!last().contains(u"earlier"_s), kEngineMs);
    }

    void spaceStillPressesButtons()
    {
        Bench bench;
        bench.openDemo();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
        QCheckBox* box = bench.window.spectraPanel()->overlayBox();
        bench.window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&bench.window));
        box->setFocus();
        const bool before = box->isChecked();
        QTest::keyClick(box, Qt::Key_Space);
        QCOMPARE(box->isChecked(), !before);
        QVERIFY(!bench.window.rankPanel()->isPlaying());
        QWidget* canvas = bench.window.rankPanel()->plot()->focusProxy();
        canvas->setFocus();
        QTest::keyClick(canvas, Qt::Key_Space);
        QVERIFY(bench.window.rankPanel()->isPlaying());
    }

    void choicesAreRemembered()
    {
        Bench bench;
        bench.window.rankPanel()->measureBox()->setCurrentIndex(2);
        QCOMPARE(bench.settings.get(setting::rankMeasure), u"2"_s);
        bench.window.statePanel()->rangeBox()->setCurrentIndex(1);
        QCOMPARE(bench.settings.get(setting::stateRange), u"token"_s);
        MainWindow again { WindowServices { bench.settings,
                                            bench.lanes,
                                            bench.jobs,
                                            bench.document,
                                            bench.workbench,
                                            bench.dialogs,
                                            {},
                                            QPalette() } };
        QCOMPARE(again.rankPanel()->measureBox()->currentIndex(), 2);
        QCOMPARE(again.statePanel()->rangeBox()->currentIndex(), 1);
    }

    void nothingIsComputedForHiddenViews()
    {
        Bench bench;
        bench.openDemo();
        bench.window.findChild<QWidget*>(u"rankDock"_s)->hide();
        QTRY_COMPARE_WITH_TIMEOUT(bench.workbench.baselineTrust(), Trust::Final, kEngineMs);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled(), kEngineMs);
        QTest::qWait(100);
        QVERIFY(bench.ranks().shown().trajectory == nullptr);
        bench.window.findChild<QWidget*>(u"rankDock"_s)->show();
        QTRY_COMPARE_WITH_TIMEOUT(bench.ranks().trust(), Trust::Final, kEngineMs);
    }
};

QTEST_MAIN(TestStateViews)
#include "tst_state_views.moc"
