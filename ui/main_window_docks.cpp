// SPDX-License-Identifier: GPL-3.0-or-later
// The docks: which there are, where they start, how they share the window.
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job_list_model.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/models/layer_table_model.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/equaliser_panel.h"
#include "ui/panels/head_equaliser_panel.h"
#include "ui/panels/heads_panel.h"
#include "ui/panels/importance_panel.h"
#include "ui/panels/issues_panel.h"
#include "ui/panels/job_panel.h"
#include "ui/panels/layer_panel.h"
#include "ui/panels/log_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/rank_panel.h"
#include "ui/panels/spectra_panel.h"
#include "ui/panels/state_panel.h"
#include "ui/panels/text_score_panel.h"
#include "ui/panels/token_loss_panel.h"
#include "ui/settings/settings.h"
#include "ui/widgets/jobs_button.h"
#include "ui/widgets/layer_columns.h"
#include "ui/widgets/staggered_paint.h"

#include <QAction>
#include <QBoxLayout>
#include <QScreen>
#include <QTimer>
#include <QToolButton>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Raise it when docks are added or start elsewhere: remembered arrangements of other versions are not
/// restored.
constexpr int kLayoutVersion = 3;

/// Below this height, in font heights, the window has no room for everything at once.
constexpr int kCompactUnits = 56;

/// Docks of a fixed height keep it up to a window of this height, in font heights, and grow in proportion
/// beyond it.
constexpr int kShareUnits = 80;

/// How a page in front is remembered.
QString placeOf(const DockPanel& dock, const QWidget* page)
{
    return dock.objectName() + u':' + DockPanel::pageName(page);
}

} // namespace

/// Signals that a panel may have, connected where it has them.
template <typename Panel> void MainWindow::connectPanel(Panel* panel, DockPanel* dock)
{
    if constexpr (requires { &Panel::hovered; }) {
        connect(panel, &Panel::hovered, this, &MainWindow::showHover);
    }
    if constexpr (requires { &Panel::problem; }) {
        connect(panel, &Panel::problem, this, [this](const QString& text) { showProblem(text); });
    }
    if constexpr (requires { &Panel::captionChanged; }) {
        connect(panel, &Panel::captionChanged, dock,
                [panel](const QString& caption) { DockPanel::of(panel)->setPageCaption(panel, caption); });
    }
}

template <typename Panel>
DockPanel* MainWindow::addDock(const QString& name, const QString& title, Panel* panel, DockPlace place)
{
    auto* dock = new DockPanel(name, title, m_dockHost);
    dock->addPage(panel, title);
    connectPanel(panel, dock);
    m_docks.push_back({ dock, place });
    connect(dock->toggleViewAction(), &QAction::triggered, this, &MainWindow::keepUserLayout);
    connect(dock->toggleViewAction(), &QAction::toggled, dock, [dock](bool shown) {
        if (shown) {
            dock->takeBack();
        }
    });
    connect(dock, &QDockWidget::topLevelChanged, this, &MainWindow::keepUserLayout);
    connect(dock, &DockPanel::left, this, [this] {
        m_selection->setHover({});
        showHover({});
    });
    return dock;
}

/// The table of docks. Within a column they start from top to bottom in this order. A further page of a dock:
/// dock->addPage(panel, tr("…")); connectPanel(panel, dock);
void MainWindow::buildDocks()
{
    PlanDocument& document = m_services.document;
    Workbench& workbench = m_services.workbench;
    m_layerPanel = new LayerPanel(document, *m_layerModel, *m_selection, *m_snap, m_services.settings,
                                  m_services.dialogs);
    m_equaliserPanel
        = new EqualiserPanel(workbench, document, *m_probes, *m_selection, *m_snap, m_services.dialogs);
    m_issuesPanel = new IssuesPanel;
    const StateSources state { workbench,         document,         *m_selection,
                               *m_tokenRanks,     *m_prunedSpectra, m_services.settings,
                               m_services.dialogs };
    m_spectraPanel = new SpectraPanel(state);
    m_headsPanel = new HeadsPanel(state);
    m_importancePanel = new ImportancePanel(*m_channelChoice, document, *m_selection, m_services.settings,
                                            m_services.dialogs);
    m_importancePanel->setSnap([this](int kept, int keyDims) { return m_snap->snapped(kept, keyDims); });
    m_statePanel = new StatePanel(state);
    m_rankPanel = new RankPanel(*m_tokenRanks, *m_selection, m_services.settings, m_services.dialogs);
    m_planPanel = new PlanPanel(workbench, document, *m_probes, *m_snap);
    m_qualityPanel = new QualityPanel(
        QualitySources { workbench, document, *m_candidates, *m_tokenLosses, *m_selection },
        m_services.dialogs);
    m_tokenLossPanel = new TokenLossPanel(workbench, *m_tokenLosses, *m_selection, m_services.settings);
    m_textScorePanel = new TextScorePanel(*m_textScores, m_services.settings, m_services.dialogs);
    m_comparePanel
        = new ComparePanel(workbench, document, *m_candidates, m_services.settings, m_services.dialogs);

    m_layerDock = addDock(u"layersDock"_s, tr("Layers"), m_layerPanel, { .column = DockColumn::Left });
    m_layerDock->header()->setButton(m_layerPanel->columns()->button());
    m_equaliserDock = addDock(u"equaliserDock"_s, tr("Equaliser"), m_equaliserPanel,
                              { .column = DockColumn::Left, .share = 3 });
    auto* heads = new HeadEqualiserPanel(workbench, document, *m_selection, *m_snap, m_services.dialogs);
    m_equaliserDock->addPage(heads, tr("Heads"));
    connectPanel(heads, m_equaliserDock);
    m_activityDock
        = addDock(u"activityDock"_s, tr("Jobs"), new JobPanel(m_services.jobs),
                  { .column = DockColumn::Left, .units = 12, .compact = DockPlace::Compact::Hide });
    // The dock is hidden once more when the window's children are destroyed: the button, not the window, is
    // there then.
    connect(m_activityDock->toggleViewAction(), &QAction::toggled, m_jobsButton,
            [button = m_jobsButton](bool shown) { button->setVisible(!shown); });
    m_activityDock->addPage(m_issuesPanel, tr("Issues"));
    connectPanel(m_issuesPanel, m_activityDock);
    m_activityDock->addPage(new LogPanel(m_services.drainLog), tr("Log"));

    m_spectraDock = addDock(u"spectraDock"_s, tr("Spectra"), m_spectraPanel,
                            { .column = DockColumn::Centre, .share = 3 });
    m_spectraDock->addPage(m_statePanel, tr("State"));
    connectPanel(m_statePanel, m_spectraDock);
    m_spectraDock->addPage(m_headsPanel, tr("All heads"));
    connectPanel(m_headsPanel, m_spectraDock);
    connect(m_headsPanel, &HeadsPanel::detailWanted, m_spectraDock, [this] { m_spectraDock->reveal(0); });
    addDock(u"rankDock"_s, tr("Rank over tokens"), m_rankPanel,
            { .column = DockColumn::Centre, .units = 14 });
    m_importanceDock = addDock(u"importanceDock"_s, tr("Importance"), m_importancePanel,
                               { .column = DockColumn::Centre, .share = 2 });

    m_planDock
        = addDock(u"planDock"_s, tr("Plan"), m_planPanel, { .column = DockColumn::Right, .units = 25 });
    m_qualityDock = addDock(u"qualityDock"_s, tr("Quality"), m_qualityPanel,
                            { .column = DockColumn::Right, .share = 3 });
    m_qualityDock->addPage(m_tokenLossPanel, tr("Tokens"));
    connectPanel(m_tokenLossPanel, m_qualityDock);
    m_qualityDock->addPage(m_textScorePanel, tr("Texts"));
    connectPanel(m_textScorePanel, m_qualityDock);
    m_compareDock = addDock(u"candidatesDock"_s, tr("Candidates"), m_comparePanel,
                            { .column = DockColumn::Right, .share = 2, .compact = DockPlace::Compact::Tab });
    new StaggeredPaint(*this, [this] {
        QWidgetList parts;
        for (DockPanel* dock : docks()) {
            parts << dock;
        }
        return parts;
    });
}

bool MainWindow::isCompact() const
{
    return height() < fontMetrics().height() * kCompactUnits;
}

void MainWindow::arrangeDocks()
{
    m_arrangedCompact = isCompact();
    for (const DockEntry& entry : m_docks) {
        entry.dock->setFloating(false);
        entry.dock->takeBack();
        m_dockHost->removeDockWidget(entry.dock);
    }
    // First the head of each column beside each other, then the rest below: so the columns run from top to
    // bottom.
    DockPanel* left = nullptr;
    for (const DockColumn column : { DockColumn::Left, DockColumn::Centre, DockColumn::Right }) {
        const auto head = std::find_if(m_docks.begin(), m_docks.end(), [column](const DockEntry& entry) {
            return entry.place.column == column;
        });
        if (left == nullptr) {
            m_dockHost->addDockWidget(Qt::LeftDockWidgetArea, head->dock);
        } else {
            m_dockHost->splitDockWidget(left, head->dock, Qt::Horizontal);
        }
        left = head->dock;
    }
    for (const DockColumn column : { DockColumn::Left, DockColumn::Centre, DockColumn::Right }) {
        DockPanel* above = nullptr;
        for (const DockEntry& entry : m_docks) {
            if (entry.place.column != column) {
                continue;
            }
            if (above != nullptr) {
                m_dockHost->splitDockWidget(above, entry.dock, Qt::Vertical);
            }
            above = entry.dock;
        }
    }
    for (const DockEntry& entry : m_docks) {
        entry.dock->setVisible(!m_arrangedCompact || entry.place.compact == DockPlace::Compact::Stay);
    }
    if (m_arrangedCompact) {
        lendTabs();
    }
    m_jobsButton->setVisible(m_activityDock->isHidden());
    fitDockSizes();
}

/// Hidden docks that are to be tabs become pages of the dock above them.
void MainWindow::lendTabs()
{
    DockPanel* above = nullptr;
    for (const DockEntry& entry : m_docks) {
        if (entry.place.compact == DockPlace::Compact::Tab && entry.dock->isHidden() && above != nullptr) {
            entry.dock->lendTo(*above);
        } else {
            above = entry.dock;
        }
    }
}

int MainWindow::wantedDockHeight(const DockEntry& entry, int tall) const
{
    const int unit = fontMetrics().height();
    if (entry.dock == m_layerDock) { // the whole model at a glance
        const int rows = std::clamp(m_services.document.spec().layerCount(), 4, 24);
        return std::min(unit * (rows * 19 / 10 + 8), tall * 45 / 100);
    }
    if (entry.dock == m_planDock) { // and every override, where there is room
        const int overrides = std::clamp(m_services.document.spec().layerCount(), 0, 16);
        const int lines = (overrides + 1) / 2; // two beside each other
        return std::max(unit * entry.place.units, std::min(unit * (41 + lines * 3) / 2, tall * 42 / 100));
    }
    return std::max(unit * entry.place.units, tall * entry.place.units / kShareUnits);
}

void MainWindow::fitDockSizes()
{
    const int unit = fontMetrics().height();
    // On very wide windows the side columns grow too, slower than the plots.
    const int left = std::clamp(width() * 32 / 100, unit * 26, std::max(unit * 40, width() * 20 / 100));
    const int right = std::clamp(width() * 24 / 100, unit * 20, std::max(unit * 28, width() * 17 / 100));
    m_dockHost->resizeDocks({ m_layerDock, m_spectraDock, m_planDock },
                            { left, std::max(unit * 20, width() - left - right - 24), right },
                            Qt::Horizontal);
    const int tall = std::max(unit * 30, height() - unit * 9);
    for (const DockColumn column : { DockColumn::Left, DockColumn::Centre, DockColumn::Right }) {
        int room = tall;
        int shares = 0;
        QList<QDockWidget*> docks;
        QList<int> heights;
        QList<int> sharesOf;
        for (const DockEntry& entry : m_docks) {
            if (entry.place.column != column || entry.dock->isHidden() || entry.dock->isFloating()) {
                continue;
            }
            docks << entry.dock;
            heights << wantedDockHeight(entry, tall);
            sharesOf << (heights.last() > 0 ? 0 : entry.place.share);
            room -= heights.last();
            shares += sharesOf.last();
        }
        for (qsizetype index = 0; index < docks.size(); ++index) {
            if (sharesOf[index] > 0) {
                heights[index] = std::max(unit * 6, room * sharesOf[index] / std::max(1, shares));
            }
        }
        m_dockHost->resizeDocks(docks, heights, Qt::Vertical);
    }
}

QList<DockPanel*> MainWindow::docks() const
{
    QList<DockPanel*> docks;
    for (const DockEntry& entry : m_docks) {
        docks << entry.dock;
    }
    return docks;
}

void MainWindow::resetLayout()
{
    arrangeDocks();
    m_userLayout = false;
    m_layerPanel->table()->setFocus();
}

void MainWindow::keepUserLayout()
{
    m_userLayout = true;
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event)
{
    // What the dock area itself gets is a press on a splitter: from then on the sizes are the user's.
    if (watched == m_dockHost && event->type() == QEvent::MouseButtonPress) {
        keepUserLayout();
    }
    if (watched == m_dockHost && event->type() == QEvent::Resize && !m_userLayout && !m_docks.empty()) {
        if (isCompact() != m_arrangedCompact) {
            arrangeDocks();
        } else {
            fitDockSizes();
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::restoreLayout()
{
    const QByteArray state = m_services.settings.get(setting::windowState);
    m_userLayout = !state.isEmpty() && m_dockHost->restoreState(state, kLayoutVersion);
    if (m_userLayout && isCompact()) {
        lendTabs();
    }
    const QStringList pages = m_services.settings.get(setting::windowPages);
    for (const DockEntry& entry : m_docks) {
        for (int page = 0; page < entry.dock->pageCount(); ++page) {
            if (pages.contains(placeOf(*entry.dock, entry.dock->page(page)))) {
                entry.dock->showPage(page);
            }
        }
    }
}

void MainWindow::saveLayout()
{
    m_services.settings.set(setting::windowGeometry, saveGeometry());
    // The default arrangement is not kept: the next window may have another size.
    m_services.settings.set(setting::windowState,
                            m_userLayout ? m_dockHost->saveState(kLayoutVersion) : QByteArray());
    QStringList pages;
    for (const DockEntry& entry : m_docks) {
        if (entry.dock->pageCount() > 1) {
            pages << placeOf(*entry.dock, entry.dock->currentPage());
        }
    }
    m_services.settings.set(setting::windowPages, pages);
}

} // namespace rankscope
