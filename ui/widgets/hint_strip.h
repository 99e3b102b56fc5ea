// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QPushButton;

namespace rankscope {

/// One quiet line for people who see the window for the first time: what to try next. Can be turned off.
class HintStrip : public QWidget {
    Q_OBJECT

public:
    explicit HintStrip(QWidget* parent = nullptr);

    [[nodiscard]] int count() const { return static_cast<int>(m_hints.size()); }
    [[nodiscard]] int current() const { return m_current; }
    /// From the first one.
    void start();
    /// The next hint; after the last one the strip asks to be turned off.
    void next();
    /// The user did what hint `index` proposes: if it is on show, the next one comes.
    void did(int index);

Q_SIGNALS:
    void turnedOff();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();

    QStringList m_hints;
    int m_current = 0;
    QLabel* m_text;
    QPushButton* m_next;
    QPushButton* m_off;
};

/// Positions in the strip of what the window can tell was done.
namespace hint {
inline constexpr int dragFader = 0;
inline constexpr int chooseHead = 1;
inline constexpr int exportIt = 4;
} // namespace hint

} // namespace rankscope
