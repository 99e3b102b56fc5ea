// SPDX-License-Identifier: GPL-3.0-or-later
// How a model and its texts come in: overview, weights, tokens, the device.
#include "core/pruning/method_registry.h"
#include "ui/document/open_defaults.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

} // namespace

struct Workbench::Opened {
    CheckpointOverview overview;
    ModelChoices choices;
    std::vector<std::pair<TextPart, QString>> gone; ///< texts that were chosen and are no files any more
    std::string problem; ///< why choices could not be read: a sentence, or empty
};

void Workbench::open(const QString& folder, const ModelChoices& instead)
{
    const QString path = QDir::cleanPath(QFileInfo(folder).absoluteFilePath());
    const int request = ++m_openRequest;
    Job* job = newJob(tr("Read %1").arg(QFileInfo(path).fileName()), u"inspect"_s);
    job->start(
        m_lanes.cpu(),
        [path = pathOf(path), recall = m_recall, instead](JobContext&) -> Result<Opened> {
            Result<CheckpointOverview> overview = inspectCheckpoint(path);
            if (!overview) {
                return overview.error();
            }
            Opened opened { std::move(*overview), {}, {}, {} };
            if (recall) {
                if (Result<ModelChoices> recalled = recall(opened.overview.folder)) {
                    opened.choices = std::move(*recalled);
                } else {
                    opened.problem = recalled.error().message;
                }
            }
            const auto settle
                = [&opened](TextPart part, std::filesystem::path& text, const std::filesystem::path& wanted) {
                      if (!wanted.empty()) {
                          text = wanted;
                      }
                      std::error_code error;
                      if (!text.empty() && !std::filesystem::is_regular_file(text, error)) {
                          opened.gone.emplace_back(part, QString::fromStdU16String(text.u16string()));
                      }
                  };
            settle(EvaluationText, opened.choices.evaluationText, instead.evaluationText);
            settle(CalibrationText, opened.choices.calibrationText, instead.calibrationText);
            return opened;
        },
        [this, request](Result<Opened> result) {
            if (!result) {
                if (m_overview == nullptr) {
                    m_modelStopped = result.error().code == ErrorCode::Cancelled;
                    m_modelSentence = result.error().code == ErrorCode::Cancelled
                        ? tr("Opening was stopped: open the model again.")
                        : describe(result.error());
                    tellBlocked();
                }
                report(result.error());
                Q_EMIT openFailed(result.error());
                return;
            }
            const auto adopt
                = [this, request, opened = std::make_shared<Opened>(std::move(result).value())] {
                      if (request == m_openRequest) {
                          adoptOverview(std::move(*opened));
                      }
                  };
            m_adoptionGate ? m_adoptionGate(adopt) : adopt();
        });
}

/// A text that is gone stays chosen: its drive may be back the next time.
void Workbench::applyChoices(Opened& opened)
{
    m_choices = std::move(opened.choices);
    // What was chosen a moment ago and has not been read yet is not taken back.
    if ((m_chosenParts & EvaluationText) != 0) {
        m_general.evaluation = m_evaluationText;
    }
    if ((m_chosenParts & CalibrationText) != 0) {
        m_general.calibration = m_calibrationText;
    }
    m_chosenParts = 0;
    const unsigned asked = std::exchange(m_askedParts, 0U);
    QString goneEvaluation;
    QString goneCalibration;
    for (const auto& [part, path] : opened.gone) {
        if ((asked & part) == 0) {
            (part == EvaluationText ? goneEvaluation : goneCalibration) = path;
        }
    }
    const auto textOf = [asked](TextPart part, const std::filesystem::path& chosen, const QString& gone,
                                const QString& general) {
        return (asked & part) != 0 || chosen.empty() || !gone.isEmpty()
            ? general
            : QString::fromStdU16String(chosen.u16string());
    };
    m_evaluationText
        = textOf(EvaluationText, m_choices.evaluationText, goneEvaluation, m_general.evaluation);
    m_calibrationText
        = textOf(CalibrationText, m_choices.calibrationText, goneCalibration, m_general.calibration);
    m_wantedOptions.evaluationWindows = m_choices.evaluationWindows.value_or(m_general.evaluationWindows);
    m_wantedOptions.windowLength = m_choices.windowLength.value_or(m_general.windowLength);
    m_options.windowLength = m_wantedOptions.windowLength;
    if (!opened.problem.empty()) {
        Q_EMIT problem(QString::fromStdString(opened.problem), IssueSeverity::Warning);
    }
    if (!goneEvaluation.isEmpty()) {
        Q_EMIT problem(
            tr("The evaluation text that was chosen for this model, \"%1\", is gone. %2 is scored "
               "instead.")
                .arg(QDir::toNativeSeparators(goneEvaluation), QFileInfo(m_evaluationText).fileName()),
            IssueSeverity::Warning);
    }
    if (!goneCalibration.isEmpty()) {
        Q_EMIT problem(
            tr("The calibration text that was chosen for this model, \"%1\", is gone. Channels are "
               "selected on %2 instead.")
                .arg(QDir::toNativeSeparators(goneCalibration), QFileInfo(m_calibrationText).fileName()),
            IssueSeverity::Warning);
    }
}

void Workbench::keepChoice(unsigned part, const UsedTexts& used)
{
    // The bundled texts are found by themselves, wherever the program moves to.
    const auto chosen = [](const QString& path, const QString& bundled) {
        return path == bundled ? std::filesystem::path() : pathOf(path);
    };
    const ModelChoices before = m_choices;
    const unsigned kept = m_chosenParts & (part == EvaluationText ? part | EvaluationWindows : part);
    m_chosenParts &= ~kept;
    if ((kept & EvaluationText) != 0) {
        m_choices.evaluationText = chosen(used.evaluation, demoEvaluationText());
        m_general.evaluation = used.evaluation;
    }
    if ((kept & EvaluationWindows) != 0) {
        m_choices.evaluationWindows = used.evaluationWindows;
        m_choices.windowLength = used.windowLength;
        m_choices.windowsOnGpu = m_device.kind == DeviceKind::Cuda;
        m_general.evaluationWindows = used.evaluationWindows;
        m_general.windowLength = used.windowLength;
    }
    if ((kept & CalibrationText) != 0) {
        m_choices.calibrationText = chosen(used.calibration, demoCalibrationText());
        m_general.calibration = used.calibration;
    }
    if (m_choices != before) {
        Q_EMIT choicesChanged();
    }
}

void Workbench::adoptOverview(Opened opened)
{
    ++m_generation;
    stopEngineWork();
    m_overview = std::make_shared<const CheckpointOverview>(std::move(opened.overview));
    m_folder = QString::fromStdU16String(m_overview->folder.u16string());
    m_model.reset();
    m_loadedOn.reset();
    m_jobs.cancelKind(u"texts"_s);
    ++m_textRequest;
    m_pendingTexts = 0;
    m_texts = {};
    m_usedTexts = {};
    forgetResults();
    m_modelSentence.clear();
    m_textSentence.clear();
    applyChoices(opened);
    applyOpenDefaults(m_dtypeChosen);
    PruningPlan plan = keepAllPlan(m_overview->spec);
    for (LayerPlan& layer : plan.layers) {
        layer.kept.clear(); // "as the method selects": everything, until a count is lowered
    }
    plan.modelFingerprint = m_overview->fingerprint;
    plan.modelName = m_overview->name;
    plan.seed = kDefaultSeed;
    plan.method = pruningMethods().empty() ? "" : pruningMethods().front().id;
    Q_EMIT overviewChanged();
    m_document.open(m_overview->spec, plan);
    if (!m_overview->loadable()) {
        const Error error = m_overview->firstError();
        m_modelStopped = false;
        m_modelSentence = describe(error);
        tellBlocked();
        report(error);
        return;
    }
    loadWeights();
    prepareTexts(EvaluationText | CalibrationText);
}

void Workbench::applyOpenDefaults(bool dtypeChosen)
{
    const bool chosen
        = m_choices.evaluationWindows && m_choices.windowsOnGpu == (m_device.kind == DeviceKind::Cuda);
    const WantedWork wanted { m_wantedOptions.evaluationWindows, m_options.windowLength,
                              m_options.calibrationWindows,      m_options.calibrationLength,
                              m_options.spectraWindows,          chosen };
    const OpenDefaults defaults
        = openDefaults(*m_overview, m_device, dtypeChosen ? &m_dtype : nullptr, wanted, engineThreads());
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
    m_loadingWeights = true;
    if (!m_modelSentence.isEmpty()) {
        m_modelSentence.clear();
        tellBlocked();
    }
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
            m_loadingWeights = false;
            if (!result) {
                m_modelStopped = result.error().code == ErrorCode::Cancelled;
                m_modelSentence = result.error().code == ErrorCode::Cancelled
                    ? tr("Loading the weights was stopped. Press F5 to go on.")
                    : describe(result.error());
                tellBlocked();
                report(result.error());
                if (result.error().code != ErrorCode::Cancelled && m_loadedOn
                    && *m_loadedOn != std::pair(m_device, m_dtype)) {
                    Q_EMIT deviceFailed(m_loadedOn->first, m_loadedOn->second);
                }
                return;
            }
            m_loadedOn = { m_device, m_dtype };
            m_model = std::move(result).value();
            m_document.setModelDigest(m_model->digest());
            Q_EMIT modelChanged();
            startWhenReady();
        },
        job_priority::kLoad);
}

void Workbench::prepareTexts(unsigned parts)
{
    m_pendingTexts |= parts;
    const int request = ++m_textRequest;
    // Nothing of the present texts is touched before the new ones are known to be good; meanwhile what rests
    // on them counts as stale.
    if ((parts & EvaluationText) != 0) {
        m_textSentence.clear();
    }
    if ((parts & CalibrationText) != 0 && m_texts.calibration == nullptr) {
        m_selectorNote.clear();
    }
    Q_EMIT textsChanged();
    tellBlocked();
    struct Outcome {
        std::shared_ptr<const Tokenizer> tokenizer;
        Windows evaluation = cancelledError();
        Windows calibration = cancelledError();
    };
    const UsedTexts used { m_evaluationText, m_calibrationText, m_options.evaluationWindows,
                           m_options.windowLength };
    auto outcome = std::make_shared<Outcome>();
    Job* job = newJob(tr("Tokenise texts"), u"texts"_s);
    job->start(
        m_lanes.cpu(),
        [folder = m_overview->folder, used, options = m_options, outcome,
         wanted = m_pendingTexts](JobContext& context) -> Status {
            Result<std::shared_ptr<const Tokenizer>> tokenizer = Tokenizer::load(folder);
            if (!tokenizer) {
                outcome->evaluation = outcome->calibration = tokenizer.error();
                return tokenizer.error();
            }
            outcome->tokenizer = *tokenizer;
            const auto prepare = [&](const QString& path, int count, int length) -> Windows {
                Result<TextSource> source = readTextSource(pathOf(path));
                if (!source) {
                    return source.error();
                }
                WindowOptions windowOptions;
                windowOptions.length = length;
                if (count > 0) {
                    windowOptions.maxWindows = count;
                }
                Result<TokenWindows> windows = makeTokenWindows(**tokenizer, *source, windowOptions, context);
                if (!windows) {
                    return windows.error();
                }
                return std::make_shared<const TokenWindows>(std::move(*windows));
            };
            Status status = Unit {};
            if ((wanted & EvaluationText) != 0) {
                outcome->evaluation
                    = prepare(used.evaluation, options.evaluationWindows, options.windowLength);
                if (!outcome->evaluation) {
                    status = outcome->evaluation.error();
                }
            }
            if ((wanted & CalibrationText) != 0) {
                outcome->calibration
                    = prepare(used.calibration, options.calibrationWindows, options.calibrationLength);
                if (!outcome->calibration) {
                    status = outcome->calibration.error();
                }
            }
            return status;
        },
        [this, request, used, outcome](const Status& status) {
            if (request != m_textRequest) {
                return;
            }
            const unsigned wanted = std::exchange(m_pendingTexts, 0U);
            if (outcome->tokenizer != nullptr) {
                m_texts.tokenizer = std::move(outcome->tokenizer);
            }
            if (!status && status.error().code == ErrorCode::Cancelled) {
                outcome->evaluation = outcome->calibration = status.error();
            }
            if ((wanted & EvaluationText) != 0) {
                takeEvaluationText(std::move(outcome->evaluation), used);
            }
            if ((wanted & CalibrationText) != 0) {
                takeCalibrationText(std::move(outcome->calibration), used);
            }
            Q_EMIT textsChanged();
            startWhenReady();
            tellBlocked();
        });
}

void Workbench::takeEvaluationText(Windows windows, const UsedTexts& used)
{
    if (windows) {
        ageEvaluation();
        ++m_textGeneration;
        m_spectraUnderWay = false;
        m_texts.evaluation = std::move(*windows);
        m_usedTexts.evaluation = used.evaluation;
        m_usedTexts.evaluationWindows = used.evaluationWindows;
        m_usedTexts.windowLength = used.windowLength;
        keepChoice(EvaluationText, used);
        return;
    }
    if (m_texts.evaluation == nullptr) {
        m_textStopped = windows.error().code == ErrorCode::Cancelled;
        m_textSentence = windows.error().code == ErrorCode::Cancelled
            ? tr("Reading the evaluation text was stopped. Press F5 to go on.")
            : describe(windows.error());
        report(windows.error());
        return;
    }
    m_chosenParts &= ~(EvaluationText | EvaluationWindows);
    m_evaluationText = m_usedTexts.evaluation;
    m_options.evaluationWindows = m_usedTexts.evaluationWindows;
    m_options.windowLength = m_wantedOptions.windowLength = m_usedTexts.windowLength;
    tellTextKept(windows.error(), m_evaluationText);
}

void Workbench::takeCalibrationText(Windows windows, const UsedTexts& used)
{
    if (windows) {
        forgetStatistics();
        m_texts.calibration = std::move(*windows);
        m_usedTexts.calibration = used.calibration;
        keepChoice(CalibrationText, used);
        return;
    }
    if (m_texts.calibration == nullptr) {
        m_selectorNote = windows.error().code == ErrorCode::Cancelled
            ? tr("Reading the calibration text was stopped. Press F5 to go on.")
            : describe(windows.error()) + u' '
                + tr("Choose another calibration text, or press F5 to try again.");
        report(windows.error());
        return;
    }
    m_chosenParts &= ~CalibrationText;
    m_calibrationText = m_usedTexts.calibration;
    tellTextKept(windows.error(), m_calibrationText);
}

void Workbench::tellTextKept(const Error& error, const QString& path)
{
    const QString kept = tr("The text stays %1.").arg(QFileInfo(path).fileName());
    if (error.code == ErrorCode::Cancelled) {
        Q_EMIT problem(tr("Reading the text was stopped.") + u' ' + kept, IssueSeverity::Note);
    } else {
        report({ error.code, error.message + ' ' + kept.toStdString(), error.context });
    }
}

bool Workbench::canResume() const
{
    if (m_overview == nullptr || !m_overview->loadable()) {
        return false;
    }
    const unsigned missing = missingTexts();
    return (m_model == nullptr && !m_loadingWeights) || missing != 0;
}

unsigned Workbench::missingTexts() const
{
    return ((m_texts.evaluation == nullptr ? EvaluationText : 0U)
            | (m_texts.calibration == nullptr ? CalibrationText : 0U))
        & ~m_pendingTexts;
}

void Workbench::resumeOpening()
{
    if (!canResume()) {
        return;
    }
    if (m_model == nullptr && !m_loadingWeights) {
        loadWeights();
    }
    if (const unsigned missing = missingTexts(); missing != 0) {
        prepareTexts(missing);
    }
}

void Workbench::setEvaluationText(const QString& path)
{
    m_evaluationText = path;
    Q_EMIT textsChanged();
    if (m_overview == nullptr) {
        m_general.evaluation = path;
        m_askedParts |= EvaluationText;
    } else if (m_overview->loadable()) {
        m_chosenParts |= EvaluationText;
        prepareTexts(EvaluationText);
    }
}

void Workbench::setCalibrationText(const QString& path)
{
    m_calibrationText = path;
    Q_EMIT textsChanged();
    if (m_overview == nullptr) {
        m_general.calibration = path;
        m_askedParts |= CalibrationText;
    } else if (m_overview->loadable()) {
        m_chosenParts |= CalibrationText;
        prepareTexts(CalibrationText);
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
    if (m_overview == nullptr) {
        m_general.evaluationWindows = options.evaluationWindows;
        m_general.windowLength = options.windowLength;
    } else if (parts != 0 && m_overview->loadable()) {
        m_chosenParts |= (parts & EvaluationText) != 0 ? EvaluationWindows : 0U;
        prepareTexts(parts);
    }
}

void Workbench::setDevice(const Device& device, DType dtype)
{
    if (device == m_device && dtype == m_dtype) {
        resumeOpening(); // one that has failed is tried again
        return;
    }
    m_dtypeChosen = m_deviceChosen || dtype != m_dtype;
    m_deviceChosen = true;
    const bool otherKind = device.kind != m_device.kind;
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
        m_spectraNote.clear();
        Q_EMIT spectraChanged();
        Q_EMIT modelChanged();
        unsigned texts = missingTexts();
        if (otherKind) { // what is too much for one is nothing for the other
            const int windows = m_options.evaluationWindows;
            applyOpenDefaults(true);
            texts |= m_options.evaluationWindows != windows ? EvaluationText : 0U;
        }
        loadWeights();
        if (texts != 0) {
            prepareTexts(texts);
        }
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

} // namespace rankscope
