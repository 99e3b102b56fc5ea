// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/action_registry.h"

#include "ui/actions/space_guard.h"

#include <QAction>
#include <QCoreApplication>
#include <QWidget>

namespace rankscope {

ActionRegistry::ActionRegistry(QWidget* window)
    : QObject(window)
    , m_window(window)
{
    QCoreApplication::instance()->installEventFilter(new SpaceGuard(this));
}

QAction* ActionRegistry::add(const QString& id, const QString& group, const QString& text,
                             const QKeySequence& shortcut, std::function<void()> run)
{
    auto* action = new QAction(text, m_window);
    action->setObjectName(id);
    action->setShortcut(shortcut);
    if (run) {
        connect(action, &QAction::triggered, m_window, [run = std::move(run)] { run(); });
    }
    m_window->addAction(action);
    m_entries.push_back({ id, group, action });
    return action;
}

void ActionRegistry::setRule(const QStringList& ids, const Rule& rule)
{
    for (Entry& entry : m_entries) {
        if (ids.contains(entry.id)) {
            entry.rule = rule;
        }
    }
}

void ActionRegistry::dropRules()
{
    for (Entry& entry : m_entries) {
        entry.rule = nullptr;
    }
}

void ActionRegistry::refresh()
{
    for (Entry& entry : m_entries) {
        if (!entry.rule) {
            continue;
        }
        const QString reason = entry.rule();
        if (reason == entry.reason) {
            continue;
        }
        entry.reason = reason;
        entry.action->setEnabled(reason.isEmpty());
        entry.action->setToolTip(reason);
    }
}

QString ActionRegistry::reason(const QString& id) const
{
    for (const Entry& entry : m_entries) {
        if (entry.id == id) {
            return entry.reason;
        }
    }
    return {};
}

QAction* ActionRegistry::find(const QString& id) const
{
    for (const Entry& entry : m_entries) {
        if (entry.id == id) {
            return entry.action;
        }
    }
    return nullptr;
}

} // namespace rankscope
