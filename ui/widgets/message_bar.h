// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/checkpoint_overview.h"

#include <QString>
#include <QWidget>

#include <functional>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace rankscope {

/// Non-modal notices above the panels: one sentence, a way to close it, and how many more wait behind it.
class MessageBar : public QWidget {
    Q_OBJECT

public:
    explicit MessageBar(QWidget* parent = nullptr);

    /// A button beside the sentence; using it closes the message.
    struct Choice {
        QString text;
        std::function<void()> run;
    };

    /// What happened, and what can be done about it.
    void showMessage(const QString& sentence, IssueSeverity severity, const QList<Choice>& choices = {});
    /// An offer or a question. It stays until it is answered or dismissed.
    void ask(const QString& sentence, const QList<Choice>& choices);
    void dismiss();
    /// Takes back a message that no longer holds, wherever it waits.
    void withdraw(const QString& sentence);
    /// Forgets what happened so far, but no question.
    void clear();
    /// The buttons of the message on show.
    [[nodiscard]] QList<QPushButton*> choices() const;
    [[nodiscard]] QString currentText() const;
    [[nodiscard]] bool isShowing() const { return !m_messages.isEmpty(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Message {
        QString text;
        IssueSeverity severity = IssueSeverity::Note;
        QList<Choice> choices;
        bool asks = false;
    };
    void add(const Message& message);
    void refresh();

    QList<Message> m_messages; ///< the newest last, which is shown
    QLabel* m_icon;
    QLabel* m_text;
    QLabel* m_more;
    QHBoxLayout* m_buttons;
    QToolButton* m_close;
};

} // namespace rankscope
