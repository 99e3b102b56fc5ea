// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace rankscope::cli {

void CommandContext::warn(std::string sentence)
{
    if (const auto logger = spdlog::get("rankscope.cli")) {
        logger->warn(sentence);
    }
    warnings.push_back(std::move(sentence));
}

void CommandContext::info(const std::string& sentence) const
{
    if (const auto logger = spdlog::get("rankscope.cli")) {
        logger->info(sentence);
    }
}

void CommandContext::debug(const std::string& sentence) const
{
    if (const auto logger = spdlog::get("rankscope.cli")) {
        logger->debug(sentence);
    }
}

CommandResult finish(const CommandContext& context, nlohmann::ordered_json result, std::string text,
                     std::optional<Error> failure)
{
    result["warnings"] = context.warnings;
    if (failure) {
        result["error"] = errorJson(*failure);
    }
    return CommandResult { result.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
                           std::move(text), std::move(failure) };
}

nlohmann::ordered_json errorJson(const Error& error)
{
    return { { "code", errorCodeName(error.code) },
             { "message", error.message },
             { "context", error.context } };
}

} // namespace rankscope::cli
