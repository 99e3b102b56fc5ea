// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_dialog.h"

#include "core/pruning/realise_plan.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/settings/settings.h"
#include "ui/theme/flat_style.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTimer>
#include <QTreeWidget>
#include <QUrl>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString shapeText(const std::vector<std::int64_t>& shape)
{
    QStringList sizes;
    for (const std::int64_t size : shape) {
        sizes << QString::number(size);
    }
    return sizes.join(u" × "_s);
}

} // namespace

ExportDialog::ExportDialog(Services services, QWidget* parent)
    : QDialog(parent)
    , m_services(services)
    , m_mode(new QComboBox(this))
    , m_loadsIn(new QLabel(this))
    , m_target(new QLineEdit(this))
    , m_replace(new QCheckBox(tr("Replace the folder that is there"), this))
    , m_sizes(new QLabel(this))
    , m_warnings(new QLabel(this))
    , m_tree(new QTreeWidget(this))
    , m_progress(new QProgressBar(this))
    , m_outcome(new QLabel(this))
    , m_export(new QPushButton(tr("Export and verify"), this))
    , m_stop(new QPushButton(tr("Stop"), this))
    , m_openFolder(new QPushButton(tr("Open folder"), this))
    , m_close(new QPushButton(tr("Close"), this))
    , m_previewTimer(new QTimer(this))
    , m_progressTimer(new QTimer(this))
{
    setWindowTitle(tr("Export checkpoint"));
    setAttribute(Qt::WA_DeleteOnClose);
    build();
    m_previewTimer->setSingleShot(true);
    m_previewTimer->setInterval(200);
    m_progressTimer->setInterval(100);
    connect(m_previewTimer, &QTimer::timeout, this, &ExportDialog::startPreview);
    connect(m_progressTimer, &QTimer::timeout, this, &ExportDialog::pollBusy);
    connect(m_mode, &QComboBox::currentIndexChanged, this, &ExportDialog::schedulePreview);
    connect(m_target, &QLineEdit::textChanged, this, &ExportDialog::schedulePreview);
    connect(m_replace, &QCheckBox::toggled, this, &ExportDialog::schedulePreview);
    connect(&m_services.document, &PlanDocument::planChanged, this, &ExportDialog::schedulePreview);
    connect(&m_services.workbench, &Workbench::selectorChanged, this, &ExportDialog::schedulePreview);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::startExport);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        if (m_job != nullptr) {
            m_job->cancel();
        }
    });
    connect(m_openFolder, &QPushButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_written)); });
    connect(m_close, &QPushButton::clicked, this, &QDialog::close);
    startPreview();
}

void ExportDialog::build()
{
    m_mode->addItem(tr("Uniform · same kept dims everywhere"), static_cast<int>(ExportMode::Uniform));
    m_mode->addItem(tr("Per layer · two small Python files"), static_cast<int>(ExportMode::PerLayer));
    m_mode->addItem(tr("Zero-filled · same size, for checking"), static_cast<int>(ExportMode::ZeroFilled));
    bool uniform = true;
    int first = 0;
    for (const LayerPlan& layer : m_services.document.plan().layers) {
        if (layer.keyDims > 0) {
            uniform = uniform && (first == 0 || layer.keptKeyDims == first);
            first = layer.keptKeyDims;
        }
    }
    m_mode->setCurrentIndex(uniform ? 0 : 1);
    const auto& overview = m_services.workbench.overview();
    const QString name = overview != nullptr ? QString::fromStdString(overview->name) : u"model"_s;
    QString base = m_services.settings.get(setting::lastExportFolder);
    if (base.isEmpty()) {
        base = QDir::homePath();
    }
    m_target->setText(QDir(base).filePath(name + u"-pruned"_s));
    for (QLabel* label : { m_loadsIn, m_sizes, m_warnings, m_outcome }) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_loadsIn->setForegroundRole(QPalette::PlaceholderText);

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    auto* browse = new QPushButton(tr("Choose…"), this);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::chooseTarget);
    const auto label = [&](const QString& text, QWidget* buddy) {
        auto* made = new QLabel(text, this);
        made->setBuddy(buddy);
        made->setForegroundRole(QPalette::PlaceholderText);
        return made;
    };
    grid->addWidget(label(tr("Mode"), m_mode), 0, 0);
    grid->addWidget(m_mode, 0, 1, 1, 2);
    grid->addWidget(m_loadsIn, 1, 1, 1, 2);
    grid->addWidget(label(tr("Folder"), m_target), 2, 0);
    grid->addWidget(m_target, 2, 1);
    grid->addWidget(browse, 2, 2);
    grid->addWidget(m_replace, 3, 1, 1, 2);
    grid->addWidget(label(tr("Sizes"), m_sizes), 4, 0, Qt::AlignTop);
    grid->addWidget(m_sizes, 4, 1, 1, 2);

    m_tree->setColumnCount(2);
    m_tree->setHeaderLabels({ tr("What is written"), tr("Size") });
    m_tree->setAccessibleName(tr("Preview of the export"));
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_progress->setTextVisible(false);
    m_progress->setRange(0, 1000);
    m_progress->setVisible(false);
    m_openFolder->setVisible(false);
    m_stop->setVisible(false);
    setPrimary(m_export, true);
    m_export->setDefault(true);

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_openFolder);
    buttons->addStretch(1);
    buttons->addWidget(m_stop);
    buttons->addWidget(m_close);
    buttons->addWidget(m_export);
    auto* layout = new QVBoxLayout(this);
    m_tree->setFrameShape(QFrame::NoFrame);
    layout->setContentsMargins(16, 14, 16, 14);
    layout->setSpacing(10);
    layout->addLayout(grid);
    layout->addWidget(m_tree, 1);
    layout->addWidget(m_warnings);
    layout->addWidget(m_progress);
    layout->addWidget(m_outcome);
    layout->addLayout(buttons);
    resize(fontMetrics().height() * 44, fontMetrics().height() * 40);
}

ExportMode ExportDialog::chosenMode() const
{
    return static_cast<ExportMode>(m_mode->currentData().toInt());
}

ExportOptions ExportDialog::options() const
{
    ExportOptions options;
    options.mode = chosenMode();
    options.target = std::filesystem::path(m_target->text().toStdU16String());
    options.replaceExisting = m_replace->isChecked();
    const Workbench& workbench = m_services.workbench;
    if (workbench.candidateTrust() == Trust::Final && workbench.baselineTrust() == Trust::Final
        && workbench.delta().delta()) {
        const PairedDelta& delta = *workbench.delta().delta();
        const std::string basis = ", " + std::to_string(delta.windows) + " windows of "
            + std::to_string(workbench.candidate()->length) + " tokens";
        const auto row = [&](const char* quantity, const QString& value) {
            options.measured.push_back({ quantity + basis, value.toStdString() });
        };
        row("perplexity, original", QString::number(workbench.baseline()->perplexity(), 'f', 2));
        row("perplexity, pruned", QString::number(workbench.candidate()->perplexity(), 'f', 2));
        row("mean NLL difference in nats, 95 % interval",
            u"%1 [%2, %3]"_s.arg(QString::number(delta.meanNll, 'f', 4), QString::number(delta.low, 'f', 4),
                                 QString::number(delta.high, 'f', 4)));
    }
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
    m_prepared.reset();
    refreshButtons();
    m_previewTimer->start();
}

void ExportDialog::startPreview()
{
    const Workbench& workbench = m_services.workbench;
    if (workbench.model() == nullptr || workbench.overview() == nullptr) {
        m_outcome->setText(tr("The weights are still being loaded."));
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
        [self = QPointer<ExportDialog>(this)](Result<Prepared> result) {
            if (self == nullptr) {
                return;
            }
            if (!result) {
                self->showFailure(result.error(), tr("Preview"));
                return;
            }
            self->m_prepared = std::move(result).value();
            self->showPreview(self->m_prepared->preview);
        });
}

void ExportDialog::showPreview(const ExportPreview& preview)
{
    const Theme& theme = themeOf(palette());
    m_loadsIn->setText(QString::fromStdString(preview.loadsIn));
    m_sizes->setText(tr("Weights %1 → <b>%2</b> (%3), state per sequence %4 → <b>%5</b> (%6)")
                         .arg(formatBytes(preview.weightBytesBefore), formatBytes(preview.weightBytesAfter),
                              formatPercentChange(static_cast<double>(preview.weightBytesBefore),
                                                  static_cast<double>(preview.weightBytesAfter)),
                              formatBytes(preview.stateBytesBefore), formatBytes(preview.stateBytesAfter),
                              formatPercentChange(static_cast<double>(preview.stateBytesBefore),
                                                  static_cast<double>(preview.stateBytesAfter))));
    m_tree->clear();
    const auto group = [&](const QString& title) {
        auto* item = new QTreeWidgetItem(m_tree, { title });
        QFont bold = font();
        bold.setBold(true);
        item->setFont(0, bold);
        item->setExpanded(true);
        return item;
    };
    auto* files = group(tr("Files (%1)").arg(preview.files.size()));
    for (const ExportFile& file : preview.files) {
        auto* item = new QTreeWidgetItem(
            files,
            { QString::fromStdString(file.name) + u" · "_s + QString::fromStdString(file.origin),
              formatBytes(file.bytes) });
        item->setTextAlignment(1, Qt::AlignRight);
    }
    if (!preview.configChanges.empty()) {
        auto* config = group(tr("config.json (%1 changes)").arg(preview.configChanges.size()));
        for (const std::string& change : preview.configChanges) {
            new QTreeWidgetItem(config, { QString::fromStdString(change) });
        }
    }
    auto* tensors = group(tr("Tensors: %1 changed, %2 byte for byte the same")
                              .arg(preview.changedTensors.size())
                              .arg(preview.unchangedTensors));
    for (const TensorChange& change : preview.changedTensors) {
        const bool same = change.shapeBefore == change.shapeAfter;
        auto* item = new QTreeWidgetItem(
            tensors,
            { QString::fromStdString(change.name),
              same ? tr("%1, zero-filled").arg(shapeText(change.shapeAfter))
                   : shapeText(change.shapeBefore) + u" → "_s + shapeText(change.shapeAfter) });
        item->setTextAlignment(1, Qt::AlignRight);
    }
    tensors->setExpanded(preview.changedTensors.size() <= 12);
    QStringList lines;
    for (const std::string& warning : preview.warnings) {
        lines << u"⚠ "_s + QString::fromStdString(warning).toHtmlEscaped();
    }
    if (preview.blocked) {
        lines << u"<b>%1</b>"_s.arg(QString::fromStdString(preview.blocked->message).toHtmlEscaped());
    }
    m_warnings->setText(lines.isEmpty() ? QString()
                                        : u"<span style=\"color:%1\">%2</span>"_s.arg(theme.worse.name(),
                                                                                      lines.join(u"<br>"_s)));
    m_warnings->setVisible(!lines.isEmpty());
    m_replace->setEnabled(QFileInfo(m_target->text()).exists());
    refreshButtons();
}

bool ExportDialog::isBusy() const
{
    return m_job != nullptr && !isFinished(m_job->state());
}

void ExportDialog::refreshButtons()
{
    const bool busy = isBusy();
    m_export->setEnabled(!busy && m_prepared.has_value() && !m_prepared->preview.blocked);
    m_stop->setVisible(busy);
    m_progress->setVisible(busy);
    m_openFolder->setVisible(!busy && !m_written.isEmpty());
    for (QWidget* widget : { static_cast<QWidget*>(m_mode), static_cast<QWidget*>(m_target) }) {
        widget->setEnabled(!busy);
    }
}

void ExportDialog::setBusy(Job* job, const QString& text)
{
    m_job = job;
    m_outcome->setText(text);
    m_progress->setValue(0);
    m_progressTimer->start();
    refreshButtons();
}

void ExportDialog::pollBusy()
{
    if (m_job == nullptr || isFinished(m_job->state())) {
        m_progressTimer->stop();
        refreshButtons();
        return;
    }
    if (m_job->total() > 0) {
        m_progress->setRange(0, 1000);
        m_progress->setValue(static_cast<int>(1000 * m_job->done() / m_job->total()));
    }
}

void ExportDialog::startExport()
{
    if (!m_prepared) {
        return;
    }
    m_written.clear();
    m_services.settings.set(setting::lastExportFolder, QFileInfo(m_target->text()).absolutePath());
    Job* job
        = m_services.jobs.create(tr("Export %1").arg(QFileInfo(m_target->text()).fileName()), u"export"_s);
    job->start(
        m_services.lanes.cpu(),
        [overview = m_services.workbench.overview(), plan = m_prepared->plan, options = options()](
            JobContext& context) { return exportCheckpoint(*overview, plan, options, context); },
        [self = QPointer<ExportDialog>(this)](Result<ExportReport> result) {
            if (self == nullptr) {
                return;
            }
            if (!result) {
                self->showFailure(result.error(), tr("Export"));
                return;
            }
            self->startVerification(*result);
        });
    setBusy(job, tr("Writing…"));
}

void ExportDialog::startVerification(const ExportReport& report)
{
    m_written = QString::fromStdU16String(report.folder.u16string());
    const QString cli = cliProgram();
    if (cli.isEmpty()) {
        m_outcome->setText(
            tr("Written to %1 (%2), but not verified: rankscope-cli is not beside this program.")
                .arg(m_written, formatBytes(report.bytes)));
        refreshButtons();
        return;
    }
    Job* job = m_services.jobs.create(tr("Verify export"), u"verify"_s);
    job->start(
        m_services.lanes.gpu(),
        [folder = report.folder, against = m_services.workbench.overview()->folder, plan = m_prepared->plan,
         program = std::filesystem::path(cli.toStdU16String())](JobContext& context) {
            VerifyOptions options;
            options.cliProgram = program;
            return verifyExport(folder, against, plan, options, context);
        },
        [self = QPointer<ExportDialog>(this)](Result<Verification> result) {
            if (self == nullptr) {
                return;
            }
            if (!result) {
                self->showFailure(result.error(), tr("Verification"));
                return;
            }
            self->showVerification(*result);
        },
        7);
    setBusy(job, tr("Written. Verifying in a fresh process…"));
}

void ExportDialog::showVerification(const Verification& verification)
{
    const Theme& theme = themeOf(palette());
    const QString numbers
        = tr("rms %1 (bound %2), largest difference %3, over %4 logits")
              .arg(QString::number(verification.rms, 'e', 1), QString::number(verification.tolerance, 'e', 1),
                   QString::number(verification.maxAbs, 'e', 1), formatCount(verification.comparedLogits));
    m_outcome->setText(verification.passed
                           ? tr("<b style=\"color:%1\">✓ Verified.</b> A fresh process reproduces the masked "
                                "model: %2.<br>%3")
                                 .arg(theme.better.name(), numbers, m_written.toHtmlEscaped())
                           : tr("<b style=\"color:%1\">✕ Verification failed.</b> The written checkpoint "
                                "differs from the masked "
                                "model: %2. Do not use %3.")
                                 .arg(theme.worse.name(), numbers, m_written.toHtmlEscaped()));
    m_prepared.reset(); // the target exists now: the preview has to say so
    m_previewTimer->start();
    refreshButtons();
}

void ExportDialog::showFailure(const Error& error, const QString& what)
{
    refreshButtons();
    if (error.code == ErrorCode::Cancelled) {
        if (what != tr("Preview")) {
            m_outcome->setText(tr("%1 stopped; nothing half written was left behind.").arg(what));
        }
        return;
    }
    m_outcome->setText(u"<span style=\"color:%1\">%2</span>"_s.arg(
        themeOf(palette()).worse.name(), QString::fromStdString(error.message).toHtmlEscaped()));
}

} // namespace rankscope
