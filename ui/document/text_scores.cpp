// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/text_scores.h"

#include "core/base/narrow.h"
#include "core/text/text_source.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Both estimates of one further text.
struct Scores {
    std::shared_ptr<const PerplexityEstimate> baseline;
    std::shared_ptr<const PerplexityEstimate> candidate; ///< null while the plan keeps everything
};

} // namespace

TextScores::TextScores(Workbench& workbench, JobLanes& lanes, JobListModel& jobs, PlanDocument& document,
                       QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_texts(1)
{
    const auto refresh = [this] {
        onEvaluatorChanged();
        dropOutdatedRun();
        forgetStop();
        refreshMain();
        startNext();
    };
    connect(&m_workbench, &Workbench::baselineChanged, this, refresh);
    connect(&m_workbench, &Workbench::candidateChanged, this, refresh);
    connect(&m_workbench, &Workbench::textsChanged, this, refresh);
    connect(&m_workbench, &Workbench::modelChanged, this, refresh);
    refreshMain();
}

TextScores::~TextScores() = default;

void TextScores::setWatching(const QObject* view, bool watching)
{
    if (watching ? !m_watching.insert(view).second : m_watching.erase(view) == 0) {
        return;
    }
    if (watching) {
        connect(view, &QObject::destroyed, this, [this, view] { m_watching.erase(view); });
        startNext();
    }
}

void TextScores::refreshMain()
{
    TextScore& main = m_texts.front();
    main.path = m_workbench.evaluationText();
    main.name = main.path == demoEvaluationText() ? tr("demo text") : QFileInfo(main.path).fileName();
    main.windows = m_workbench.texts().evaluation;
    main.baseline = m_workbench.baseline();
    main.baselineTrust = main.baseline != nullptr ? m_workbench.baselineTrust() : Trust::Missing;
    main.candidate = m_workbench.candidate();
    main.trust = m_workbench.candidateTrust();
    main.failure = m_workbench.blockingSentence();
    main.delta = m_workbench.denseDelta();
    Q_EMIT textChanged(0);
    // Numbers of the further texts age with model and windows, deltas with the plan as well.
    const bool sameWindows = !m_evaluator.expired() && m_evaluator.lock() == m_workbench.evaluator();
    for (int row = 1; row < std::ssize(m_texts); ++row) {
        TextScore& text = m_texts[idx(row)];
        const auto before = std::pair(text.trust, text.baselineTrust);
        text.baselineTrust = text.baseline == nullptr ? Trust::Missing
            : text.baselineCurrent && sameWindows     ? Trust::Final
                                                      : Trust::Stale;
        if (text.candidate == nullptr || m_document.plan().keepsAll()) {
            text.trust = Trust::Missing;
        } else {
            const bool current = m_workbench.candidateTrust() == Trust::Final
                && m_workbench.candidate() != nullptr
                && text.candidate->planFingerprint == m_workbench.candidate()->planFingerprint
                && text.baselineTrust == Trust::Final;
            text.trust = current ? Trust::Final : Trust::Stale;
        }
        if (std::pair(text.trust, text.baselineTrust) != before) {
            Q_EMIT textChanged(row);
        }
    }
}

void TextScores::onEvaluatorChanged()
{
    if (m_workbench.evaluator() == nullptr) {
        if (m_workbench.model() == nullptr) {
            dropRun();
        }
        return;
    }
    if (m_evaluator.lock() == m_workbench.evaluator()) {
        return;
    }
    // Another model, device, window length or count: everything is made again; the numbers stay as stale.
    m_evaluator = m_workbench.evaluator();
    dropRun();
    for (TextScore& text : m_texts) {
        text.windows.reset();
        text.baselineCurrent = false;
        text.failure.clear();
    }
}

void TextScores::dropOutdatedRun()
{
    if (!m_scoringPlan.empty() && m_workbench.candidateTrust() == Trust::Final
        && m_workbench.candidate() != nullptr && m_workbench.candidate()->planFingerprint != m_scoringPlan) {
        dropRun();
    }
}

void TextScores::dropRun()
{
    ++m_generation;
    m_scoringPlan.clear();
    if (std::exchange(m_busy, false)) {
        m_jobs.cancelKind(u"extra-text"_s);
        m_jobs.cancelKind(u"extra-score"_s);
    }
}

void TextScores::forgetStop()
{
    if (m_workbench.candidateTrust() != Trust::Final || m_workbench.candidate() == nullptr
        || m_workbench.candidate()->planFingerprint == m_stoppedPlan) {
        return;
    }
    for (TextScore& text : m_texts) {
        if (std::exchange(text.stopped, false)) {
            text.failure.clear();
        }
    }
}

void TextScores::add(const QString& path)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    if (const int row = rowOf(absolute); row >= 0) {
        m_texts[idx(row)].failure.clear();
        m_texts[idx(row)].reported.clear();
        m_texts[idx(row)].stopped = false;
        Q_EMIT textChanged(row);
        startNext();
        return;
    }
    TextScore text;
    text.path = absolute;
    text.name = QFileInfo(path).fileName();
    Q_EMIT aboutToAdd(static_cast<int>(m_texts.size()));
    m_texts.push_back(std::move(text));
    Q_EMIT added();
    startNext();
}

void TextScores::remove(int row)
{
    if (row < 1 || row >= std::ssize(m_texts)) {
        return;
    }
    const bool running = m_busy && m_texts[idx(row)].path == m_runningPath;
    Q_EMIT aboutToRemove(row);
    m_texts.erase(m_texts.begin() + row);
    Q_EMIT removed();
    if (running) {
        dropRun();
        startNext();
    }
}

int TextScores::rowOf(const QString& path) const
{
    const auto found = std::ranges::find(m_texts, path, &TextScore::path);
    return found == m_texts.end() ? -1 : static_cast<int>(found - m_texts.begin());
}

void TextScores::startNext()
{
    if (m_busy || m_watching.empty() || m_workbench.evaluator() == nullptr
        || m_workbench.baselineTrust() != Trust::Final) {
        return;
    }
    const bool dense = m_document.plan().keepsAll();
    const bool candidateReady = m_workbench.candidateTrust() == Trust::Final && m_workbench.realisedPlan();
    if (!dense && !candidateReady) {
        return; // the main text comes first
    }
    for (int row = 1; row < std::ssize(m_texts); ++row) {
        const TextScore& text = m_texts[idx(row)];
        if (!text.failure.isEmpty()) {
            continue;
        }
        if (text.windows == nullptr) {
            prepare(row);
            return;
        }
        if (isWaiting(text)) {
            score(row);
            return;
        }
    }
}

bool TextScores::isWaiting(const TextScore& text) const
{
    return !text.baselineCurrent || (!m_document.plan().keepsAll() && text.trust != Trust::Final);
}

void TextScores::prepare(int row)
{
    m_busy = true;
    const QString path = m_texts[idx(row)].path;
    m_runningPath = path;
    Job* job = m_jobs.create(tr("Tokenise %1").arg(m_texts[idx(row)].name), u"extra-text"_s);
    job->start(
        m_lanes.cpu(),
        [tokenizer = m_workbench.texts().tokenizer, file = std::filesystem::path(path.toStdU16String()),
         options = m_workbench.options()](JobContext& context) -> Result<TokenWindows> {
            Result<TextSource> source = readTextSource(file);
            if (!source) {
                return source.error();
            }
            WindowOptions windowOptions;
            windowOptions.length = options.windowLength;
            if (options.evaluationWindows > 0) {
                windowOptions.maxWindows = options.evaluationWindows;
            }
            return makeTokenWindows(*tokenizer, *source, windowOptions, context);
        },
        [this, path, generation = m_generation](Result<TokenWindows> result) {
            if (generation != m_generation) {
                return;
            }
            m_busy = false;
            if (const int at = rowOf(path); at > 0) {
                if (!result) {
                    fail(path, result.error());
                    TextScore& text = m_texts[idx(at)];
                    if (std::exchange(text.reported, text.failure) != text.failure) {
                        m_workbench.report(result.error());
                    }
                } else {
                    m_texts[idx(at)].windows = std::make_shared<const TokenWindows>(std::move(*result));
                    Q_EMIT textChanged(at);
                }
            }
            startNext();
        });
}

void TextScores::score(int row)
{
    m_busy = true;
    const TextScore& text = m_texts[idx(row)];
    m_runningPath = text.path;
    const bool dense = m_document.plan().keepsAll();
    std::optional<PruningPlan> plan;
    if (!dense) {
        plan = m_workbench.realisedPlan();
    }
    const std::shared_ptr<const PerplexityEstimate> known = text.baselineCurrent ? text.baseline : nullptr;
    m_scoringPlan = plan ? planFingerprint(*plan) : std::string();
    Job* job = m_jobs.create(tr("Evaluate %1").arg(text.name), u"extra-score"_s);
    job->setUnit(tr("windows"));
    job->start(
        m_lanes.gpu(),
        [model = m_workbench.model(), windows = text.windows, plan,
         known](JobContext& context) -> Result<Scores> {
            Scores scores;
            scores.baseline = known;
            if (scores.baseline == nullptr) {
                Result<std::shared_ptr<const PerplexityEstimate>> baseline
                    = evaluatePerplexity(*model, *windows, nullptr, {}, context);
                if (!baseline) {
                    return baseline.error();
                }
                scores.baseline = std::move(*baseline);
            }
            if (plan) {
                Result<std::shared_ptr<const PerplexityEstimate>> candidate
                    = evaluatePerplexity(*model, *windows, &*plan, {}, context);
                if (!candidate) {
                    return candidate.error();
                }
                scores.candidate = std::move(*candidate);
            }
            return scores;
        },
        [this, path = text.path, generation = m_generation](Result<Scores> result) {
            if (generation != m_generation) {
                return;
            }
            m_busy = false;
            m_scoringPlan.clear();
            if (const int at = rowOf(path); at > 0) {
                if (!result) {
                    fail(path, result.error());
                    m_workbench.report(result.error());
                } else {
                    TextScore& scored = m_texts[idx(at)];
                    scored.baseline = std::move(result->baseline);
                    scored.baselineCurrent = true;
                    if (result->candidate != nullptr) {
                        scored.candidate = std::move(result->candidate);
                        scored.delta = pairedDelta(*scored.baseline, *scored.candidate);
                    }
                    publish(at);
                }
            }
            startNext();
        },
        job_priority::kBackground);
}

void TextScores::publish(int row)
{
    refreshMain(); // sets the trust of all rows
    Q_EMIT textChanged(row);
}

void TextScores::fail(const QString& path, const Error& error)
{
    // Who stops one text does not want the next one to begin instead.
    const bool stopped = error.code == ErrorCode::Cancelled;
    if (stopped) {
        m_stoppedPlan
            = m_workbench.candidate() != nullptr ? m_workbench.candidate()->planFingerprint : std::string();
    }
    for (int row = 1; row < std::ssize(m_texts); ++row) {
        TextScore& text = m_texts[idx(row)];
        if (text.path == path || (stopped && text.failure.isEmpty() && isWaiting(text))) {
            text.failure = stopped ? tr("Stopped: the next plan is scored again, or add the text once more.")
                                   : m_workbench.describe(error);
            text.stopped = stopped;
            Q_EMIT textChanged(row);
        }
    }
}

QString textDisagreement(const std::vector<TextScore>& texts)
{
    const TextScore* least = nullptr;
    const TextScore* most = nullptr;
    for (const TextScore& text : texts) {
        if (!text.delta || text.trust != Trust::Final) {
            continue;
        }
        if (least == nullptr || text.delta->meanNll < least->delta->meanNll) {
            least = &text;
        }
        if (most == nullptr || text.delta->meanNll > most->delta->meanNll) {
            most = &text;
        }
    }
    if (least == nullptr || least == most) {
        return {};
    }
    const auto translated = [](const char* text) { return QCoreApplication::translate("TextScores", text); };
    if (least->delta->significant() && most->delta->significant() && least->delta->meanNll < 0.0
        && most->delta->meanNll > 0.0) {
        return translated("The texts disagree in sign: better on %1, worse on %2.")
            .arg(least->name, most->name);
    }
    if (most->delta->low > least->delta->high && most->delta->meanNll > 0.0
        && most->delta->meanNll >= 2.0 * std::max(0.0, least->delta->meanNll)) {
        return least->delta->significant() && least->delta->meanNll > 0.0
            ? translated("%1 loses %2 times as much as %3.")
                  .arg(most->name, QString::number(most->delta->meanNll / least->delta->meanNll, 'f', 1),
                       least->name)
            : translated("%1 loses clearly, %2 does not.").arg(most->name, least->name);
    }
    return {};
}

} // namespace rankscope
