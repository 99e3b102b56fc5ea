// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/selection.h"

#include "app/cli/inputs.h"
#include "core/analysis/channel_statistics.h"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace rankscope::cli {

namespace {

Result<std::shared_ptr<const ChannelStatistics>> statisticsFor(CommandContext& context, const Model& model,
                                                               const TextSource& text)
{
    Result<std::shared_ptr<const TokenWindows>> windows = makeWindows(context, text);
    if (!windows) {
        return windows.error();
    }
    const Stage stage(context.console, "Looking at the calibration text", "windows");
    return collectChannelStatistics(model, **windows, context.job);
}

} // namespace

Result<const MethodInfo*> chosenMethod(const CommandOptions& options)
{
    const MethodInfo* method = findMethod(options.method);
    if (method == nullptr) {
        std::vector<std::string> known;
        for (const MethodInfo& info : pruningMethods()) {
            known.emplace_back(info.id);
        }
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("There is no method \"{}\": use one of {}.", options.method,
                                   fmt::join(known, ", ")),
                       {} };
    }
    if (method->needsStatistics && options.calibration.empty()) {
        return Error { ErrorCode::InvalidArgument,
                       fmt::format("The method {} needs a text to look at: give one with --calibration FILE.",
                                   method->id),
                       {} };
    }
    return method;
}

Result<std::optional<TextSource>> readCalibration(CommandContext& context, const MethodInfo& method)
{
    const CommandOptions& options = context.options;
    if (method.needsStatistics) {
        Result<TextSource> text = readTextSource(options.calibration);
        if (!text) {
            return text.error();
        }
        return std::optional<TextSource>(std::move(*text));
    }
    if (!options.calibration.empty()) {
        context.warn(fmt::format("The method {} looks at weights only: \"{}\" is not read.", method.id,
                                 options.calibration));
    }
    return std::optional<TextSource>();
}

Result<std::shared_ptr<const ChannelSelector>>
makeChosenSelector(CommandContext& context, const MethodInfo& method,
                   const std::shared_ptr<const Model>& model, const std::optional<TextSource>& calibration)
{
    std::shared_ptr<const ChannelStatistics> statistics;
    if (calibration) {
        Result<std::shared_ptr<const ChannelStatistics>> collected
            = statisticsFor(context, *model, *calibration);
        if (!collected) {
            return collected.error();
        }
        statistics = std::move(*collected);
    }
    const Stage stage(context.console, "Preparing the method", "heads");
    return makeChannelSelector(method.id, context.options.seed, model, std::move(statistics), context.job);
}

} // namespace rankscope::cli
