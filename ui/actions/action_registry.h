// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>
#include <vector>

class QAction;
class QMenu;
class QWidget;

namespace rankscope {

/// Every command of the window: id, text, shortcut, and when it can work. Feeds the menus, the palette and
/// the shortcut sheet.
class ActionRegistry : public QObject {
    Q_OBJECT

public:
    /// Actions belong to `window`, so that their shortcuts work everywhere in it.
    explicit ActionRegistry(QWidget* window);

    /// Why a command cannot work now: a sentence for a person, or empty when it can.
    using Rule = std::function<QString()>;

    struct Entry {
        QString id;
        QString group; ///< the menu it is listed under
        QAction* action = nullptr;
        Rule rule {}; ///< none: always works
        QString reason {}; ///< what the rule said last
    };

    QAction* add(const QString& id, const QString& group, const QString& text, const QKeySequence& shortcut,
                 std::function<void()> run);
    /// One rule for several commands.
    void setRule(const QStringList& ids, const Rule& rule);
    /// From now on nothing is asked: what the rules look at is going.
    void dropRules();
    /// Asks every rule: commands that cannot work are disabled, with the reason as their tool tip.
    void refresh();
    [[nodiscard]] QAction* find(const QString& id) const;
    /// Why the command cannot work; empty when it can.
    [[nodiscard]] QString reason(const QString& id) const;
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }

private:
    QWidget* m_window;
    std::vector<Entry> m_entries;
};

} // namespace rankscope
