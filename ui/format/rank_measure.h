// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/spectra.h"

#include <QString>

namespace rankscope {

enum class RankMeasure { Entropy, Stable, Threshold };

[[nodiscard]] double rankOf(const RankMeasures& ranks, RankMeasure measure);
/// "entropy rank".
[[nodiscard]] QString measureName(RankMeasure measure);
/// Its formula, range and source as a tooltip, with a plain sentence under it.
[[nodiscard]] QString measureDefinition(RankMeasure measure, const QString& note = {});

} // namespace rankscope
