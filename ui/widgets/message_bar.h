// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/checkpoint_overview.h"

#include <QString>
#include <QWidget>

class QLabel;
class QToolButton;

namespace rankscope {

/// Non-modal notices above the panels: one sentence, a way to close it, and how many more wait behind it.
class MessageBar : public QWidget {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    void showMessage(const QString& sentence, IssueSeverity severity);
    void dismiss();
    void clear();
    [[nodiscard]] QString currentText() const;
    [[nodiscard]] bool isShowing() const { return !m_messages.isEmpty(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Message {
        QString text;
        IssueSeverity severity = IssueSeverity::Note;
    };
    void refresh();

    QList<Message> m_messages; ///< the newest last, which is shown
    QLabel* m_icon;
    QLabel* m_text;
    QLabel* m_more;
    QToolButton* m_close;
};

} // namespace rankscope
