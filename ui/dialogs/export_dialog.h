// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"
#include "core/exporting/verify_export.h"

#include <QDialog>
#include <QPointer>

#include <optional>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTimer;
class QTreeWidget;

namespace rankscope {

class DialogPort;
class Job;
class JobLanes;
class JobListModel;
class PlanDocument;
class Settings;
class Workbench;

/// Writes the candidate as a checkpoint: mode, preview, target, progress, verification by a fresh process.
/// Not modal.
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
    };

    explicit ExportDialog(Services services, QWidget* parent = nullptr);

    [[nodiscard]] QLineEdit* target() const { return m_target; }
    [[nodiscard]] QComboBox* mode() const { return m_mode; }
    [[nodiscard]] QPushButton* exportButton() const { return m_export; }
    [[nodiscard]] QCheckBox* replaceBox() const { return m_replace; }
    [[nodiscard]] bool isBusy() const;
    [[nodiscard]] QLabel* outcome() const { return m_outcome; }

private:
    struct Prepared {
        PruningPlan plan;
        ExportPreview preview;
    };

    void build();
    void schedulePreview();
    void startPreview();
    void showPreview(const ExportPreview& preview);
    void startExport();
    void startVerification(const ExportReport& report);
    void showVerification(const Verification& verification);
    void showFailure(const Error& error, const QString& what);
    void setBusy(Job* job, const QString& text);
    void pollBusy();
    void refreshButtons();
    [[nodiscard]] ExportOptions options() const;
    [[nodiscard]] ExportMode chosenMode() const;
    void chooseTarget();

    Services m_services;
    QComboBox* m_mode;
    QLabel* m_loadsIn;
    QLineEdit* m_target;
    QCheckBox* m_replace;
    QLabel* m_sizes;
    QLabel* m_warnings;
    QTreeWidget* m_tree;
    QProgressBar* m_progress;
    QLabel* m_outcome;
    QPushButton* m_export;
    QPushButton* m_stop;
    QPushButton* m_openFolder;
    QPushButton* m_close;
    QTimer* m_previewTimer;
    QTimer* m_progressTimer;
    std::optional<Prepared> m_prepared;
    QPointer<Job> m_job;
    QString m_written; ///< folder of the finished export
};

} // namespace rankscope
