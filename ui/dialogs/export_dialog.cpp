// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_dialog.h"

#include "core/pruning/realise_plan.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/dialogs/export_preview_tree.h"
#include "ui/document/plan_key.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QClipboard>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QTimer>
#include <QUrl>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString textOf(const std::filesystem::path& path)
{
    return QString::fromStdU16String(path.u16string());
}

} // namespace

ExportDialog::ExportDialog(Services services, QWidget* parent)
    : QDialog(parent)
    , m_services(std::move(services))
    , m_target(new QLineEdit(this))
    , m_browse(new QPushButton(tr("Choose…"), this))
    , m_replace(new QCheckBox(tr("&Replace the folder that is there"), this))
    , m_sizes(new QLabel(this))
    , m_warnings(new QLabel(this))
    , m_problem(new QLabel(this))
    , m_tree(new ExportPreviewTree(this))
    , m_progress(new QProgressBar(this))
    , m_progressText(new QLabel(this))
    , m_outcome(new QLabel(this))
    , m_export(new QPushButton(tr("&Export and verify"), this))
    , m_stop(new QPushButton(tr("Stop"), this))
    , m_openFolder(new QPushButton(tr("Open folder"), this))
    , m_copyReport(new QPushButton(tr("Copy report"), this))
    , m_close(new QPushButton(tr("Close"), this))
    , m_previewTimer(new QTimer(this))
    , m_progressTimer(new QTimer(this))
{
    setWindowTitle(tr("Export checkpoint"));
    m_previewTimer->setSingleShot(true);
    m_previewTimer->setInterval(200);
    m_progressTimer->setInterval(100);
    build();
    connect(m_previewTimer, &QTimer::timeout, this, &ExportDialog::startPreview);
    connect(m_progressTimer, &QTimer::timeout, this, &ExportDialog::pollBusy);
    connect(m_target, &QLineEdit::textChanged, this, [this] {
        m_replace->setChecked(false); // consent is for one folder
        schedulePreview();
    });
    connect(m_replace, &QCheckBox::toggled, this, &ExportDialog::schedulePreview);
    connect(m_problem, &QLabel::linkActivated, this, &ExportDialog::schedulePreview);
    connect(&m_services.document, &PlanDocument::planChanged, this, &ExportDialog::schedulePreview);
    connect(&m_services.workbench, &Workbench::selectorChanged, this, &ExportDialog::schedulePreview);
    connect(&m_services.workbench, &Workbench::modelChanged, this, &ExportDialog::schedulePreview);
    connect(&m_services.workbench, &Workbench::candidateChanged, this, &ExportDialog::followNumbers);
    connect(&m_services.workbench, &Workbench::baselineChanged, this, &ExportDialog::followNumbers);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::startExport);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        if (m_job != nullptr) {
            m_job->cancel();
        }
    });
    connect(m_openFolder, &QPushButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(textOf(m_finished->report.folder))); });
    connect(m_copyReport, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(outcomeText(*m_finished)); });
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    m_warnings->hide();
    m_problem->hide();
    m_replace->hide();
    m_numbers = measuredRows();
    showOutcome();
    startPreview();
}

void ExportDialog::reject()
{
    QDialog::reject();
    if (!isBusy()) {
        deleteLater();
    }
}

void ExportDialog::adoptModel()
{
    const CheckpointOverview& overview = *m_services.workbench.overview();
    m_model = overview.fingerprint;
    QString base = m_services.settings.get(setting::lastExportFolder);
    if (base.isEmpty()) {
        base = QDir::homePath();
    }
    m_target->setText(QDir(base).filePath(fileNameFor(QString::fromStdString(overview.name)) + u"-pruned"_s));
    chooseFirstMode();
    m_previewTimer->stop(); // what called this goes on with the preview
}

void ExportDialog::chooseFirstMode()
{
    bool uniform = true;
    int first = 0;
    for (const LayerPlan& layer : m_services.document.plan().layers) {
        if (layer.keyDims > 0) {
            uniform = uniform && (first == 0 || layer.keptKeyDims == first);
            first = layer.keptKeyDims;
        }
    }
    m_modes[uniform ? ExportMode::Uniform : ExportMode::PerLayer].button->setChecked(true);
}

ExportMode ExportDialog::chosenMode() const
{
    for (const auto& [mode, choice] : m_modes) {
        if (choice.button->isChecked()) {
            return mode;
        }
    }
    return ExportMode::Uniform;
}

QString ExportDialog::problem() const
{
    return m_prepared && m_prepared->preview.blocked
        ? QString::fromStdString(m_prepared->preview.blocked->message)
        : QString();
}

std::vector<CardRow> ExportDialog::measuredRows() const
{
    std::vector<CardRow> rows;
    const Workbench& workbench = m_services.workbench;
    if (workbench.candidateTrust() != Trust::Final || workbench.baselineTrust() != Trust::Final) {
        return rows; // running numbers ask often
    }
    if (const std::optional<PairedDelta> measured = workbench.denseDelta()) {
        const PairedDelta& delta = *measured;
        const std::string basis = ", " + std::to_string(delta.windows) + " windows of "
            + std::to_string(workbench.candidate()->length) + " tokens from \""
            + workbench.candidate()->sourceName + "\", " + shortName(workbench.candidate()->dtype);
        const auto row = [&](const char* quantity, const QString& value) {
            rows.push_back({ quantity + basis, value.toStdString() });
        };
        row("perplexity, original", QString::number(workbench.baseline()->perplexity(), 'f', 2));
        row("perplexity, pruned", QString::number(workbench.candidate()->perplexity(), 'f', 2));
        row("mean NLL difference in nats, 95 % interval",
            u"%1 [%2, %3]"_s.arg(QString::number(delta.meanNll, 'f', 4), QString::number(delta.low, 'f', 4),
                                 QString::number(delta.high, 'f', 4)));
        if (workbench.scoresCalibrationText()) {
            rows.push_back({ "note",
                             "measured on the calibration text, which selection has seen: losses on other "
                             "texts are larger" });
        }
    }
    return rows;
}

ExportOptions ExportDialog::options() const
{
    ExportOptions options;
    options.mode = chosenMode();
    options.target = std::filesystem::path(m_target->text().toStdU16String());
    options.replaceExisting = m_replace->isChecked();
    options.measured = measuredRows();
    return options;
}

void ExportDialog::chooseTarget()
{
    const QString folder = m_services.dialogs.chooseFolder(this, tr("Folder to write the checkpoint into"),
                                                           QFileInfo(m_target->text()).absolutePath());
    if (!folder.isEmpty()) {
        const bool filled = !QDir(folder).isEmpty();
        m_target->setText(filled ? QDir(folder).filePath(QFileInfo(m_target->text()).fileName()) : folder);
    }
}

void ExportDialog::schedulePreview()
{
    ++m_previewGeneration;
    m_prepared.reset();
    refreshButtons();
    m_previewTimer->start();
}

void ExportDialog::followNumbers()
{
    std::vector<CardRow> numbers = measuredRows();
    if (numbers != m_numbers) {
        m_numbers = std::move(numbers);
        ++m_previewGeneration;
        m_previewTimer->start();
    }
}

void ExportDialog::startPreview()
{
    const Workbench& workbench = m_services.workbench;
    if (workbench.overview() != nullptr && workbench.overview()->fingerprint != m_model && !isBusy()) {
        adoptModel();
    }
    showModes();
    const PruningPlan& wanted = m_services.document.plan();
    const bool selected = !needsSelection(wanted) || isOfPlan(workbench.selector().get(), wanted);
    if (workbench.model() == nullptr || workbench.overview() == nullptr || !selected) {
        const QString& why
            = workbench.model() == nullptr ? workbench.modelSentence() : workbench.selectorNote();
        m_problem->setText(!why.isEmpty() ? why.toHtmlEscaped()
                               : workbench.model() == nullptr
                               ? tr("The weights are still being loaded; the preview follows.")
                               : tr("The channels are still being selected; the preview follows."));
        m_problem->show();
        refreshButtons();
        return;
    }
    Job* job = m_services.jobs.create(tr("Preview export"), u"preview"_s);
    job->start(
        m_services.lanes.cpu(),
        [plan = m_services.document.plan(), selector = workbench.selector(), model = workbench.model(),
         overview = workbench.overview(), options = options()](JobContext& context) -> Result<Prepared> {
            Result<PruningPlan> realised = realisePlan(plan, selector.get(), model->spec(), context);
            if (!realised) {
                return realised.error();
            }
            realised->modelDigest = model->digest();
            Result<ExportPreview> preview = previewExport(*overview, *realised, options);
            if (!preview) {
                return preview.error();
            }
            return Prepared { std::move(*realised), std::move(*preview) };
        },
        [self = QPointer<ExportDialog>(this), generation = m_previewGeneration](Result<Prepared> result) {
            if (self == nullptr || generation != self->m_previewGeneration
                || self->m_previewTimer->isActive()) {
                return; // gone, or of an earlier plan, mode, folder or numbers
            }
            if (!result) {
                self->showFailure(result.error(), {});
                return;
            }
            self->m_prepared = std::move(result).value();
            self->showPreview(self->m_prepared->preview);
        });
}

bool ExportDialog::isBusy() const
{
    return m_job != nullptr && !isFinished(m_job->state());
}

void ExportDialog::setBusy(Job* job, const QString& text)
{
    m_job = job;
    m_doing = text;
    m_progressTimer->start();
    pollBusy();
    refreshButtons();
}

void ExportDialog::startExport()
{
    if (!m_prepared || isBusy()) {
        return;
    }
    m_finished.reset();
    showOutcome();
    m_services.settings.set(setting::lastExportFolder, QFileInfo(m_target->text()).absolutePath());
    Job* job
        = m_services.jobs.create(tr("Export %1").arg(QFileInfo(m_target->text()).fileName()), u"export"_s);
    m_exportedPlan = m_prepared->plan;
    m_askedPlan = m_services.document.plan();
    ExportOutcome outcome;
    outcome.preview = m_prepared->preview;
    outcome.source = textOf(m_services.workbench.overview()->folder);
    outcome.method = QString::fromStdString(m_exportedPlan.method);
    outcome.measured = measuredRows();
    // A stop may come when the folder has its name already: then it was written.
    const auto report = std::make_shared<std::optional<ExportReport>>();
    job->start(
        m_services.lanes.cpu(),
        [overview = m_services.workbench.overview(), plan = m_exportedPlan, options = options(),
         report](JobContext& context) -> Status {
            Result<ExportReport> made = exportCheckpoint(*overview, plan, options, context);
            if (!made) {
                return made.error();
            }
            *report = std::move(*made);
            return Unit {};
        },
        [self = QPointer<ExportDialog>(this), outcome, report](const Status& status) mutable {
            if (self == nullptr) {
                return;
            }
            if (!report->has_value()) {
                self->showFailure(status.error(), tr("Export"));
                return;
            }
            outcome.report = std::move(**report);
            self->m_finished = std::move(outcome);
            Q_EMIT self->written(self->m_askedPlan);
            if (status) {
                self->startVerification();
            } else {
                self->finishVerification(status.error());
            }
            // Consent was for this once. Not before the next job is there: Stop would lose the keyboard.
            self->m_replace->setChecked(false);
        });
    setBusy(job, tr("Writing"));
    m_stop->setFocus();
}

void ExportDialog::startVerification()
{
    if (m_services.cliProgram.isEmpty()) {
        finishVerification(
            Error { ErrorCode::NotFound,
                    tr("rankscope-cli, which reopens the export in a process of its own, is not "
                       "beside this program.")
                        .toStdString(),
                    {} });
        return;
    }
    Job* job = m_services.jobs.create(tr("Verify export"), u"verify"_s);
    job->start(
        m_services.lanes.gpu(),
        [folder = m_finished->report.folder,
         against = std::filesystem::path(m_finished->source.toStdU16String()), plan = m_exportedPlan,
         program = std::filesystem::path(m_services.cliProgram.toStdU16String())](JobContext& context) {
            VerifyOptions options;
            options.cliProgram = program;
            return verifyExport(folder, against, plan, options, context);
        },
        [self = QPointer<ExportDialog>(this)](Result<Verification> result) {
            if (self != nullptr) {
                self->finishVerification(std::move(result));
            }
        },
        7);
    setBusy(job, tr("Verifying in a fresh process…"));
    showOutcome();
}

void ExportDialog::finishVerification(Result<Verification> result)
{
    const QString name = QFileInfo(textOf(m_finished->report.folder)).fileName();
    if (result) {
        m_finished->verification = *result;
    } else {
        m_finished->notVerified = result.error().code == ErrorCode::Cancelled
            ? tr("The verification was stopped.")
            : QString::fromStdString(result.error().message);
    }
    m_prepared.reset(); // the target exists now: the preview has to say so
    m_previewTimer->start();
    showOutcome();
    const bool good = result && result->passed;
    Q_EMIT finished(good ? tr("%1 was written and verified.").arg(name)
                        : result
                        ? tr("%1 was written, but it differs from the masked model: do not use it.").arg(name)
                        : tr("%1 was written, but not verified. %2").arg(name, m_finished->notVerified),
                    good);
}

void ExportDialog::showFailure(const Error& error, const QString& what)
{
    refreshButtons();
    const bool preview = what.isEmpty();
    if (error.code == ErrorCode::Cancelled && preview) {
        m_problem->setText(
            tr("The preview was stopped. %1").arg(u"<a href=\"again\">%1</a>"_s.arg(tr("Preview again"))));
        m_problem->show();
        return;
    }
    const QString sentence = error.code == ErrorCode::Cancelled
        ? tr("%1 stopped; nothing half written was left behind.").arg(what)
        : QString::fromStdString(error.message);
    const QColor colour
        = error.code == ErrorCode::Cancelled ? themeOf(palette()).text : themeOf(palette()).worse;
    QLabel* label = preview ? m_problem : m_outcome;
    label->setText(u"<span style=\"color:%1\">%2</span>"_s.arg(colour.name(), sentence.toHtmlEscaped()));
    label->show();
    if (!preview) {
        m_previewTimer->start();
        Q_EMIT finished(sentence, false);
    }
}

} // namespace rankscope
