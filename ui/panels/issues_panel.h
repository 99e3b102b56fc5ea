// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/checkpoint_overview.h"

#include <QString>
#include <QWidget>

#include <optional>

class QListWidget;
class QListWidgetItem;
class QMenu;
class QStackedLayout;

namespace rankscope {

class EmptyNote;

/// The layer that a tensor's name or a sentence about it names ("model.layers.3.attn.q_proj.weight"), if any.
[[nodiscard]] std::optional<int> layerNamedIn(const QString& text);

/// What is wrong with the open checkpoint, errors first: what its headers say, and what came up when the
/// weights were read. A click goes to the cause: the layer concerned, or the file that says it; Enter or a
/// double click on what concerns neither opens the folder.
class IssuesPanel : public QWidget {
    Q_OBJECT

public:
    explicit IssuesPanel(QWidget* parent = nullptr);

    /// Those of the checkpoint that is open now; what was added to an earlier one goes.
    void setIssues(const std::vector<CheckpointIssue>& issues, bool modelOpen);
    void addIssue(const CheckpointIssue& issue);
    [[nodiscard]] int count() const { return static_cast<int>(m_issues.size()); }
    [[nodiscard]] QListWidget* list() const { return m_list; }
    /// Of the current row, or of all rows, as lines.
    [[nodiscard]] QString text(bool all) const;
    /// The issues with their severity and subject, tab separated.
    [[nodiscard]] QString tableText() const;
    void fillMenu(QMenu& menu);

Q_SIGNALS:
    void layerWanted(int layer);
    /// `file` is inside the checkpoint's folder; `subject` is the key or tensor in it.
    void fileWanted(const QString& file, const QString& subject, const QString& issue);
    void folderWanted();
    void hovered(const QString& text);

private:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void sortIssues();
    void rebuild();
    /// `opens`: Enter or a double click, which may leave the program.
    void follow(const QListWidgetItem* item, bool opens);
    [[nodiscard]] std::optional<int> layerOf(const QListWidgetItem* item) const;
    void showFile(const CheckpointIssue& issue);
    void copy(bool all) const;

    std::vector<CheckpointIssue> m_issues;
    bool m_modelOpen = false;
    QListWidget* m_list;
    EmptyNote* m_empty;
    QStackedLayout* m_stack;
};

} // namespace rankscope
