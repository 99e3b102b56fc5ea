// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/perplexity.h"
#include "core/text/token_windows.h"
#include "ui/document/quality.h"

#include <QObject>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rankscope {

class JobLanes;
class JobListModel;
class LiveEvaluator;
class PlanDocument;
class Workbench;

/// A text with the numbers of the dense model and the candidate on it.
struct TextScore {
    QString path;
    QString name;
    std::shared_ptr<const TokenWindows> windows;
    std::shared_ptr<const PerplexityEstimate> baseline;
    std::shared_ptr<const PerplexityEstimate> candidate;
    std::optional<PairedDelta> delta; ///< against the dense model
    bool baselineCurrent = false; ///< of the present model and windows
    Trust baselineTrust = Trust::Missing;
    Trust trust = Trust::Missing; ///< of candidate and delta
    QString failure; ///< a sentence, or empty
    QString reported; ///< the failure that was said last: other windows of the same text do not say it again
    bool stopped = false; ///< which is the failure: another plan is scored again
};

/// The evaluation text and further ones side by side: the further ones are tokenised alike (window length and
/// count) and scored in the background once the main text's numbers are final, while a view watches.
class TextScores : public QObject {
    Q_OBJECT

public:
    TextScores(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
               QObject* parent = nullptr);
    ~TextScores() override;

    void setWatching(const QObject* view, bool watching);

    /// The main text first.
    [[nodiscard]] const std::vector<TextScore>& texts() const { return m_texts; }
    /// A text that is there already is left alone; one that failed is tried again.
    void add(const QString& path);
    /// Not the main text (row 0).
    void remove(int row);

Q_SIGNALS:
    void aboutToAdd(int row);
    void added();
    void aboutToRemove(int row);
    void removed();
    void textChanged(int row);

private:
    void refreshMain();
    void onEvaluatorChanged();
    void dropOutdatedRun();
    void dropRun();
    void forgetStop();
    void startNext();
    [[nodiscard]] bool isWaiting(const TextScore& text) const;
    void prepare(int row);
    void score(int row);
    void publish(int row);
    [[nodiscard]] int rowOf(const QString& path) const;
    void fail(const QString& path, const Error& error);

    Workbench& m_workbench;
    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    std::set<const QObject*> m_watching;
    std::vector<TextScore> m_texts;
    std::weak_ptr<LiveEvaluator> m_evaluator; ///< whose model and window options the texts were made for
    bool m_busy = false;
    std::string m_stoppedPlan; ///< fingerprint of the plan that scoring was stopped at
    QString m_runningPath; ///< of the text that is busy
    std::string m_scoringPlan; ///< fingerprint of the plan that is being scored; empty for none
    int m_generation = 0;
};

/// Whether the texts tell different stories: a sentence that names the two that differ most, or nothing.
/// Numbers of an earlier plan or of other windows say nothing. Signs count only where the intervals exclude
/// zero; sizes where the intervals do not meet and one loss is at least twice the other.
[[nodiscard]] QString textDisagreement(const std::vector<TextScore>& texts);

} // namespace rankscope
