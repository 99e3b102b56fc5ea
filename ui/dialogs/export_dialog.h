// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"
#include "core/exporting/verify_export.h"
#include "ui/dialogs/export_outcome.h"

#include <QDialog>
#include <QPointer>

#include <map>
#include <optional>
#include <vector>

class QCheckBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QRadioButton;
class QTimer;

namespace rankscope {

class DialogPort;
class ExportPreviewTree;
class Job;
class JobLanes;
class JobListModel;
class PlanDocument;
class Settings;
class Workbench;

/// Writes the candidate as a checkpoint: mode, preview, target, progress, verification by a fresh process.
/// Not modal; closing it while it writes only hides it.
class ExportDialog : public QDialog {
    Q_OBJECT

public:
    struct Services {
        Workbench& workbench;
        PlanDocument& document;
        JobLanes& lanes;
        JobListModel& jobs;
        Settings& settings;
        DialogPort& dialogs;
        QString cliProgram; ///< reopens the export; empty: it is not verified
    };

    explicit ExportDialog(Services services, QWidget* parent = nullptr);

    [[nodiscard]] QLineEdit* target() const { return m_target; }
    [[nodiscard]] QRadioButton* modeButton(ExportMode mode) const { return m_modes.at(mode).button; }
    [[nodiscard]] ExportPreviewTree* tree() const { return m_tree; }
    [[nodiscard]] QPushButton* exportButton() const { return m_export; }
    [[nodiscard]] QPushButton* stopButton() const { return m_stop; }
    [[nodiscard]] QPushButton* copyButton() const { return m_copyReport; }
    [[nodiscard]] QCheckBox* replaceBox() const { return m_replace; }
    /// What is wrong with mode, target or space: a sentence, or empty.
    [[nodiscard]] QString problem() const;
    [[nodiscard]] bool isBusy() const;
    /// Busy, and the folder is not complete yet.
    [[nodiscard]] bool isWriting() const { return isBusy() && !m_finished; }
    [[nodiscard]] QLabel* outcome() const { return m_outcome; }

Q_SIGNALS:
    /// The folder is complete, with the recipe of this plan in it.
    void written(const rankscope::PruningPlan& plan);
    /// Written and verified, or not: a sentence for those who look elsewhere.
    void finished(const QString& sentence, bool good);

protected:
    /// Close button, Escape and the window's own close.
    void reject() override;

private:
    struct Prepared {
        PruningPlan plan;
        ExportPreview preview;
    };
    struct ModeChoice {
        QRadioButton* button = nullptr;
        QLabel* note = nullptr; ///< where it loads, or why it cannot be
    };

    void build();
    [[nodiscard]] QWidget* buildModes();
    void addMode(QGridLayout* grid, ExportMode mode, const QString& text);
    /// Mode and target of another model mean nothing for this one.
    void adoptModel();
    void chooseFirstMode();
    void schedulePreview();
    /// The numbers of the model card have come, gone or changed. What is prepared can still be exported.
    void followNumbers();
    void startPreview();
    void showModes();
    void showPreview(const ExportPreview& preview);
    void showOutcome();
    void startExport();
    void startVerification();
    void finishVerification(Result<Verification> result);
    void showFailure(const Error& error, const QString& what);
    void setBusy(Job* job, const QString& text);
    void pollBusy();
    void refreshButtons();
    [[nodiscard]] ExportOptions options() const;
    [[nodiscard]] ExportMode chosenMode() const;
    [[nodiscard]] std::vector<CardRow> measuredRows() const;
    void chooseTarget();

    Services m_services;
    std::map<ExportMode, ModeChoice> m_modes;
    QLineEdit* m_target;
    QPushButton* m_browse;
    QCheckBox* m_replace;
    QLabel* m_sizes;
    QLabel* m_warnings;
    QLabel* m_problem;
    ExportPreviewTree* m_tree;
    QProgressBar* m_progress;
    QLabel* m_progressText;
    QLabel* m_outcome;
    QPushButton* m_export;
    QPushButton* m_stop;
    QPushButton* m_openFolder;
    QPushButton* m_copyReport;
    QPushButton* m_close;
    QTimer* m_previewTimer;
    QTimer* m_progressTimer;
    std::optional<Prepared> m_prepared;
    std::vector<CardRow> m_numbers; ///< that the newest preview was asked for with
    int m_previewGeneration = 0; ///< of plan, mode, folder and numbers
    QPointer<Job> m_job;
    QString m_doing; ///< of the job: "Writing", "Verifying…"
    PruningPlan m_exportedPlan;
    PruningPlan m_askedPlan; ///< the document's, that m_exportedPlan was made from
    std::string m_model; ///< fingerprint of what mode and target were chosen for
    std::optional<ExportOutcome> m_finished; ///< the newest export that was written
};

} // namespace rankscope
