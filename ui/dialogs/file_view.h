// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QString>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace rankscope {

class JobLanes;

/// A file of the checkpoint with the line that an issue is about. Not modal; read only.
class FileView : public QDialog {
    Q_OBJECT

public:
    explicit FileView(JobLanes& lanes, QWidget* parent = nullptr);

    /// Reads the file in the background, then marks the line of `subject` (a key or a tensor). `issue` is
    /// said above it.
    void show(const QString& folder, const QString& file, const QString& subject, const QString& issue);
    [[nodiscard]] QPlainTextEdit* text() const { return m_text; }
    /// From 0; -1 while none is marked.
    [[nodiscard]] int markedLine() const { return m_line; }

private:
    void mark(int line);
    void changeEvent(QEvent* event) override;

    JobLanes& m_lanes;
    QLabel* m_issue;
    QPlainTextEdit* m_text;
    QPushButton* m_openFolder;
    QString m_folder;
    int m_line = -1;
    int m_request = 0;
};

} // namespace rankscope
