// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/quality.h"
#include "ui/document/spectra_summary.h"

#include <QObject>
#include <QString>

#include <memory>
#include <string>

namespace rankscope {

class JobLanes;
class JobListModel;
class PlanDocument;
class Workbench;

/// Spectra of the pruned model at the windows and positions of the dense ones: computed while wanted, once
/// the candidate's own numbers are there, and again when the plan has moved on. GUI thread.
class PrunedSpectra : public QObject {
    Q_OBJECT

public:
    PrunedSpectra(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                  QObject* parent = nullptr);

    /// A view wants the overlay.
    void setWanted(bool wanted);
    [[nodiscard]] bool wanted() const { return m_wanted; }
    /// Null before there is one, and for a plan that keeps everything.
    [[nodiscard]] const std::shared_ptr<const SpectraSummary>& spectra() const { return m_spectra; }
    [[nodiscard]] Trust trust() const;
    /// Why those of the present plan do not come by themselves, as a sentence; or empty.
    [[nodiscard]] QString note() const;
    /// Goes on after a stop or a failure.
    void retry();

Q_SIGNALS:
    void changed();

private:
    void forget();
    void refresh();
    /// Identity of what is asked for: the plan's channels, and the windows and positions of the dense
    /// spectra.
    [[nodiscard]] std::string wantedKey() const;

    Workbench& m_workbench;
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    bool m_wanted = false;
    std::shared_ptr<const SpectraSummary> m_spectra;
    std::string m_shownKey;
    std::string m_runningKey; ///< empty when no job is under way
    std::string m_failedKey; ///< of what was stopped or failed, until it is asked for again
    QString m_note;
    QString m_said; ///< the note as last told
    std::shared_ptr<const TokenWindows> m_text;
    int m_generation = 0;
};

} // namespace rankscope
