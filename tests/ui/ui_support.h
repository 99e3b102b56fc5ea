// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/plan/pruning_plan.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/document/spectra_summary.h"

#include <QString>

namespace rankscope::test {

/// `layers` layers of 4 heads with Dk = Dv = 64; every fourth one is softmax when `hybrid`.
[[nodiscard]] ModelSpec smallSpec(int layers, bool hybrid);
/// What the workbench opens a document with: everything kept, channel lists left to the method.
[[nodiscard]] PruningPlan openPlan(const ModelSpec& spec);
/// Falling spectra for every linear layer of `spec`.
[[nodiscard]] SpectraSummary someSpectra(const ModelSpec& spec);

/// A tiny random checkpoint that reads text like the demo: linear, softmax, linear; two heads, Dk = Dv = 8.
void writeHybridCheckpoint(const QString& folder);

/// Answers given in advance; an unanswered question is a test failure.
class FakeDialogs : public DialogPort {
public:
    QString folder;
    QString openFile;
    QString saveFile;
    bool loseData = true;
    UnsavedAnswer unsaved = UnsavedAnswer::Cancel;
    QString question; ///< the last one about unsaved work
    QString offered; ///< the last file name to save under
    int asked = 0;

    [[nodiscard]] QString chooseFolder(QWidget*, const QString&, const QString&) override
    {
        return ++asked, folder;
    }
    [[nodiscard]] QString chooseOpenFile(QWidget*, const QString&, const QString&, const QString&) override
    {
        return ++asked, openFile;
    }
    [[nodiscard]] QString chooseSaveFile(QWidget*, const QString&, const QString& start,
                                         const QString&) override
    {
        offered = start;
        return ++asked, saveFile;
    }
    [[nodiscard]] bool confirmLoss(QWidget*, const QString&, const QString&) override
    {
        return ++asked, loseData;
    }
    [[nodiscard]] UnsavedAnswer askUnsaved(QWidget*, const QString& text) override
    {
        question = text;
        return ++asked, unsaved;
    }
};

} // namespace rankscope::test
