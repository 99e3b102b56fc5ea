// SPDX-License-Identifier: GPL-3.0-or-later
// The menu bar, and the menus of the strip.
#include "core/model/local_models.h"
#include "ui/actions/action_registry.h"
#include "ui/document/local_model_list.h"
#include "ui/document/open_defaults.h"
#include "ui/document/resources.h"
#include "ui/document/workbench.h"
#include "ui/format/menu_text.h"
#include "ui/format/numbers.h"
#include "ui/main_window.h"
#include "ui/panels/dock_panel.h"
#include "ui/settings/settings.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/status_strip.h"

#include <QAction>
#include <QDir>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QToolButton>

namespace rankscope {

using namespace Qt::StringLiterals;

void MainWindow::buildMenus()
{
    const auto fill = [this](QMenu* menu, const QStringList& ids) {
        menu->setToolTipsVisible(true); // they say why a command cannot work
        for (const QString& id : ids) {
            if (id.isEmpty()) {
                menu->addSeparator();
            } else {
                menu->addAction(m_actions->find(id));
            }
        }
    };
    QMenu* file = menuBar()->addMenu(tr("&File"));
    fill(file, { u"file.open"_s, u"file.openFolder"_s });
    QMenu* recent = file->addMenu(tr("Open &recent"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] { fillRecentMenu(recent); });
    fillRecentMenu(recent);
    fill(file,
         { u"file.demo"_s,
           {},
           u"file.text"_s,
           u"file.calibration"_s,
           {},
           u"file.loadPlan"_s,
           u"file.savePlan"_s,
           u"file.savePlanAs"_s,
           u"file.recover"_s,
           {},
           u"file.export"_s,
           {},
           u"file.quit"_s });
    fill(menuBar()->addMenu(tr("&Edit")),
         { u"edit.undo"_s,
           u"edit.redo"_s,
           {},
           u"layers.filter"_s,
           u"layers.copy"_s,
           u"layers.csv"_s,
           {},
           u"edit.palette"_s });
    QMenu* view = menuBar()->addMenu(tr("&View"));
    fill(view->addMenu(tr("&Theme")),
         { u"view.theme.system"_s, u"view.theme.light"_s, u"view.theme.dark"_s });
    view->addSeparator();
    for (const DockEntry& entry : m_docks) {
        view->addAction(entry.dock->toggleViewAction());
    }
    view->addSeparator();
    QStringList pages;
    QStringList importance;
    for (const ActionRegistry::Entry& entry : m_actions->entries()) {
        if (entry.id.startsWith(u"view.show."_s)) {
            pages << entry.id;
        } else if (entry.id.startsWith(u"view.importance."_s)) {
            importance << entry.id;
        }
    }
    fill(view->addMenu(tr("&Importance")), importance);
    fill(view->addMenu(tr("&Rank over tokens")), { u"view.rankForm"_s, u"view.rankModel"_s });
    fill(view, { u"view.copyPicture"_s, u"view.savePicture"_s, u"view.copyValues"_s, u"view.saveValues"_s });
    view->addSeparator();
    fill(view,
         { u"view.layerFaders"_s, u"view.headFaders"_s, u"view.fit"_s, u"view.fullScreen"_s,
           u"view.reset"_s });
    QMenu* plan = menuBar()->addMenu(tr("&Plan"));
    fill(plan,
         { u"plan.lock"_s,
           {},
           u"plan.forceIn"_s,
           u"plan.forceOut"_s,
           u"plan.freeChannels"_s,
           u"plan.switchHead"_s,
           u"plan.resetHead"_s,
           u"plan.resetLayerHeads"_s,
           {},
           u"plan.bySensitivity"_s,
           u"plan.byRank"_s,
           {},
           u"plan.resetLayers"_s,
           u"plan.reset"_s,
           {},
           u"file.loadPlan"_s,
           u"file.savePlan"_s,
           {} });
    fill(plan->addMenu(tr("&Candidates")),
         { u"compare.load"_s,
           u"compare.pin"_s,
           u"compare.unpin"_s,
           {},
           u"compare.rename"_s,
           u"compare.remove"_s,
           {},
           u"compare.copy"_s,
           u"compare.export"_s,
           u"compare.plot"_s });
    QMenu* go = menuBar()->addMenu(tr("&Go"));
    fill(go->addMenu(tr("To a &view")), pages);
    fill(go,
         { {},
           u"go.previousLayer"_s,
           u"go.nextLayer"_s,
           u"go.previousHead"_s,
           u"go.nextHead"_s,
           u"go.earlier"_s,
           u"go.later"_s,
           u"go.play"_s,
           u"go.previousWindow"_s,
           u"go.nextWindow"_s });
    QMenu* run = menuBar()->addMenu(tr("&Run"));
    fill(run,
         { u"run.evaluate"_s,
           u"run.analyse"_s,
           u"run.probes"_s,
           {},
           u"quality.moreWindows"_s,
           u"quality.fewerWindows"_s,
           u"quality.addText"_s,
           {},
           u"quality.copy"_s,
           u"quality.copyTokens"_s,
           u"quality.copyTexts"_s,
           {},
           u"run.stop"_s });
    QMenu* device = run->addMenu(tr("&Device"));
    for (const ActionRegistry::Entry& entry : m_actions->entries()) {
        if (entry.id.startsWith(u"run.device."_s)) {
            device->addAction(entry.action);
        }
    }
    fill(menuBar()->addMenu(tr("&Help")),
         { u"help.definitions"_s, u"help.shortcuts"_s, {}, u"help.hints"_s, {}, u"help.about"_s });
}

namespace {

/// The path, or the model's name where the path ends in a hash.
QString folderLabel(const QString& folder)
{
    const QString name
        = QString::fromStdString(checkpointName(std::filesystem::path(folder.toStdU16String())));
    return name == QFileInfo(folder).fileName() ? QDir::toNativeSeparators(folder)
                                                : MainWindow::tr("%1 (Hugging Face cache)").arg(name);
}

} // namespace

void MainWindow::refreshRecentActions()
{
    const QStringList folders = m_services.settings.get(setting::recentFolders);
    int at = 0;
    while (QAction* action = m_actions->find(u"file.recent.%1"_s.arg(at))) {
        const bool used = at < folders.size();
        action->setVisible(used);
        action->setText(used ? tr("Open %1").arg(menuText(folderLabel(folders[at])))
                             : tr("Open a recent model"));
        ++at;
    }
    m_actions->refresh();
}

void MainWindow::fillRecentMenu(QMenu* menu)
{
    menu->clear();
    menu->addSection(tr("Models"));
    for (const ActionRegistry::Entry& entry : m_actions->entries()) {
        if (entry.id.startsWith(u"file.recent."_s)) {
            menu->addAction(entry.action);
        }
    }
    if (m_services.settings.get(setting::recentFolders).isEmpty()) {
        menu->addAction(tr("No models yet"))->setEnabled(false);
    }
    menu->addSection(tr("Plans"));
    const QStringList plans = m_services.settings.get(setting::recentPlans);
    for (const QString& plan : plans) {
        menu->addAction(menuText(QDir::toNativeSeparators(plan)), this, [this, plan] { loadPlan(plan); })
            ->setEnabled(m_services.document.isOpen());
    }
    if (plans.isEmpty()) {
        menu->addAction(tr("No plans yet"))->setEnabled(false);
    }
}

void MainWindow::refreshModelMenu()
{
    QMenu* menu = m_strip->modelButton()->menu();
    refreshRecentActions();
    menu->clear();
    menu->addAction(m_actions->find(u"file.open"_s));
    menu->addAction(m_actions->find(u"file.demo"_s));
    const QStringList recent = m_services.settings.get(setting::recentFolders);
    if (!recent.isEmpty()) {
        menu->addSeparator();
    }
    for (const QString& folder : recent) {
        menu->addAction(menuText(folderLabel(folder)), this, [this, folder] { openFolder(folder); })
            ->setToolTip(QDir::toNativeSeparators(folder));
    }
    bool first = true;
    for (const LocalModel& model : m_localModels->models()) {
        const QString folder = QString::fromStdU16String(model.folder.u16string());
        if (!model.supported() || !model.isMain || recent.contains(folder)) {
            continue; // the open dialog lists them all, with the reasons
        }
        if (std::exchange(first, false)) {
            menu->addSection(tr("Local Hugging Face cache"));
        }
        menu->addAction(
            menuText(u"%1   %2"_s.arg(QString::fromStdString(model.name), formatBytes(model.weightBytes))),
            this, [this, folder] { openFolder(folder); });
    }
}

void MainWindow::refreshDevices()
{
    const Workbench& workbench = m_services.workbench;
    const QString dtype = QString::fromUtf8(shortName(workbench.dtype()));
    m_strip->setDeviceText(QString::fromStdString(toString(workbench.device())) + u" · "_s + dtype,
                           tr("Where the engine runs, and its number format"));
    QMenu* menu = m_strip->deviceButton()->menu();
    menu->clear();
    for (const DeviceInfo& info : workbench.devices()) {
        const bool gpu = info.device.kind == DeviceKind::Cuda;
        for (const DType type :
             gpu ? std::vector { DType::BF16, DType::F32 } : std::vector { DType::F32, DType::BF16 }) {
            QString text
                = u"%1 · %2"_s.arg(QString::fromStdString(info.name), QString::fromUtf8(shortName(type)));
            if (const auto& overview = workbench.overview(); overview != nullptr && !gpu) {
                const std::int64_t copied = copiedWeightBytes(*overview, type);
                text += copied == 0 ? tr(" (weights used in place)")
                                    : tr(" (copies %1)").arg(formatBytes(copied));
            }
            QAction* action = menu->addAction(menuText(text), this, [this, device = info.device, type] {
                m_services.workbench.setDevice(device, type);
            });
            action->setCheckable(true);
            action->setChecked(info.device == workbench.device() && type == workbench.dtype());
        }
    }
    if (menu->isEmpty()) {
        menu->addAction(tr("Looking for devices…"))->setEnabled(false);
    }
    refreshDeviceActions();
    refreshNumbers();
}

void MainWindow::offerDevice(const Device& device, DType dtype)
{
    const QString name
        = QString::fromStdString(toString(device)) + u" · "_s + QString::fromUtf8(shortName(dtype));
    m_messages->withdraw(m_deviceOffer);
    const QString& reason = m_services.workbench.modelSentence();
    m_messages->withdraw(reason); // said once, with the way on
    m_deviceOffer = tr("%1 The numbers from %2 stay, marked as out of date.").arg(reason, name);
    m_messages->ask(m_deviceOffer, { { tr("Back to %1").arg(name), [this, device, dtype] {
                                          m_services.workbench.setDevice(device, dtype);
                                      } } });
}

void MainWindow::refreshTexts()
{
    const Workbench& workbench = m_services.workbench;
    const QString path = workbench.evaluationText();
    const bool bundled = path == demoEvaluationText();
    const std::shared_ptr<const TokenWindows>& text = workbench.texts().evaluation;
    QString name = bundled ? tr("demo text") : QFileInfo(path).fileName();
    QString tip = path;
    if (workbench.usesDemoTextForOtherModel()) {
        tip += u'\n' + tr("The bundled demo text stands in until you choose a text for this model.");
        name = tr("demo text (choose one)");
    }
    if (text != nullptr) {
        tip += u'\n' + tr("%1 windows of %2 tokens").arg(text->count).arg(text->length);
    }
    const bool same = workbench.scoresCalibrationText();
    if (same) { // a state, not an event: it stays beside the text and is in no message's way
        name = u"⚠ "_s + name;
        tip += u'\n'
            + tr("Evaluation and calibration text are the same: selection has seen what is scored, so that "
                 "losses look too small.");
    }
    m_strip->setTextText(name, tip);
    QMenu* menu = m_strip->textButton()->menu();
    menu->clear();
    if (same) {
        menu->addAction(tr("⚠ Evaluation and calibration text are the same"))->setEnabled(false);
        menu->addSeparator();
    }
    menu->addAction(m_actions->find(u"file.text"_s));
    menu->addAction(m_actions->find(u"file.calibration"_s));
    menu->addSeparator();
    QAction* own = menu->addAction(tr("Bundled demo text"), this,
                                   [this] { m_services.workbench.setEvaluationText(demoEvaluationText()); });
    own->setCheckable(true);
    own->setChecked(bundled);
}

} // namespace rankscope
