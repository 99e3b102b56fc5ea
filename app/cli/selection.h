// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command_context.h"
#include "core/model/model.h"
#include "core/pruning/channel_selector.h"
#include "core/pruning/method_registry.h"
#include "core/text/text_source.h"

#include <memory>
#include <optional>

namespace rankscope::cli {

/// options.method; says which text it wants when none was given.
[[nodiscard]] Result<const MethodInfo*> chosenMethod(const CommandOptions& options);

/// The calibration text of a method that needs one. Warns of a text that is not read.
[[nodiscard]] Result<std::optional<TextSource>> readCalibration(CommandContext& context,
                                                                const MethodInfo& method);

/// The method's view of the model, after looking at the calibration text if there is one.
[[nodiscard]] Result<std::shared_ptr<const ChannelSelector>>
makeChosenSelector(CommandContext& context, const MethodInfo& method,
                   const std::shared_ptr<const Model>& model, const std::optional<TextSource>& calibration);

} // namespace rankscope::cli
