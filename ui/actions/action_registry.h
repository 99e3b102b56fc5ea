// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QString>

#include <functional>
#include <vector>

class QAction;
class QMenu;
class QWidget;

namespace rankscope {

/// Every command of the window: id, text, shortcut. Feeds the menus, the palette and the shortcut sheet.
class ActionRegistry : public QObject {
    Q_OBJECT

public:
    /// Actions belong to `window`, so that their shortcuts work everywhere in it.
    explicit ActionRegistry(QWidget* window);

    struct Entry {
        QString id;
        QString group; ///< the menu it is listed under
        QAction* action = nullptr;
    };

    QAction* add(const QString& id, const QString& group, const QString& text, const QKeySequence& shortcut,
                 std::function<void()> run);
    [[nodiscard]] QAction* find(const QString& id) const;
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }

private:
    QWidget* m_window;
    std::vector<Entry> m_entries;
};

} // namespace rankscope
