// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/state_trajectory.h"
#include "core/base/result.h"
#include "core/jobs/mailbox.h"
#include "ui/document/quality.h"

#include <QObject>
#include <QString>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

class QTimer;

namespace rankscope {

class JobLanes;
class JobListModel;
class LayerSelection;
class PlanDocument;
class Workbench;

/// The state of the selected layer over the selected window, token by token: computed while a view that shows
/// it is on screen, and kept per layer, window and plan. GUI thread.
class TokenRanks : public QObject {
    Q_OBJECT

public:
    /// What is known of one layer and window. The trajectory comes first, the spectra some time later.
    struct Trace {
        std::shared_ptr<const StateTrajectory> trajectory;
        std::shared_ptr<const TokenSpectra> spectra;
    };

    TokenRanks(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
               LayerSelection& selection, QObject* parent = nullptr);
    ~TokenRanks() override;

    /// Nothing is computed while no view is watching.
    void setWatching(const QObject* view, bool watching);
    /// The state under the present plan, instead of the dense model's.
    void setPruned(bool pruned);
    [[nodiscard]] bool pruned() const { return m_pruned; }

    /// The newest that there is, perhaps of an earlier selection or plan: see trust().
    [[nodiscard]] const Trace& shown() const { return m_shown; }
    [[nodiscard]] Trust trust() const;
    /// What a stale result belongs to: "layer 3, window 1", "an earlier plan".
    [[nodiscard]] QString staleOrigin() const;
    /// The same with why the wanted one is not there: it is being computed, was stopped, failed or waits.
    [[nodiscard]] QString staleCaption() const;
    /// Why the wanted one will not be completed by itself: stopped or failed, with the way on; or empty.
    [[nodiscard]] QString stopNote() const;
    /// Why there is nothing: a sentence with the way on; or empty.
    [[nodiscard]] QString note() const;
    /// Tokens of the shown window as labels, white space made visible.
    [[nodiscard]] const std::vector<QString>& labels() const { return m_labels; }
    [[nodiscard]] int windowCount() const;
    /// Index of the selected token within the shown window; -1 without one.
    [[nodiscard]] int token() const;
    /// Tries again after a failure; also starts what would take long, which does not begin by itself.
    void retry();
    /// Rough seconds that the present selection would take on the model's device.
    [[nodiscard]] double estimatedSeconds() const;

Q_SIGNALS:
    void changed();

private:
    struct Key {
        int layer = -1;
        int window = 0;
        std::string plan; ///< empty: dense

        friend bool operator==(const Key&, const Key&) = default;
    };

    [[nodiscard]] Key wanted() const;
    [[nodiscard]] bool mayStart() const;
    /// The plan leaves channels to a method whose selector is not there.
    [[nodiscard]] bool waitsForSelection() const;
    /// Why not, or that it is on its way.
    [[nodiscard]] QString selectionNote() const;
    void forget();
    void schedule();
    /// Held back: what would begin counts as stopped.
    void start(bool held);
    void fail(const Key& key, const Error& error);
    void takePartial();
    void dropRun();
    void offer(const Key& key, Trace trace);
    void show(const Key& key, Trace trace);
    void keep(const Key& key, const Trace& trace);
    void refreshLabels();

    Workbench& m_workbench;
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    std::set<const QObject*> m_watching;
    bool m_pruned = false;
    Trace m_shown;
    Key m_shownKey;
    Key m_runningKey; ///< of the job under way
    std::shared_ptr<Mailbox<Trace>> m_box; ///< null when no job is under way
    Key m_failedKey;
    QString m_failure;
    std::vector<std::pair<Key, Trace>> m_cache; ///< newest first
    std::vector<QString> m_labels;
    int m_labelWindow = -1;
    QTimer* m_startTimer;
    QTimer* m_partialTimer;
    bool m_asked = false; ///< long computations are welcome, for this model and text
    std::shared_ptr<const TokenWindows> m_text;
    int m_generation = 0; ///< of model and text
};

} // namespace rankscope
