// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/token_comparison.h"
#include "core/jobs/mailbox.h"
#include "core/text/token_windows.h"
#include "ui/document/quality.h"

#include <QObject>
#include <QString>

#include <memory>
#include <set>
#include <string>

class QTimer;

namespace rankscope {

class JobLanes;
class JobListModel;
class LiveEvaluator;
class PlanDocument;
class Workbench;

/// What the candidate changes at every token: compared after its perplexity is final, while a view that shows
/// it is on screen. GUI thread.
class TokenLosses : public QObject {
    Q_OBJECT

public:
    TokenLosses(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                QObject* parent = nullptr);
    ~TokenLosses() override;

    /// Nothing is compared while no view is watching.
    void setWatching(const QObject* view, bool watching);

    /// The newest that there is, perhaps partial or of an earlier plan: see trust().
    [[nodiscard]] const std::shared_ptr<const TokenComparison>& comparison() const { return m_comparison; }
    /// The windows it was made on.
    [[nodiscard]] const std::shared_ptr<const TokenWindows>& windows() const { return m_windows; }
    [[nodiscard]] const MeanInterval& kl() const { return m_kl; }
    [[nodiscard]] const MeanInterval& sameTop() const { return m_sameTop; }
    [[nodiscard]] Trust trust() const;
    /// Why the present candidate's tokens will not be completed by themselves: stopped or failed, with the
    /// way on; or empty.
    [[nodiscard]] QString stopNote() const;
    /// Why there is nothing, with the way on; or empty.
    [[nodiscard]] QString note() const;

Q_SIGNALS:
    void changed();

private:
    void forget();
    void schedule();
    void start();
    void dropRun();
    void take(std::shared_ptr<const TokenComparison> comparison);
    void fail(const Error& error);
    [[nodiscard]] bool isWanted() const;
    [[nodiscard]] bool isCurrent() const;

    Workbench& m_workbench;
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    std::set<const QObject*> m_watching;
    QTimer* m_startTimer;
    QTimer* m_partialTimer;
    std::shared_ptr<const TokenComparison> m_comparison;
    std::shared_ptr<const TokenWindows> m_windows;
    // Not held: an evaluator keeps the block inputs of all its windows.
    std::weak_ptr<LiveEvaluator> m_evaluator; ///< that the comparison was made with
    std::weak_ptr<LiveEvaluator> m_runningEvaluator;
    std::shared_ptr<const TokenWindows> m_runningWindows;
    std::shared_ptr<Mailbox<TokenComparison>> m_box; ///< of the run under way
    std::string m_runningPlan; ///< its fingerprint
    MeanInterval m_kl;
    MeanInterval m_sameTop;
    QString m_failure;
    std::weak_ptr<const PerplexityEstimate> m_failedAt; ///< the number after which it failed
};

} // namespace rankscope
