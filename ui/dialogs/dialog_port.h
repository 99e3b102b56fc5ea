// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QWidget;

namespace rankscope {

/// What to do with work that would be lost.
enum class UnsavedAnswer { Save, Discard, Cancel };

/// The questions that need a system dialog. Tests answer them in advance.
class DialogPort {
public:
    virtual ~DialogPort() = default;

    /// Empty when the user backed out.
    [[nodiscard]] virtual QString chooseFolder(QWidget* parent, const QString& title, const QString& start)
        = 0;
    [[nodiscard]] virtual QString chooseOpenFile(QWidget* parent, const QString& title, const QString& start,
                                                 const QString& filter)
        = 0;
    [[nodiscard]] virtual QString chooseSaveFile(QWidget* parent, const QString& title, const QString& start,
                                                 const QString& filter)
        = 0;
    /// Only where data would be lost. True to go on.
    [[nodiscard]] virtual bool confirmLoss(QWidget* parent, const QString& question, const QString& goOn) = 0;
    /// Unsaved work is about to be left behind.
    [[nodiscard]] virtual UnsavedAnswer askUnsaved(QWidget* parent, const QString& question) = 0;
};

/// The real dialogs.
class SystemDialogs : public DialogPort {
public:
    [[nodiscard]] QString chooseFolder(QWidget* parent, const QString& title, const QString& start) override;
    [[nodiscard]] QString chooseOpenFile(QWidget* parent, const QString& title, const QString& start,
                                         const QString& filter) override;
    [[nodiscard]] QString chooseSaveFile(QWidget* parent, const QString& title, const QString& start,
                                         const QString& filter) override;
    [[nodiscard]] bool confirmLoss(QWidget* parent, const QString& question, const QString& goOn) override;
    [[nodiscard]] UnsavedAnswer askUnsaved(QWidget* parent, const QString& question) override;
};

} // namespace rankscope
