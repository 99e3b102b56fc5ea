// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/exporting/export_checkpoint.h"
#include "core/exporting/verify_export.h"

#include <QString>

#include <optional>

namespace rankscope {

struct Theme;

/// How an export ended, for the dialog and for the report that people copy.
struct ExportOutcome {
    ExportReport report;
    ExportPreview preview;
    QString source; ///< folder of the original
    QString method; ///< of the plan
    std::vector<CardRow> measured;
    std::optional<Verification> verification;
    QString notVerified; ///< why not, a sentence; empty when it was, or is still to be
};

/// The four compared numbers in words and a table; HTML.
[[nodiscard]] QString outcomeHtml(const ExportOutcome& outcome, const Theme& theme);
/// Plain text, Markdown where it helps.
[[nodiscard]] QString outcomeText(const ExportOutcome& outcome);

} // namespace rankscope
