// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/dtype.h"
#include "core/model/checkpoint_overview.h"
#include "ui/document/recovery_keeper.h"

#include <QMainWindow>
#include <QPalette>
#include <QPointer>
#include <QStringList>

#include <functional>
#include <optional>
#include <vector>

class QLabel;
class QMenu;
class QToolBar;

namespace rankscope {

class ActionRegistry;
class CandidateHistory;
class CandidateStore;
class ChannelChoice;
class CommandPalette;
class ComparePanel;
class DialogPort;
class DockPanel;
class DocumentSession;
class EqualiserPanel;
class ExportDialog;
class FileView;
class HeadsPanel;
class ImportancePanel;
class IssuesPanel;
class JobLanes;
class JobListModel;
class LayerPanel;
class LayerProbes;
class HintStrip;
class JobsButton;
class LayerSelection;
class LocalModelList;
class OpenDialog;
class LayerTableModel;
class MemoryWatch;
class MessageBar;
class ModelMemory;
class PlanDocument;
class PlanPanel;
class PrunedSpectra;
class QualityPanel;
class RankPanel;
class Settings;
class SizeSnap;
class SpectraPanel;
class StatePanel;
class StatusStrip;
class TextScorePanel;
class TextScores;
class TokenLossPanel;
class TokenLosses;
class TokenRanks;
class ViewExport;
class Workbench;

/// What the window is built on; owned by the application, or by a test.
struct WindowServices {
    Settings& settings;
    JobLanes& lanes;
    JobListModel& jobs;
    PlanDocument& document;
    Workbench& workbench;
    DialogPort& dialogs;
    std::function<QStringList()> drainLog; ///< may be empty
    QPalette systemPalette; ///< of the desktop, before our theme
    QString stateFolder {}; ///< where unsaved work is kept safe; empty: it is not
    int autosaveMs = 2000; ///< from an edit to its being safe
};

enum class DockColumn { Left, Centre, Right };

/// Where a dock starts: see MainWindow::buildDocks.
struct DockPlace {
    /// What happens to it in a window too small to show everything: it stays, is hidden, or becomes a page of
    /// the dock above it.
    enum class Compact { Stay, Hide, Tab };

    DockColumn column = DockColumn::Left;
    int units = 0; ///< height in font heights; 0: a share of what the others of the column leave
    int share = 1;
    Compact compact = Compact::Stay;
};

/// Docks, menus from the registry, and the wiring between them; nothing else.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(WindowServices services, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] const WindowServices& services() const { return m_services; }
    [[nodiscard]] ActionRegistry& actionRegistry() const { return *m_actions; }
    [[nodiscard]] MessageBar* messageBar() const { return m_messages; }
    [[nodiscard]] StatusStrip* strip() const { return m_strip; }
    [[nodiscard]] LayerPanel* layerPanel() const { return m_layerPanel; }
    [[nodiscard]] SpectraPanel* spectraPanel() const { return m_spectraPanel; }
    [[nodiscard]] PlanPanel* planPanel() const { return m_planPanel; }
    [[nodiscard]] QualityPanel* qualityPanel() const { return m_qualityPanel; }
    [[nodiscard]] HeadsPanel* headsPanel() const { return m_headsPanel; }
    [[nodiscard]] StatePanel* statePanel() const { return m_statePanel; }
    [[nodiscard]] RankPanel* rankPanel() const { return m_rankPanel; }
    [[nodiscard]] ImportancePanel* importancePanel() const { return m_importancePanel; }
    [[nodiscard]] TokenRanks& tokenRanks() const { return *m_tokenRanks; }
    [[nodiscard]] ComparePanel* comparePanel() const { return m_comparePanel; }
    [[nodiscard]] CandidateHistory& candidates() const { return *m_candidates; }
    [[nodiscard]] LayerSelection& selection() const { return *m_selection; }
    [[nodiscard]] DocumentSession& session() const { return *m_session; }
    [[nodiscard]] RecoveryKeeper* recovery() const { return m_recovery; }
    [[nodiscard]] ExportDialog* exportDialog() const;
    [[nodiscard]] HintStrip* hints() const { return m_hints; }
    [[nodiscard]] QList<DockPanel*> docks() const;

    void openFolder(const QString& folder);
    void loadPlan(const QString& path);
    /// Whatever was dropped: a checkpoint folder or a file in it, a plan, a recipe, a text.
    void openPath(const QString& path);
    void openExportDialog();
    void resetLayout();

Q_SIGNALS:
    /// The user closed the window: the application may shut down.
    void closed();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct DockEntry {
        DockPanel* dock;
        DockPlace place;
    };

    void buildBars();
    void buildDocks();
    void buildActions();
    void buildFileActions();
    void buildViewActions();
    void buildNavigationActions();
    void buildChannelActions();
    void buildQualityActions();
    void buildHelpActions();
    void buildViewExportActions();
    /// Recent models and devices as commands.
    void buildStripActions();
    void refreshRecentActions();
    void refreshDeviceActions();
    void attachViewExports();
    /// The page that has the keyboard, or had it last.
    [[nodiscard]] QWidget* focusedPage() const;
    [[nodiscard]] ViewExport* focusedExport() const;
    [[nodiscard]] QString whyNoPicture() const;
    [[nodiscard]] QString whyNoValues() const;
    enum class CandidateUse { Load, Pin, Change };

    void setRules();
    void connectRules();
    void refreshActions();
    // Why something cannot be done now: a sentence, or empty.
    [[nodiscard]] QString whyNoModel() const;
    [[nodiscard]] QString whyNoWeights() const;
    /// Neither weights nor text.
    [[nodiscard]] QString whyNoEngine() const;
    [[nodiscard]] QString whyNoSelectedLayer(bool unlocked) const;
    [[nodiscard]] QString whyNoReset() const;
    [[nodiscard]] QString whyNoEvaluation() const;
    [[nodiscard]] QString whyNoToken(int direction) const;
    [[nodiscard]] QString whyNoTextWindow(int direction) const;
    [[nodiscard]] QString whyNoCandidate(CandidateUse use) const;
    [[nodiscard]] QString aboutHtml() const;
    void buildMenus();
    void connectAll();
    template <typename Panel>
    DockPanel* addDock(const QString& name, const QString& title, Panel* panel, DockPlace place);
    template <typename Panel> void connectPanel(Panel* panel, DockPanel* dock);
    [[nodiscard]] bool isCompact() const;
    [[nodiscard]] int wantedDockHeight(const DockEntry& entry, int tall) const;
    void arrangeDocks();
    void lendTabs();
    void fitDockSizes();
    void restoreLayout();
    void saveLayout();
    void keepUserLayout();

    void chooseModel();
    void chooseFolder();
    void chooseEvaluationText();
    void chooseCalibrationText();
    void openPlan();
    /// False when the user backed out; otherwise the session says how it ended.
    bool savePlan();
    bool savePlanAs();
    /// Goes on at once, or after asking what to do with unsaved work, or not at all. `occasion`: "before
    /// opening x".
    void guardUnsaved(const QString& occasion, const std::function<void()>& goOn);
    void adoptWhenAgreed(const std::function<void()>& adopt);
    void connectSession();
    void offerRecovery(const std::vector<RecoveryKeeper::Offer>& offers);
    /// To go back to the device whose numbers are still in view.
    void offerDevice(const Device& device, DType dtype);
    void recoverNewest();
    void recover(const RecoveryKeeper::Offer& offer);
    /// It has been answered: nothing offers it any more.
    void forgetOffer(const RecoveryKeeper::Offer& offer);
    [[nodiscard]] static QString describeOffer(const RecoveryKeeper::Offer& offer);
    void setTheme(const QString& name);
    void stepLayer(int direction);
    void stepHead(int direction);
    void toggleLock();
    void showText(const QString& title, const QString& html);

    void refreshModel();
    void refreshNumbers();
    void refreshDevices();
    void refreshTexts();
    void refreshModelMenu();
    void fillRecentMenu(QMenu* menu);
    void refreshIssueCount();
    void refreshTitle();
    void refreshStatus();
    void refreshMemory();
    void showHover(const QString& text);
    void showProblem(const QString& sentence, IssueSeverity severity = IssueSeverity::Error);
    /// With a way on, where it is why there are no numbers.
    void showEngineProblem(const QString& sentence, IssueSeverity severity);

    WindowServices m_services;
    LayerSelection* m_selection;
    TokenRanks* m_tokenRanks;
    ChannelChoice* m_channelChoice;
    PrunedSpectra* m_prunedSpectra;
    LayerTableModel* m_layerModel;
    DocumentSession* m_session;
    RecoveryKeeper* m_recovery; ///< null without a state folder
    LayerProbes* m_probes;
    SizeSnap* m_snap;
    LocalModelList* m_localModels;
    ActionRegistry* m_actions;
    CandidateHistory* m_candidates = nullptr;
    CandidateStore* m_candidateStore = nullptr; ///< null without a state folder
    ModelMemory* m_modelMemory = nullptr; ///< null without a state folder
    TokenLosses* m_tokenLosses = nullptr;
    TextScores* m_textScores = nullptr;
    CommandPalette* m_palette = nullptr;

    QToolBar* m_stripBar = nullptr;
    StatusStrip* m_strip = nullptr;
    MessageBar* m_messages = nullptr;
    HintStrip* m_hints = nullptr;
    JobsButton* m_jobsButton = nullptr;
    QMainWindow* m_dockHost
        = nullptr; ///< holds the docks inside a margin that a dock area cannot have itself
    QLabel* m_hoverText = nullptr;
    QLabel* m_activityText = nullptr;
    QLabel* m_memoryText = nullptr;
    MemoryWatch* m_memory;

    std::vector<DockEntry> m_docks; ///< the table of docks, in the order in which they start
    DockPanel* m_layerDock = nullptr;
    DockPanel* m_equaliserDock = nullptr;
    DockPanel* m_activityDock = nullptr;
    DockPanel* m_spectraDock = nullptr;
    DockPanel* m_importanceDock = nullptr;
    DockPanel* m_planDock = nullptr;
    DockPanel* m_qualityDock = nullptr;
    DockPanel* m_compareDock = nullptr;
    LayerPanel* m_layerPanel = nullptr;
    EqualiserPanel* m_equaliserPanel = nullptr;
    IssuesPanel* m_issuesPanel = nullptr;
    SpectraPanel* m_spectraPanel = nullptr;
    ImportancePanel* m_importancePanel = nullptr;
    PlanPanel* m_planPanel = nullptr;
    QualityPanel* m_qualityPanel = nullptr;
    RankPanel* m_rankPanel = nullptr;
    TokenLossPanel* m_tokenLossPanel = nullptr;
    TextScorePanel* m_textScorePanel = nullptr;
    ComparePanel* m_comparePanel = nullptr;
    StatePanel* m_statePanel = nullptr;
    HeadsPanel* m_headsPanel = nullptr;
    QPointer<QWidget> m_focusInDocks; ///< what had the keyboard last inside a dock
    QPointer<ExportDialog> m_exportDialog;
    QPointer<OpenDialog> m_openDialog;
    QPointer<FileView> m_fileView; ///< what an issue led to
    QString m_blockedMessage; ///< the message that says why there are no numbers
    QString m_saveWaits; ///< the message that a save waits
    QString m_deviceOffer; ///< the message that offers a device
    std::vector<RecoveryKeeper::Offer> m_offers; ///< not yet answered, the newest first
    std::function<void()> m_afterSave; ///< what waits for unsaved work to be saved
    bool m_asking = false; ///< whether unsaved work may be lost
    std::optional<RecoveryKeeper::Offer> m_recovering; ///< until it is there, or cannot be
    bool m_mayStopExport = false; ///< the user was asked about it while closing
    bool m_mayLoseWork = false; ///< the same
    bool m_userLayout = false; ///< the user's own arrangement was restored
    bool m_arrangedCompact = false; ///< the default arrangement is that of a small window
};

} // namespace rankscope
