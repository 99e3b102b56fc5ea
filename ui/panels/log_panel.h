// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

#include <functional>

class QPlainTextEdit;
class QTimer;

namespace rankscope {

/// The newest lines of the log, drained at 10 Hz while the panel is visible.
class LogPanel : public QWidget {
    Q_OBJECT

public:
    /// `drain` returns the lines since its last call; may be empty.
    explicit LogPanel(std::function<QStringList()> drain, QWidget* parent = nullptr);

    /// The lines that are shown.
    [[nodiscard]] QString text() const;

private:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void take();

    std::function<QStringList()> m_drain;
    QPlainTextEdit* m_text;
    QTimer* m_timer;
    bool m_follow = true;
};

} // namespace rankscope
