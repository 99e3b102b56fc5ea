// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope {

/// The bundled checkpoint and texts: RANKSCOPE_RESOURCE_DIR, then ../share/rankscope beside the program, then
/// the source tree that the program was built from. Empty when none of them holds a demo folder.
[[nodiscard]] QString resourceFolder();
[[nodiscard]] QString demoFolder();
[[nodiscard]] QString demoCalibrationText();
[[nodiscard]] QString demoEvaluationText();
/// rankscope-cli beside the running program; empty when it is not there.
[[nodiscard]] QString cliProgram();

/// "org/name" of a model as the beginning of a file name: "name".
[[nodiscard]] QString fileNameFor(const QString& modelName);

} // namespace rankscope
