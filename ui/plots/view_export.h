// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <functional>

class QMenu;
class QWidget;

namespace rankscope {

class DialogPort;

/// What a view gives away: its picture, and its values as text. Attached to the widget that draws it, so that
/// the commands of the window find it from wherever the keyboard is; the context menus offer the same.
class ViewExport : public QObject {
    Q_OBJECT

public:
    /// `name`: stem of proposed file names. `csv`: the shown values with a header line; null for a view
    /// without values. A QCustomPlot draws itself, any other view is rendered as it stands on the screen.
    ViewExport(QWidget& view, QString name, std::function<QString()> csv, DialogPort& dialogs);

    /// Of the view in `page` that the keyboard is in, or else of the first one that is visible there, or else
    /// of the page itself; null when its views are all hidden.
    [[nodiscard]] static ViewExport* find(QWidget* focus, const QWidget* page);

    [[nodiscard]] bool hasValues() const { return m_csv != nullptr; }
    void copyPicture();
    void copyValues();
    /// Asks for a name; its ending chooses PNG (twice the screen's size), SVG, PDF or CSV.
    void savePicture();
    void saveValues();
    /// All of that as menu entries.
    void addActions(QMenu& menu);
    /// Returns an error sentence, or nothing.
    [[nodiscard]] QString write(const QString& path) const;

Q_SIGNALS:
    /// A save that failed.
    void problem(const QString& sentence);

private:
    void save(const QString& title, const QString& suffix, const QString& filter);

    QWidget& m_view;
    QString m_name;
    std::function<QString()> m_csv;
    DialogPort& m_dialogs;
};

} // namespace rankscope
