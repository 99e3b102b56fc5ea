// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/channel_statistics.h"
#include "core/base/device.h"
#include "core/evaluation/live_evaluator.h"
#include "core/jobs/mailbox.h"
#include "core/model/model.h"
#include "core/plan/model_choices.h"
#include "core/pruning/channel_selector.h"
#include "core/text/token_windows.h"
#include "ui/document/plan_document.h"
#include "ui/document/quality.h"
#include "ui/document/result_memory.h"
#include "ui/document/spectra_summary.h"
#include "ui/jobs/live_box.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class QTimer;

namespace rankscope {

class Job;
class JobLanes;
class JobListModel;
class Lane;

/// Tokens of the two texts of a model.
struct PreparedTexts {
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const TokenWindows> evaluation;
    std::shared_ptr<const TokenWindows> calibration;
};

/// The open checkpoint with everything derived from it, and the order in which engine work runs: overview,
/// weights and texts, baseline, spectra, statistics, selector; then a candidate evaluation for every edit of
/// the plan, the newest only. All members on the GUI thread.
class Workbench : public QObject {
    Q_OBJECT

public:
    /// How many windows are scored, and their length in tokens.
    struct Options {
        int evaluationWindows = 32; ///< 0: all that the text has
        int calibrationWindows = 32;
        int windowLength = 512; ///< of the evaluation text
        int spectraWindows = 4;
        int spectraEvery = 32;
        int calibrationLength = 0; ///< 0: as windowLength when the workbench is made
    };

    Workbench(JobLanes& lanes, JobListModel& jobs, PlanDocument& document, Options options,
              QObject* parent = nullptr);
    ~Workbench() override;

    /// What was chosen for a model in an earlier session. Called in the cpu lane, while the model is opened.
    using Recall = std::function<Result<ModelChoices>(const std::filesystem::path& modelFolder)>;
    void setRecall(Recall recall) { m_recall = std::move(recall); }
    /// Asked before a model that has been read takes the place of the present one: calls `adopt` at once,
    /// later or never.
    using AdoptionGate = std::function<void(const std::function<void()>& adopt)>;
    void setAdoptionGate(AdoptionGate gate) { m_adoptionGate = std::move(gate); }
    /// Opens a checkpoint with what was chosen for it earlier; what `instead` holds goes before that. The
    /// present model stays when the folder cannot be described at all.
    void open(const QString& folder, const ModelChoices& instead = {});
    void setEvaluationText(const QString& path);
    void setCalibrationText(const QString& path);
    /// Other windows: the numbers of the old ones stay as stale until the new ones arrive; what does not rest
    /// on the changed text is kept.
    void setOptions(const Options& options);
    /// What deltas are taken against instead of the dense model; null for the dense model again. Ignored
    /// while its windows are not the candidate's.
    void setReference(std::shared_ptr<const PerplexityEstimate> estimate);
    void setDevice(const Device& device, DType dtype);
    void refreshDevices();
    /// Scores the candidate again, the baseline when it is not final; goes on with an opening that was
    /// stopped or failed.
    void evaluateAgain();
    /// Weights or texts that are missing come first, and what rests on them by itself.
    void analyseAgain();
    /// Only what selecting channels lacks: because it was stopped or failed, or waits to be asked for.
    void resumeSelection();
    /// Every job of every kind; what would begin by itself in a moment does not.
    void stopAll();

    [[nodiscard]] const std::shared_ptr<const CheckpointOverview>& overview() const { return m_overview; }
    [[nodiscard]] const std::shared_ptr<const Model>& model() const { return m_model; }
    [[nodiscard]] const Options& options() const { return m_options; }
    [[nodiscard]] const PreparedTexts& texts() const { return m_texts; }
    /// What was chosen for the open model, as far as it turned out to be good.
    [[nodiscard]] const ModelChoices& choices() const { return m_choices; }
    /// Of the present model and windows; null before both are there. Engine lane only.
    [[nodiscard]] const std::shared_ptr<LiveEvaluator>& evaluator() const { return m_evaluator; }
    /// What the delta was taken against: the pinned estimate where it fits the candidate, else the baseline.
    [[nodiscard]] const std::shared_ptr<const PerplexityEstimate>& deltaReference() const
    {
        return m_deltaReference;
    }
    [[nodiscard]] const std::shared_ptr<const SpectraSummary>& spectra() const { return m_spectra; }
    /// What selectors of methods with a calibration text are made from; null before it has been read.
    [[nodiscard]] const std::shared_ptr<const ChannelStatistics>& statistics() const { return m_statistics; }
    /// Stale: of an earlier text or device, while the new ones are computed.
    [[nodiscard]] Trust spectraTrust() const { return m_spectraTrust; }
    [[nodiscard]] const std::shared_ptr<const ChannelSelector>& selector() const { return m_selector; }
    [[nodiscard]] const std::shared_ptr<const PerplexityEstimate>& baseline() const { return m_baseline; }
    [[nodiscard]] const std::shared_ptr<const PerplexityEstimate>& candidate() const { return m_candidate; }
    [[nodiscard]] const RunningDelta& delta() const { return m_delta; }
    /// Candidate minus the dense model, whatever is pinned; nothing unless both are of the same windows.
    [[nodiscard]] std::optional<PairedDelta> denseDelta() const;
    /// Stale as soon as a text has been chosen, until it turns out to be no good.
    [[nodiscard]] Trust baselineTrust() const { return agedBy(EvaluationText, m_baselineTrust); }
    [[nodiscard]] Trust candidateTrust() const
    {
        return agedBy(EvaluationText | CalibrationText, m_candidateTrust);
    }
    [[nodiscard]] const std::vector<DeviceInfo>& devices() const { return m_devices; }
    [[nodiscard]] const Device& device() const { return m_device; }
    [[nodiscard]] DType dtype() const { return m_dtype; }
    [[nodiscard]] const QString& evaluationText() const { return m_evaluationText; }
    [[nodiscard]] const QString& calibrationText() const { return m_calibrationText; }
    /// Evaluation and calibration text are the same, so that selection has seen what it is scored on.
    [[nodiscard]] bool scoresCalibrationText() const
    {
        return m_texts.evaluation != nullptr && m_texts.calibration != nullptr
            && m_texts.evaluation->sourceSha256 == m_texts.calibration->sourceSha256;
    }
    /// The demo's own texts are in use for a model that is not the demo.
    [[nodiscard]] bool usesDemoTextForOtherModel() const;
    /// Why there is no model: a sentence, or empty.
    [[nodiscard]] const QString& modelSentence() const { return m_modelSentence; }
    /// Why there are no numbers, for want of a model or of an evaluation text: a sentence, or empty. For
    /// empty views. What is wrong with the calibration text is in the selectorNote().
    [[nodiscard]] const QString& blockingSentence() const
    {
        return m_modelSentence.isEmpty() ? m_textSentence : m_modelSentence;
    }
    /// The same for views: short and with the way on. The reason itself stands once, in the message that the
    /// problem() made.
    [[nodiscard]] QString blockedNote() const;
    /// Weights or texts of the open checkpoint are missing and nothing is under way to bring them.
    [[nodiscard]] bool canResume() const;
    /// Why baseline, candidate or delta are stale, and what happens about it: a sentence, or empty.
    [[nodiscard]] QString staleReason() const;
    /// Why one kind of result is missing although nothing is blocked (stopped, failed), with the way on; or
    /// empty.
    [[nodiscard]] const QString& spectraNote() const { return m_spectraNote; }
    [[nodiscard]] const QString& selectorNote() const { return m_selectorNote; }
    /// Of what methods with a calibration text need.
    [[nodiscard]] const QString& statisticsNote() const { return m_statisticsNote; }
    [[nodiscard]] const QString& baselineNote() const { return m_baselineNote; }
    /// Also that the channels it needs are not being selected.
    [[nodiscard]] const QString& candidateNote() const;
    /// What the engine is doing, for the status bar: a job's title, or empty.
    [[nodiscard]] QString activity() const;
    /// The same of any lane, with how many jobs wait there.
    [[nodiscard]] std::pair<QString, int> laneActivity(const Lane& lane) const;
    /// Everything that was asked for has been computed, or has been stopped or failed.
    [[nodiscard]] bool settled() const;
    /// The realised plan of the newest finished selection that matches the document, if any.
    [[nodiscard]] const std::optional<PruningPlan>& realisedPlan() const { return m_realised; }
    /// The document's method as far as it has selected: a plan under it with its channels filled in, which
    /// comes before its number does. Its layers need not be those of now. Nothing before the first selection.
    [[nodiscard]] std::optional<PruningPlan> selectedPlan() const;
    /// Mean loss in nats per token against the dense model of a plan that has been measured over the present
    /// windows.
    [[nodiscard]] std::optional<double> knownLoss(const PruningPlan& plan) const;
    /// Milliseconds from the last edit to the first live number after it; negative before there is one.
    [[nodiscard]] double lastReactionMs() const { return m_lastReactionMs; }

    /// Tells the user of a failure, of memory with what to do about it; nothing of what was stopped. For
    /// every kind of engine work, here and elsewhere.
    void report(const Error& error);
    /// The sentence of report().
    [[nodiscard]] QString describe(const Error& error) const;
    /// The note of a result that did not come: the error's sentence, or that it was stopped, and `wayOn`.
    [[nodiscard]] QString noteOf(const Error& error, const QString& wayOn) const;

Q_SIGNALS:
    void overviewChanged();
    /// The folder of open() could not be described, or that was stopped: what was open stays.
    void openFailed(const rankscope::Error& error);
    void modelChanged();
    void textsChanged();
    void choicesChanged();
    void devicesChanged();
    void spectraChanged();
    void selectorChanged();
    void baselineChanged();
    void candidateChanged();
    void activityChanged();
    /// The model could not be loaded on the device that was chosen; its numbers of `device` stay, as stale.
    void deviceFailed(const rankscope::Device& device, rankscope::DType dtype);
    /// stopAll() was called: jobs are about to be told. For those who would start one in a moment.
    void allStopped();
    /// A sentence for the message bar. `severity` as of checkpoint issues.
    void problem(const QString& sentence, rankscope::IssueSeverity severity);

private:
    struct CandidateOutcome {
        PruningPlan plan;
        std::shared_ptr<const PerplexityEstimate> estimate; ///< null when the plan keeps everything
    };
    using LiveNumbers = std::shared_ptr<LiveBox<PerplexityEstimate>>;

    /// EvaluationWindows only where it is about what was chosen.
    enum TextPart : unsigned { EvaluationText = 1, CalibrationText = 2, EvaluationWindows = 4 };
    /// What the present windows were made from.
    struct UsedTexts {
        QString evaluation;
        QString calibration;
        int evaluationWindows = 0;
        int windowLength = 0;
    };
    /// An overview with what is known of earlier choices.
    struct Opened;
    void adoptOverview(Opened opened);
    void applyChoices(Opened& opened);
    /// After windows were made from what the user wanted.
    void keepChoice(unsigned part, const UsedTexts& used);
    /// How many windows, and whether the analysis starts by itself: for the open model on the present device.
    void applyOpenDefaults(bool dtypeChosen);
    void loadWeights();
    using Windows = Result<std::shared_ptr<const TokenWindows>>;
    /// Tokenises the parts (a mask of TextPart) together with those still under way.
    void prepareTexts(unsigned parts);
    /// A text that is no good changes nothing: the one before stays, if there was one.
    void takeEvaluationText(Windows windows, const UsedTexts& used);
    void takeCalibrationText(Windows windows, const UsedTexts& used);
    void tellTextKept(const Error& error, const QString& path);
    [[nodiscard]] unsigned missingTexts() const;
    void resumeOpening();
    [[nodiscard]] Trust agedBy(unsigned parts, Trust trust) const
    {
        return (m_pendingTexts & parts) != 0 && trust != Trust::Missing ? Trust::Stale : trust;
    }
    void startWhenReady();
    [[nodiscard]] QString askFirstNote() const;
    void updateDelta();
    void startBaseline();
    void startSpectra();
    void startStatistics();
    void ensureSelector();
    void onPlanChanged();
    void scheduleCandidate();
    void startCandidate();
    /// Shows the final number of a plan that was evaluated before; false when there is none.
    bool showKnown(const PruningPlan& plan);
    [[nodiscard]] LiveNumbers newLiveNumbers();
    void showBaseline(std::shared_ptr<const PerplexityEstimate> estimate);
    void liveArrived();
    void takeLive();
    /// Of the plan that the newest run was started for: it is the document's.
    [[nodiscard]] bool runFitsPlan() const;
    /// Work for an earlier model or device is of no use any more.
    void stopEngineWork();
    void tellBlocked();
    void forgetResults();
    void ageEvaluation();
    void forgetStatistics();
    void showCandidate(std::shared_ptr<const PerplexityEstimate> estimate, Trust trust);
    [[nodiscard]] Job* newJob(const QString& title, const QString& kind);

    JobLanes& m_lanes;
    JobListModel& m_jobs;
    PlanDocument& m_document;
    Options m_options;

    QString m_folder;
    QString m_evaluationText;
    QString m_calibrationText;
    Device m_device;
    DType m_dtype = DType::F32;
    Options m_wantedOptions; ///< before they were fitted to the size of the model
    Recall m_recall;
    AdoptionGate m_adoptionGate;
    int m_openRequest = 0; ///< the newest: what an earlier one has read is not wanted any more
    ModelChoices m_choices;
    UsedTexts m_general; ///< what a model starts with for which nothing was chosen
    unsigned m_chosenParts = 0; ///< by the user, and not yet known to be good
    unsigned m_askedParts = 0; ///< by the user for the model to come, whatever was chosen for it earlier
    bool m_analyseAtOnce = true;
    double m_analysisSeconds = 0.0;
    bool m_dtypeChosen = false;
    std::optional<std::pair<Device, DType>> m_loadedOn; ///< the open model, most recently
    bool m_deviceChosen = false; ///< otherwise a GPU is taken when one is found
    std::vector<DeviceInfo> m_devices;
    QString m_modelSentence;
    QString m_textSentence; ///< of the evaluation text
    bool m_modelStopped = false; ///< what the sentence is about: stopped, not failed
    bool m_textStopped = false;
    QString m_spectraNote;
    QString m_selectorNote;
    QString m_statisticsNote;
    QString m_baselineNote;
    QString m_candidateNote;

    std::shared_ptr<const CheckpointOverview> m_overview;
    std::shared_ptr<const Model> m_model;
    PreparedTexts m_texts;
    std::shared_ptr<LiveEvaluator> m_evaluator;
    std::shared_ptr<const SpectraSummary> m_spectra;
    std::shared_ptr<const ChannelStatistics> m_statistics;
    std::shared_ptr<const ChannelSelector> m_selector;
    std::shared_ptr<const PerplexityEstimate> m_baseline;
    std::shared_ptr<const PerplexityEstimate> m_candidate;
    std::optional<PruningPlan> m_realised;
    std::shared_ptr<Mailbox<PruningPlan>> m_selection; ///< of the newest candidate run
    mutable std::shared_ptr<const PruningPlan> m_selected; ///< the newest that came there
    std::weak_ptr<const ChannelSelector> m_selectedBy;
    std::shared_ptr<const PerplexityEstimate> m_reference;
    std::shared_ptr<const PerplexityEstimate> m_deltaReference;
    ResultMemory m_results;
    RunningDelta m_delta;
    struct DenseDelta {
        std::shared_ptr<const PerplexityEstimate> baseline;
        std::shared_ptr<const PerplexityEstimate> candidate;
        std::optional<PairedDelta> delta;
    };
    mutable DenseDelta m_denseDelta; ///< the last one, for while another candidate is pinned
    Trust m_baselineTrust = Trust::Missing;
    Trust m_candidateTrust = Trust::Missing;
    Trust m_spectraTrust = Trust::Missing;

    LiveNumbers m_baselineBox;
    LiveNumbers m_candidateBox;
    QTimer* m_liveTimer;
    QTimer* m_editTimer;
    QElapsedTimer m_sinceStart; ///< of the newest candidate run
    QElapsedTimer m_sinceEdit;
    QElapsedTimer m_sinceTaken; ///< of live numbers
    bool m_runHasNumber = false; ///< the newest candidate run has shown one
    bool m_restartOnNumber = false; ///< the newest edit waits for the run's first number
    bool m_awaitingFirstNumber = false;
    double m_lastReactionMs = -1.0;
    PruningPlan m_evaluatedPlan; ///< the document's plan that the newest run was started for
    bool m_loadingWeights = false;
    bool m_spectraUnderWay = false;
    bool m_statisticsUnderWay = false;
    std::optional<std::pair<std::string, std::uint64_t>> m_selecting; ///< method and seed under way
    int m_generation = 0; ///< of the model on its device: results of earlier ones are dropped
    int m_textGeneration = 0; ///< of the evaluation windows
    int m_calibrationGeneration = 0; ///< of the calibration windows on their model
    int m_textRequest = 0;
    UsedTexts m_usedTexts;
    unsigned m_pendingTexts = 0; ///< parts that are being tokenised
    std::pair<std::string, int> m_spectraBasis; ///< hash and window length of the text of the spectra
};

} // namespace rankscope
