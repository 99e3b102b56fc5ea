// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QLineEdit;
class QListWidget;

namespace rankscope {

class ActionRegistry;

/// Type a few letters of a command, press Enter.
class CommandPalette : public QDialog {
    Q_OBJECT

public:
    explicit CommandPalette(const ActionRegistry& actions, QWidget* parent = nullptr);

    void open() override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void filter(const QString& words);
    void runCurrent();
    bool eventFilter(QObject* watched, QEvent* event) override;

    const ActionRegistry& m_actions;
    QLineEdit* m_input;
    QListWidget* m_list;
};

} // namespace rankscope
