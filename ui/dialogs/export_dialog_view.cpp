// SPDX-License-Identifier: GPL-3.0-or-later
// How the export dialog looks, and what it shows.
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/export_preview_tree.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/jobs/job.h"
#include "ui/settings/settings.h"
#include "ui/theme/flat_style.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QDir>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString coloured(const QColor& colour, const QString& html)
{
    return u"<span style=\"color:%1\">%2</span>"_s.arg(colour.name(), html);
}

} // namespace

void ExportDialog::addMode(QGridLayout* grid, ExportMode mode, const QString& text)
{
    ModeChoice choice { new QRadioButton(text, this), new QLabel(this) };
    choice.note->setWordWrap(true);
    choice.note->setForegroundRole(QPalette::PlaceholderText);
    choice.note->setBuddy(choice.button);
    const int row = grid->rowCount();
    grid->addWidget(choice.button, row, 0, Qt::AlignTop);
    grid->addWidget(choice.note, row, 1);
    connect(choice.button, &QRadioButton::toggled, this, [this](bool on) {
        if (on) {
            schedulePreview();
        }
    });
    m_modes[mode] = choice;
}

QWidget* ExportDialog::buildModes()
{
    auto* modes = new QWidget(this);
    auto* grid = new QGridLayout(modes);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    addMode(grid, ExportMode::Uniform, tr("&Uniform"));
    addMode(grid, ExportMode::PerLayer, tr("&Per layer"));
    addMode(grid, ExportMode::ZeroFilled, tr("&Zero-filled"));
    m_modes[ExportMode::Uniform].button->setToolTip(
        tr("The same kept dims in every layer: smaller and faster."));
    m_modes[ExportMode::PerLayer].button->setToolTip(tr("Each layer its own kept dims: smaller and faster."));
    m_modes[ExportMode::ZeroFilled].button->setToolTip(
        tr("The removed rows set to zero, all shapes as they were: the same size, for checking a plan with "
           "other "
           "people's tools."));
    return modes;
}

void ExportDialog::build()
{
    for (QLabel* label : { m_sizes, m_warnings, m_outcome, m_problem }) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard
                                       | Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    }
    QWidget* modes = buildModes();
    m_target->setAccessibleName(tr("Folder to write"));

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    m_browse->setAutoDefault(false);
    connect(m_browse, &QPushButton::clicked, this, &ExportDialog::chooseTarget);
    const auto label = [&](const QString& text, QWidget* buddy) {
        auto* made = new QLabel(text, this);
        made->setBuddy(buddy);
        made->setForegroundRole(QPalette::PlaceholderText);
        return made;
    };
    grid->addWidget(label(tr("Mode"), m_modes[ExportMode::Uniform].button), 0, 0, Qt::AlignTop);
    grid->addWidget(modes, 0, 1, 1, 2);
    grid->addWidget(label(tr("&Folder"), m_target), 1, 0);
    grid->addWidget(m_target, 1, 1);
    grid->addWidget(m_browse, 1, 2);
    grid->addWidget(m_problem, 2, 1, 1, 2);
    grid->addWidget(m_replace, 3, 1, 1, 2);
    grid->addWidget(label(tr("Sizes"), m_sizes), 4, 0, Qt::AlignTop);
    grid->addWidget(m_sizes, 4, 1, 1, 2);

    m_progress->setTextVisible(false);
    m_progress->setRange(0, 1000);
    m_progress->setAccessibleName(tr("Progress of the export"));
    m_progressText->setForegroundRole(QPalette::PlaceholderText);
    setPrimary(m_export, true);
    m_export->setDefault(true);
    for (QPushButton* button : { m_stop, m_openFolder, m_copyReport, m_close }) {
        button->setAutoDefault(false);
    }
    auto* progress = new QHBoxLayout;
    progress->setSpacing(10);
    progress->addWidget(m_progress, 1);
    progress->addWidget(m_progressText);
    progress->addWidget(m_stop);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(6);
    buttons->addWidget(m_openFolder);
    buttons->addWidget(m_copyReport);
    buttons->addStretch(1);
    buttons->addWidget(m_close);
    buttons->addWidget(m_export);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 14);
    layout->setSpacing(10);
    layout->addLayout(grid);
    layout->addWidget(m_tree, 1);
    layout->addWidget(m_warnings);
    layout->addLayout(progress);
    layout->addWidget(m_outcome);
    layout->addLayout(buttons);
    resize(fontMetrics().height() * 48, fontMetrics().height() * 44);
}

void ExportDialog::showModes()
{
    const auto& overview = m_services.workbench.overview();
    if (overview == nullptr) {
        return;
    }
    const Theme& theme = themeOf(palette());
    const PruningPlan* plan = m_prepared ? &m_prepared->plan : nullptr;
    for (const auto& [mode, choice] : m_modes) {
        const std::optional<Error> problem
            = plan != nullptr ? exportModeProblem(*overview, *plan, mode) : std::nullopt;
        const QString loadsIn = QString::fromStdString(exportLoadsIn(overview->spec, mode)).toHtmlEscaped();
        choice.note->setText(problem ? coloured(choice.button->isChecked() ? theme.worse : theme.muted,
                                                QString::fromStdString(problem->message).toHtmlEscaped())
                                 : mode == ExportMode::ZeroFilled
                                 ? tr("The same size, for checking a plan with other tools. %1").arg(loadsIn)
                                 : loadsIn);
    }
}

void ExportDialog::showPreview(const ExportPreview& preview)
{
    const Theme& theme = themeOf(palette());
    showModes();
    const bool written = !preview.files.empty();
    m_sizes->setText(
        !written
            ? QString()
            : tr("Weights %1 → <b>%2</b> (%3) · state per sequence %4 → <b>%5</b> (%6)")
                  .arg(formatBytesFine(preview.weightBytesBefore), formatBytesFine(preview.weightBytesAfter),
                       formatPercentChange(static_cast<double>(preview.weightBytesBefore),
                                           static_cast<double>(preview.weightBytesAfter)),
                       formatBytes(preview.stateBytesBefore), formatBytes(preview.stateBytesAfter),
                       formatPercentChange(static_cast<double>(preview.stateBytesBefore),
                                           static_cast<double>(preview.stateBytesAfter))));
    m_tree->setPreview(preview);
    QStringList lines;
    for (const std::string& warning : preview.warnings) {
        lines << u"⚠ "_s + QString::fromStdString(warning).toHtmlEscaped();
    }
    if (m_services.workbench.scoresCalibrationText()) {
        lines << u"⚠ "_s
                + tr("The measured loss is that of the calibration text, which selection has seen; the model "
                     "card says so.");
    }
    m_warnings->setText(coloured(theme.worse, lines.join(u"<br>"_s)));
    m_warnings->setVisible(!lines.isEmpty());
    const bool there = QFileInfo::exists(m_target->text());
    // The mode's own problem stands beside the mode.
    const bool ofMode = preview.blocked && !written;
    // That the folder is there is no complaint about the export that has just made it.
    // With other numbers for its model card it is worth another one.
    const bool sameCard = m_finished && (isBusy() || m_finished->measured == measuredRows());
    const bool ownWork = sameCard && there && m_finished->preview.mode == preview.mode
        && m_services.document.plan() == m_askedPlan
        && QFileInfo(m_target->text())
            == QFileInfo(QString::fromStdU16String(m_finished->report.folder.u16string()));
    const bool complain = preview.blocked && !ofMode && !ownWork;
    // Writing the same once more is worth an offer only when something was wrong with it.
    const bool good = ownWork && m_finished->verification && m_finished->verification->passed;
    m_replace->setVisible(there && !good && !(ownWork && isBusy()));
    m_problem->setText(
        complain ? coloured(theme.worse, QString::fromStdString(preview.blocked->message).toHtmlEscaped())
                 : QString());
    m_problem->setVisible(complain);
    refreshButtons();
}

void ExportDialog::showOutcome()
{
    m_outcome->setText(m_finished ? outcomeHtml(*m_finished, themeOf(palette())) : QString());
    m_outcome->setVisible(!m_outcome->text().isEmpty());
    refreshButtons();
}

void ExportDialog::refreshButtons()
{
    const bool busy = isBusy();
    const bool stopHadFocus = focusWidget() == m_stop;
    m_export->setEnabled(!busy && m_prepared.has_value() && !m_prepared->preview.blocked);
    for (QWidget* widget : std::initializer_list<QWidget*> { m_stop, m_progress, m_progressText }) {
        widget->setVisible(busy);
    }
    const bool written = !busy && m_finished.has_value();
    m_openFolder->setVisible(written);
    m_copyReport->setVisible(written);
    m_target->setEnabled(!busy);
    m_browse->setEnabled(!busy);
    m_replace->setEnabled(!busy);
    for (const auto& [mode, choice] : m_modes) {
        choice.button->setEnabled(!busy);
    }
    m_close->setText(busy ? tr("Hide") : tr("Close"));
    if (stopHadFocus && !busy) { // else whatever comes next in the order takes the keyboard
        (written ? static_cast<QWidget*>(m_openFolder) : m_target)->setFocus();
    }
}

void ExportDialog::pollBusy()
{
    if (!isBusy()) {
        m_progressTimer->stop();
        refreshButtons();
        return;
    }
    const std::int64_t total = m_job->total();
    QStringList parts { m_doing };
    if (total > 2) { // bytes; the two steps of a verification say nothing about time
        m_progress->setRange(0, 1000);
        m_progress->setValue(static_cast<int>(1000 * m_job->done() / total));
        parts << tr("%1 of %2").arg(formatBytes(m_job->done()), formatBytes(total));
        if (const std::optional<double> left = m_job->secondsLeft()) {
            parts << tr("%1 left").arg(formatSeconds(*left));
        }
    } else {
        m_progress->setRange(0, 0);
    }
    m_progressText->setText(parts.join(u" · "_s));
}

} // namespace rankscope
