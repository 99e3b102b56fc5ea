// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/workbench.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/document/open_defaults.h"
#include "ui/document/resources.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QDir>
#include <QFileInfo>
#include <QTimer>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

} // namespace

Workbench::Workbench(JobLanes& lanes, JobListModel& jobs, PlanDocument& document, Options options,
                     QObject* parent)
    : QObject(parent)
    , m_lanes(lanes)
    , m_jobs(jobs)
    , m_document(document)
    , m_options(options)
    , m_evaluationText(demoEvaluationText())
    , m_calibrationText(demoCalibrationText())
    , m_liveTimer(new QTimer(this))
    , m_editTimer(new QTimer(this))
{
    m_wantedOptions = options;
    if (m_options.calibrationLength == 0) {
        m_options.calibrationLength = m_options.windowLength;
    }
    m_liveTimer->setSingleShot(true);
    connect(m_liveTimer, &QTimer::timeout, this, &Workbench::takeLive);
    m_editTimer->setSingleShot(true);
    connect(m_editTimer, &QTimer::timeout, this, &Workbench::startCandidate);
    connect(&m_document, &PlanDocument::planChanged, this, &Workbench::onPlanChanged);
    connect(&m_jobs, &JobListModel::activityChanged, this, &Workbench::activityChanged);
}

Workbench::~Workbench() = default;

Job* Workbench::newJob(const QString& title, const QString& kind)
{
    return m_jobs.create(title, kind);
}

void Workbench::open(const QString& folder)
{
    const QString path = QDir::cleanPath(QFileInfo(folder).absoluteFilePath());
    Job* job = newJob(tr("Read %1").arg(QFileInfo(path).fileName()), u"inspect"_s);
    job->start(
        m_lanes.cpu(), [path = pathOf(path)](JobContext&) { return inspectCheckpoint(path); },
        [this](Result<CheckpointOverview> result) {
            if (!result) {
                if (m_overview == nullptr) {
                    setBlocked(&Workbench::m_weightsProblem, QString::fromStdString(result.error().message));
                }
                report(result.error());
                return;
            }
            adoptOverview(std::move(result).value());
        });
}

void Workbench::adoptOverview(CheckpointOverview overview)
{
    ++m_generation;
    stopEngineWork();
    m_overview = std::make_shared<const CheckpointOverview>(std::move(overview));
    m_folder = QString::fromStdU16String(m_overview->folder.u16string());
    m_model.reset();
    m_texts = {};
    forgetResults();
    m_weightsProblem.clear();
    m_textProblem.clear();
    applyOpenDefaults();
    PruningPlan plan = keepAllPlan(m_overview->spec);
    for (LayerPlan& layer : plan.layers) {
        layer.kept.clear(); // "as the method selects": everything, until a count is lowered
    }
    plan.modelFingerprint = m_overview->fingerprint;
    plan.modelName = m_overview->name;
    plan.method = pruningMethods().empty() ? "" : pruningMethods().front().id;
    Q_EMIT overviewChanged();
    m_document.open(m_overview->spec, plan);
    if (!m_overview->loadable()) {
        const Error error = m_overview->firstError();
        setBlocked(&Workbench::m_weightsProblem, QString::fromStdString(error.message));
        report(error);
        return;
    }
    loadWeights();
    prepareTexts(EvaluationText | CalibrationText);
}

void Workbench::applyOpenDefaults()
{
    const WantedWork wanted { m_wantedOptions.evaluationWindows, m_options.windowLength,
                              m_options.calibrationWindows, m_options.calibrationLength,
                              m_options.spectraWindows };
    const OpenDefaults defaults
        = openDefaults(*m_overview, m_device, m_dtypeChosen ? &m_dtype : nullptr, wanted, engineThreads());
    m_options.evaluationWindows = defaults.evaluationWindows;
    m_analyseAtOnce = defaults.analyseAtOnce;
    m_analysisSeconds = defaults.analysisSeconds;
    if (m_dtype != defaults.dtype) {
        m_dtype = defaults.dtype;
        Q_EMIT devicesChanged();
    }
    if (!defaults.note.isEmpty()) {
        Q_EMIT problem(defaults.note, IssueSeverity::Note);
    }
}

void Workbench::loadWeights()
{
    m_weightsProblem.clear();
    Job* job = newJob(tr("Load weights"), u"load"_s);
    job->start(
        m_lanes.gpu(),
        [folder = m_overview->folder, options = LoadOptions { m_device, m_dtype }](JobContext& context) {
            return loadModel(folder, options, context);
        },
        [this, generation = m_generation](Result<std::shared_ptr<const Model>> result) {
            if (generation != m_generation) {
                return;
            }
            if (!result) {
                setBlocked(&Workbench::m_weightsProblem, openingProblem(result.error()));
                report(result.error());
                return;
            }
            m_model = std::move(result).value();
            m_document.setModelDigest(m_model->digest());
            Q_EMIT modelChanged();
            startWhenReady();
        },
        job_priority::kLoad);
}

void Workbench::prepareTexts(unsigned parts)
{
    const int generation = m_generation;
    const int textGeneration = ++m_textGeneration;
    m_textProblem.clear();
    m_pendingTexts |= parts;
    if ((parts & EvaluationText) != 0) {
        m_texts.evaluation.reset();
        ageEvaluation();
    }
    if ((parts & CalibrationText) != 0) {
        m_texts.calibration.reset();
        forgetStatistics();
    }
    Q_EMIT textsChanged();
    Job* job = newJob(tr("Tokenise texts"), u"texts"_s);
    job->start(
        m_lanes.cpu(),
        [folder = m_overview->folder, evaluation = pathOf(m_evaluationText),
         calibration = pathOf(m_calibrationText), options = m_options,
         wanted = m_pendingTexts](JobContext& context) -> Result<PreparedTexts> {
            Result<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::load(folder);
            if (!tokenizer) {
                return tokenizer.error();
            }
            PreparedTexts texts;
            texts.tokenizer = *tokenizer;
            const auto prepare = [&](const std::filesystem::path& path, int count, int length,
                                     std::shared_ptr<const TokenWindows>& to) -> Status {
                Result<TextSource> source = readTextSource(path);
                if (!source) {
                    return source.error();
                }
                WindowOptions windowOptions;
                windowOptions.length = length;
                if (count > 0) {
                    windowOptions.maxWindows = count;
                }
                Result<TokenWindows> windows
                    = makeTokenWindows(*texts.tokenizer, *source, windowOptions, context);
                if (!windows) {
                    return windows.error();
                }
                to = std::make_shared<const TokenWindows>(std::move(*windows));
                return Unit {};
            };
            if ((wanted & EvaluationText) != 0) {
                if (Status made
                    = prepare(evaluation, options.evaluationWindows, options.windowLength, texts.evaluation);
                    !made) {
                    return made.error();
                }
            }
            if ((wanted & CalibrationText) != 0) {
                if (Status made = prepare(calibration, options.calibrationWindows, options.calibrationLength,
                                          texts.calibration);
                    !made) {
                    return made.error();
                }
            }
            return texts;
        },
        [this, generation, textGeneration](Result<PreparedTexts> result) {
            if (generation != m_generation || textGeneration != m_textGeneration) {
                return;
            }
            if (!result) {
                setBlocked(&Workbench::m_textProblem, openingProblem(result.error()));
                report(result.error());
                return;
            }
            m_pendingTexts = 0;
            m_texts.tokenizer = std::move(result->tokenizer);
            if (result->evaluation != nullptr) {
                m_texts.evaluation = std::move(result->evaluation);
            }
            if (result->calibration != nullptr) {
                m_texts.calibration = std::move(result->calibration);
            }
            Q_EMIT textsChanged();
            startWhenReady();
        });
}

void Workbench::setEvaluationText(const QString& path)
{
    m_evaluationText = path;
    if (m_overview != nullptr && m_overview->loadable()) {
        prepareTexts(EvaluationText);
    } else {
        Q_EMIT textsChanged(); // of the next model
    }
}

void Workbench::setCalibrationText(const QString& path)
{
    m_calibrationText = path;
    if (m_overview != nullptr && m_overview->loadable()) {
        prepareTexts(CalibrationText);
    } else {
        Q_EMIT textsChanged();
    }
}

void Workbench::setOptions(const Options& options)
{
    unsigned parts = 0;
    if (options.evaluationWindows != m_options.evaluationWindows
        || options.windowLength != m_options.windowLength) {
        parts |= EvaluationText;
    }
    if (options.calibrationWindows != m_options.calibrationWindows
        || options.calibrationLength != m_options.calibrationLength) {
        parts |= CalibrationText;
    }
    m_options = options;
    m_wantedOptions = options;
    if (parts != 0 && m_overview != nullptr && m_overview->loadable()) {
        prepareTexts(parts);
    }
}

void Workbench::setReference(std::shared_ptr<const PerplexityEstimate> estimate)
{
    if (estimate != m_reference) {
        m_reference = std::move(estimate);
        updateDelta();
        Q_EMIT candidateChanged();
    }
}

void Workbench::setDevice(const Device& device, DType dtype)
{
    if (device == m_device && dtype == m_dtype) {
        return;
    }
    m_dtypeChosen = m_deviceChosen || dtype != m_dtype;
    m_deviceChosen = true;
    m_device = device;
    m_dtype = dtype;
    Q_EMIT devicesChanged();
    if (m_overview != nullptr && m_overview->loadable()) {
        ++m_generation;
        stopEngineWork();
        m_model.reset();
        ageEvaluation(); // numbers of the other device stay as stale until the new ones arrive
        forgetStatistics();
        m_spectraBasis = {};
        m_spectraTrust = m_spectra != nullptr ? Trust::Stale : Trust::Missing;
        Q_EMIT spectraChanged();
        Q_EMIT modelChanged();
        loadWeights();
        prepareTexts(EvaluationText | CalibrationText);
    }
}

void Workbench::refreshDevices()
{
    Job* job = newJob(tr("Look for devices"), u"devices"_s);
    job->start(
        m_lanes.gpu(), [](JobContext&) { return Result<std::vector<DeviceInfo>>(listDevices()); },
        [this](Result<std::vector<DeviceInfo>> result) {
            if (result) {
                m_devices = std::move(result).value();
                Q_EMIT devicesChanged();
                const auto gpu = std::find_if(m_devices.begin(), m_devices.end(), [](const DeviceInfo& info) {
                    return info.device.kind == DeviceKind::Cuda;
                });
                if (!m_deviceChosen && gpu != m_devices.end()) {
                    setDevice(gpu->device, DType::BF16);
                }
            }
        },
        job_priority::kDevices);
}

void Workbench::stopEngineWork()
{
    for (const QString& kind :
         { u"load"_s, u"baseline"_s, u"candidate"_s, u"spectra"_s, u"statistics"_s, u"selector"_s }) {
        m_jobs.cancelKind(kind);
    }
}

void Workbench::stopAll()
{
    m_editTimer->stop();
    m_restartOnNumber = false;
    m_jobs.cancelAll();
}

bool Workbench::usesDemoTextForOtherModel() const
{
    return m_overview != nullptr && m_evaluationText == demoEvaluationText()
        && QDir(m_folder).canonicalPath() != QDir(demoFolder()).canonicalPath();
}

QString Workbench::activity() const
{
    return laneActivity(m_lanes.gpu()).first;
}

std::pair<QString, int> Workbench::laneActivity(const Lane& lane) const
{
    QString running;
    int others = 0;
    for (int row = 0; row < m_jobs.rowCount(); ++row) {
        const Job* job = m_jobs.jobAt(row);
        if (job->lane() != &lane || isFinished(job->state())) {
            continue;
        }
        if (running.isEmpty() && job->state() != JobState::Queued && job->waitingFor() == 0) {
            running = job->title();
        } else {
            ++others;
        }
    }
    return { running, others };
}

bool Workbench::settled() const
{
    const bool candidateDone = m_document.plan().keepsAll() || m_candidateTrust == Trust::Final;
    return !m_jobs.anyActive() && !m_editTimer->isActive()
        && (!blockingSentence().isEmpty() || (m_baselineTrust == Trust::Final && candidateDone));
}

void Workbench::report(const Error& error)
{
    if (error.code == ErrorCode::Cancelled) {
        return;
    }
    QString sentence = QString::fromStdString(error.message);
    if (error.code == ErrorCode::OutOfMemory) {
        const bool gpu = m_device.kind == DeviceKind::Cuda;
        sentence += u' '
            + (gpu ? tr("Choose fewer or shorter windows, bf16, or the CPU in the device menu.")
                   : m_dtype == DType::BF16
                   ? tr("Close other programs, or choose fewer or shorter windows.")
                   : tr(
                       "Close other programs, choose bf16 in the device menu, or fewer or shorter windows."));
        // What the failed work left behind would otherwise stay reserved.
        Job* job = newJob(tr("Release memory"), u"release"_s);
        job->start(
            m_lanes.gpu(),
            [device = m_device](JobContext&) {
                releaseCachedMemory(device);
                return Result<Unit>(Unit {});
            },
            [](const Result<Unit>&) {}, job_priority::kDevices);
    }
    Q_EMIT problem(sentence, IssueSeverity::Error);
}

QString Workbench::noteOf(const Error& error, const QString& wayOn)
{
    const QString what
        = error.code == ErrorCode::Cancelled ? tr("Stopped.") : QString::fromStdString(error.message);
    return what + u' ' + wayOn;
}

QString Workbench::openingProblem(const Error& error)
{
    return error.code == ErrorCode::Cancelled ? tr("Opening was stopped. Press Ctrl+R to go on.")
                                              : QString::fromStdString(error.message);
}

bool Workbench::canResume() const
{
    return m_overview != nullptr && m_overview->loadable() && !blockingSentence().isEmpty();
}

void Workbench::setBlocked(QString Workbench::*problem, const QString& sentence)
{
    this->*problem = sentence;
    Q_EMIT baselineChanged();
    Q_EMIT spectraChanged();
    Q_EMIT selectorChanged();
    Q_EMIT candidateChanged();
}

void Workbench::forgetResults()
{
    m_spectra.reset();
    m_spectraTrust = Trust::Missing;
    m_spectraNote.clear();
    m_baseline.reset();
    m_candidate.reset();
    m_delta.clear();
    m_deltaReference.reset();
    m_baselineTrust = Trust::Missing;
    m_candidateTrust = Trust::Missing;
    ageEvaluation();
    forgetStatistics();
    Q_EMIT spectraChanged();
}

/// The windows are about to change: numbers stay as stale, runs under way are of no use any more.
void Workbench::ageEvaluation()
{
    m_evaluator.reset();
    if (m_baselineBox != nullptr) {
        m_jobs.cancelKind(u"baseline"_s);
        m_baselineBox.reset();
    }
    if (m_candidateBox != nullptr) {
        m_jobs.cancelKind(u"candidate"_s);
        m_candidateBox.reset();
    }
    m_baselineNote.clear();
    m_candidateNote.clear();
    m_baselineTrust = m_baseline != nullptr ? Trust::Stale : Trust::Missing;
    m_candidateTrust = m_candidate != nullptr ? Trust::Stale : Trust::Missing;
    Q_EMIT baselineChanged();
    Q_EMIT candidateChanged();
}

void Workbench::forgetStatistics()
{
    m_statistics.reset();
    m_selector.reset();
    m_selectorNote.clear();
    m_realised.reset();
    if (m_candidateTrust == Trust::Final) {
        m_candidateTrust = Trust::Stale;
        Q_EMIT candidateChanged();
    }
    Q_EMIT selectorChanged();
}

} // namespace rankscope
