// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace rankscope {

class LocalModelList;
class Settings;

/// What can be opened without looking for it: the demo, recent folders, the models of the local Hugging Face
/// cache, each with its size and, where it does not load, the reason. Typing filters. Not modal.
class OpenDialog : public QDialog {
    Q_OBJECT

public:
    OpenDialog(LocalModelList& models, const Settings& settings, QWidget* parent = nullptr);

    [[nodiscard]] QTreeWidget* list() const { return m_list; }
    [[nodiscard]] QLineEdit* filter() const { return m_filter; }
    [[nodiscard]] QPushButton* openButton() const { return m_open; }

Q_SIGNALS:
    void folderChosen(const QString& folder);
    /// "Choose a folder…"
    void folderWanted();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void applyFilter();
    void openCurrent();
    void refreshButtons();

    LocalModelList& m_models;
    const Settings& m_settings;
    QLineEdit* m_filter;
    QTreeWidget* m_list;
    QLabel* m_note;
    QPushButton* m_open;
    QString m_typedFolder; ///< what the filter names, when it is a place and not a part of a name
};

} // namespace rankscope
