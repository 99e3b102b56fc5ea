// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QJsonObject;

namespace rankscope {

/// The benchmark's result for people: the few numbers that a person feels, in lines. --json has all of it.
[[nodiscard]] QString benchmarkSummary(const QJsonObject& result);

} // namespace rankscope
