// SPDX-License-Identifier: GPL-3.0-or-later
// Commands on the view that has the keyboard: its picture, its values. And what the buttons of the strip open
// as menus, as commands: recent models and devices.
#include "ui/actions/action_registry.h"
#include "ui/document/workbench.h"
#include "ui/main_window.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/issues_panel.h"
#include "ui/panels/job_panel.h"
#include "ui/panels/layer_panel.h"
#include "ui/panels/log_panel.h"
#include "ui/panels/plan_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/text_score_panel.h"
#include "ui/panels/token_loss_panel.h"
#include "ui/plots/view_export.h"
#include "ui/settings/settings.h"
#include "ui/widgets/equaliser.h"
#include "ui/widgets/status_strip.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QListView>
#include <QMenu>
#include <QTableView>
#include <QToolButton>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Commands that exist from the start; those that nothing stands behind are not shown.
constexpr int kRecentCommands = 8;
constexpr int kDeviceCommands = 12;

/// Tab-separated lines as comma-separated ones.
QString csvOf(const QString& table)
{
    QStringList lines;
    for (const QString& line : table.split(u'\n')) {
        QStringList fields = line.split(u'\t');
        for (QString& field : fields) {
            if (field.contains(u',') || field.contains(u'"')) {
                field = u'"' + field.replace(u'"', u"\"\""_s) + u'"';
            }
        }
        lines << fields.join(u',');
    }
    return lines.join(u'\n');
}

/// Of a page that is a table or a list itself; null for any other.
std::function<QString()> valuesOf(const QWidget* page)
{
    const auto table = [](const auto* panel) -> std::function<QString()> {
        return [panel] { return csvOf(panel->tableText()); };
    };
    if (const auto* plan = qobject_cast<const PlanPanel*>(page)) {
        return table(plan);
    }
    if (const auto* jobs = qobject_cast<const JobPanel*>(page)) {
        return table(jobs);
    }
    if (const auto* issues = qobject_cast<const IssuesPanel*>(page)) {
        return table(issues);
    }
    if (const auto* log = qobject_cast<const LogPanel*>(page)) {
        return [log] { return csvOf(u"line\n"_s + log->text()); };
    }
    return nullptr;
}

} // namespace

void MainWindow::attachViewExports()
{
    const auto attach = [this](QWidget* view, const QString& name, std::function<QString()> csv) {
        auto* give = new ViewExport(*view, name, std::move(csv), m_services.dialogs);
        connect(give, &ViewExport::problem, this, [this](const QString& sentence) { showProblem(sentence); });
    };
    attach(m_layerPanel->table(), u"layers"_s, [this] { return m_layerPanel->csv(); });
    attach(m_comparePanel->table(), u"candidates"_s, [this] { return m_comparePanel->csv(); });
    attach(m_textScorePanel->table(), u"texts"_s, [this] { return csvOf(m_textScorePanel->tableText()); });
    attach(m_tokenLossPanel->list(), u"tokens"_s, [this] { return csvOf(m_tokenLossPanel->tableText()); });
    for (Equaliser* faders : m_dockHost->findChildren<Equaliser*>()) {
        attach(faders, u"equaliser"_s, [faders] { return csvOf(faders->valuesText()); });
    }
    attach(m_qualityPanel->numbers(), u"quality-numbers"_s,
           [this] { return csvOf(m_qualityPanel->numbersText()); });
    // Everything else, as it stands on the screen.
    for (const DockEntry& entry : m_docks) {
        for (int page = 0; page < entry.dock->pageCount(); ++page) {
            attach(entry.dock->page(page), entry.dock->pageTitle(page).toLower().replace(u' ', u'-'),
                   valuesOf(entry.dock->page(page)));
        }
        connect(entry.dock, &DockPanel::copyWanted, this, [this] {
            if (whyNoValues().isEmpty()) {
                focusedExport()->copyValues();
            } else if (whyNoPicture().isEmpty()) {
                focusedExport()->copyPicture();
            }
        });
    }
}

QWidget* MainWindow::focusedPage() const
{
    for (QWidget* widget = m_focusInDocks; widget != nullptr; widget = widget->parentWidget()) {
        if (const auto* dock = qobject_cast<DockPanel*>(widget)) {
            return dock->isVisible() ? dock->currentPage() : nullptr;
        }
    }
    return nullptr;
}

ViewExport* MainWindow::focusedExport() const
{
    const QWidget* page = focusedPage();
    return page != nullptr ? ViewExport::find(m_focusInDocks, page) : nullptr;
}

QString MainWindow::whyNoPicture() const
{
    return focusedPage() == nullptr  ? tr("Click into a view first.")
        : focusedExport() == nullptr ? tr("The view is empty.")
                                     : QString();
}

QString MainWindow::whyNoValues() const
{
    const QString picture = whyNoPicture();
    return !picture.isEmpty()           ? picture
        : !focusedExport()->hasValues() ? tr("This view has no values to save.")
                                        : QString();
}

void MainWindow::buildViewExportActions()
{
    ActionRegistry& actions = *m_actions;
    const QString view = tr("View");
    const auto add
        = [&](const QString& id, const QString& text, const QKeySequence& keys, void (ViewExport::*run)()) {
              actions.add(id, view, text, keys, [this, run] {
                  if (ViewExport* give = focusedExport()) {
                      (give->*run)();
                  }
              });
          };
    add(u"view.copyPicture"_s, tr("Copy the &picture of this view"), QKeySequence(u"Ctrl+Alt+C"_s),
        &ViewExport::copyPicture);
    add(u"view.savePicture"_s, tr("Sa&ve the picture of this view…"), QKeySequence(u"Ctrl+Alt+S"_s),
        &ViewExport::savePicture);
    add(u"view.copyValues"_s, tr("Copy the va&lues of this view"), QKeySequence(u"Ctrl+Alt+V"_s),
        &ViewExport::copyValues);
    add(u"view.saveValues"_s, tr("Save the values of this view as CS&V…"), {}, &ViewExport::saveValues);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
        for (QWidget* widget = now; widget != nullptr; widget = widget->parentWidget()) {
            if (qobject_cast<DockPanel*>(widget) != nullptr) {
                m_focusInDocks = now;
                m_actions->refresh();
                return;
            }
        }
    });
    actions.setRule({ u"view.copyPicture"_s, u"view.savePicture"_s }, [this] { return whyNoPicture(); });
    actions.setRule({ u"view.copyValues"_s, u"view.saveValues"_s }, [this] { return whyNoValues(); });
}

void MainWindow::buildStripActions()
{
    for (int at = 0; at < kRecentCommands; ++at) {
        const QString id = u"file.recent.%1"_s.arg(at);
        m_actions->add(id, tr("File"), {}, {}, [this, at] {
            const QStringList folders = m_services.settings.get(setting::recentFolders);
            if (at < folders.size()) {
                openFolder(folders[at]);
            }
        });
        m_actions->setRule({ id }, [this, at] {
            const QStringList folders = m_services.settings.get(setting::recentFolders);
            const auto& overview = m_services.workbench.overview();
            return at >= folders.size() ? tr("No further model was opened.")
                : overview != nullptr
                    && overview->folder == std::filesystem::path(folders[at].toStdU16String())
                ? tr("This model is open.")
                : QString();
        });
    }
    for (int at = 0; at < kDeviceCommands; ++at) {
        const QString id = u"run.device.%1"_s.arg(at);
        const auto choice = [this, at]() -> QAction* {
            const QList<QAction*> devices = m_strip->deviceButton()->menu()->actions();
            return at < devices.size() && devices[at]->isCheckable() ? devices[at] : nullptr;
        };
        m_actions->add(id, tr("Run"), {}, {}, [choice] {
            if (QAction* device = choice()) {
                device->trigger();
            }
        });
        m_actions->setRule({ id }, [this, choice] {
            const QAction* device = choice();
            const auto& overview = m_services.workbench.overview();
            return device == nullptr                           ? tr("There is no further device.")
                : overview != nullptr && !overview->loadable() ? m_services.workbench.blockingSentence()
                : device->isChecked()                          ? tr("The engine runs there already.")
                                                               : QString();
        });
    }
    refreshRecentActions();
    refreshDeviceActions();
}

void MainWindow::refreshDeviceActions()
{
    const QList<QAction*> devices = m_strip->deviceButton()->menu()->actions();
    for (int at = 0; at < kDeviceCommands; ++at) {
        if (QAction* action = m_actions->find(u"run.device.%1"_s.arg(at))) {
            const bool used = at < devices.size() && devices[at]->isCheckable();
            action->setVisible(used);
            action->setText(used ? tr("Run on %1").arg(devices[at]->text()) : tr("Run on another device"));
        }
    }
    m_actions->refresh();
}

} // namespace rankscope
