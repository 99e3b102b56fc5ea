// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/dialog_port.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>

namespace rankscope {

QString SystemDialogs::chooseFolder(QWidget* parent, const QString& title, const QString& start)
{
    return QFileDialog::getExistingDirectory(parent, title, start);
}

QString SystemDialogs::chooseOpenFile(QWidget* parent, const QString& title, const QString& start,
                                      const QString& filter)
{
    return QFileDialog::getOpenFileName(parent, title, start, filter);
}

QString SystemDialogs::chooseSaveFile(QWidget* parent, const QString& title, const QString& start,
                                      const QString& filter)
{
    return QFileDialog::getSaveFileName(parent, title, start, filter);
}

bool SystemDialogs::confirmLoss(QWidget* parent, const QString& question, const QString& goOn)
{
    QMessageBox box(QMessageBox::Warning, QString(), question, QMessageBox::Cancel, parent);
    const QPushButton* button = box.addButton(goOn, QMessageBox::DestructiveRole);
    box.exec();
    return box.clickedButton() == button;
}

UnsavedAnswer SystemDialogs::askUnsaved(QWidget* parent, const QString& question)
{
    const QMessageBox::StandardButton answer = QMessageBox::warning(
        parent, QString(), question, QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel,
        QMessageBox::Save);
    return answer == QMessageBox::Save   ? UnsavedAnswer::Save
        : answer == QMessageBox::Discard ? UnsavedAnswer::Discard
                                         : UnsavedAnswer::Cancel;
}

} // namespace rankscope
