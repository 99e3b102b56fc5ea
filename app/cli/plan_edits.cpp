// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/plan_edits.h"

#include "core/base/narrow.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace rankscope::cli {

namespace {

Error wrongUse(std::string message)
{
    return Error { ErrorCode::InvalidArgument, std::move(message), {} };
}

/// "3:1:7" as three numbers, none negative.
Result<std::vector<int>> numbersOf(const std::string& option, const std::string& value, const char* form)
{
    std::vector<int> numbers;
    const auto count = 1 + std::count(form, form + std::char_traits<char>::length(form), ':');
    const char* at = value.data();
    const char* const end = at + value.size();
    while (std::ssize(numbers) < count) {
        int number = -1;
        const auto [next, failure] = std::from_chars(at, end, number);
        const bool last = std::ssize(numbers) + 1 == count;
        if (failure != std::errc() || number < 0 || (last ? next != end : next == end || *next != ':')) {
            return wrongUse(fmt::format("{} wants {}, not \"{}\".", option, form, value));
        }
        numbers.push_back(number);
        at = last ? next : next + 1;
    }
    return numbers;
}

Status checkLayer(const std::string& option, const std::string& value, const ModelSpec& spec, int layer)
{
    if (layer >= spec.layerCount()) {
        return wrongUse(
            fmt::format("{} {}: the model has layers 0 to {}.", option, value, spec.layerCount() - 1));
    }
    if (!spec.layers[idx(layer)].prunable()) {
        return wrongUse(
            fmt::format("{} {}: layer {} is a softmax layer and cannot be pruned.", option, value, layer));
    }
    return Unit {};
}

/// One of the options that speak of a head.
class HeadOption {
public:
    HeadOption(const char* name, const char* form, const ModelSpec& spec)
        : m_name(name)
        , m_form(form)
        , m_spec(spec)
    {
    }

    /// Calls use(value, head, last number) for every value that fits the model; a third number is under Dk +
    /// beyondLast.
    template <typename Use> Status each(const std::vector<std::string>& values, int beyondLast, Use use) const
    {
        for (const std::string& value : values) {
            Result<std::vector<int>> numbers = numbersOf(m_name, value, m_form);
            if (!numbers) {
                return numbers.error();
            }
            const int layer = (*numbers)[0];
            if (Status fits = checkLayer(m_name, value, m_spec, layer); !fits) {
                return fits;
            }
            const LayerSpec& size = m_spec.layers[idx(layer)];
            if ((*numbers)[1] >= size.heads) {
                return wrongUse(fmt::format("{} {}: layer {} has key heads 0 to {}.", m_name, value, layer,
                                            size.heads - 1));
            }
            if (numbers->size() > 2 && numbers->back() >= size.keyDims + beyondLast) {
                return wrongUse(fmt::format("{} {}: a head of layer {} has {} key channels.", m_name, value,
                                            layer, size.keyDims));
            }
            if (Status used = use(value, std::pair { layer, (*numbers)[1] }, numbers->back()); !used) {
                return used;
            }
        }
        return Unit {};
    }

private:
    std::string m_name;
    const char* m_form;
    const ModelSpec& m_spec;
};

void insertSorted(std::vector<int>& ascending, int channel)
{
    const auto at = std::lower_bound(ascending.begin(), ascending.end(), channel);
    if (at == ascending.end() || *at != channel) {
        ascending.insert(at, channel);
    }
}

} // namespace

Status applyLayerCounts(const CommandOptions& options, const ModelSpec& spec, std::vector<int>& keyDims)
{
    const std::string option = "--layers-kept";
    for (const std::string& value : options.layersKept) {
        Result<std::vector<int>> numbers = numbersOf(option, value, "LAYER:COUNT");
        if (!numbers) {
            return numbers.error();
        }
        const int layer = numbers->front();
        if (Status fits = checkLayer(option, value, spec, layer); !fits) {
            return fits;
        }
        const int most = spec.layers[idx(layer)].keyDims;
        if (numbers->back() < 1 || numbers->back() > most) {
            return wrongUse(fmt::format("{} {}: layer {} can keep 1 to {} key channels in a head.", option,
                                        value, layer, most));
        }
        keyDims[idx(layer)] = numbers->back();
    }
    return Unit {};
}

Result<bool> applyHeadEdits(const CommandOptions& options, const ModelSpec& spec, PruningPlan& plan)
{
    std::map<std::pair<int, int>, HeadEdit> edits;
    using Head = std::pair<int, int>;
    const auto keep = [&edits](const std::string& value, Head head, int count) -> Status {
        std::optional<int>& kept = edits[head].keptKeyDims;
        if (kept && *kept != count) {
            return wrongUse(fmt::format("\"{}\" contradicts another count for the same head.", value));
        }
        kept = count;
        return Unit {};
    };
    const auto force = [&edits](std::vector<int> HeadEdit::*into, std::vector<int> HeadEdit::*other) {
        return [&edits, into, other](const std::string& value, Head head, int channel) -> Status {
            HeadEdit& edit = edits[head];
            if (std::binary_search((edit.*other).begin(), (edit.*other).end(), channel)) {
                return wrongUse(fmt::format("Channel {} is forced both in and out.", value));
            }
            insertSorted(edit.*into, channel);
            return Unit {};
        };
    };
    const Status done[] = {
        HeadOption("--heads-kept", "LAYER:HEAD:COUNT", spec).each(options.headsKept, 1, keep),
        HeadOption("--heads-off", "LAYER:HEAD", spec)
            .each(options.headsOff, 0,
                  [&keep](const std::string& value, Head head, int) { return keep(value, head, 0); }),
        HeadOption("--force-in", "LAYER:HEAD:CHANNEL", spec)
            .each(options.forcedIn, 0, force(&HeadEdit::forcedIn, &HeadEdit::forcedOut)),
        HeadOption("--force-out", "LAYER:HEAD:CHANNEL", spec)
            .each(options.forcedOut, 0, force(&HeadEdit::forcedOut, &HeadEdit::forcedIn)),
    };
    for (const Status& status : done) {
        if (!status) {
            return status.error();
        }
    }
    for (auto& [head, edit] : edits) {
        LayerPlan& layer = plan.layers[idx(head.first)];
        layer.headEdits.resize(layer.kept.size());
        layer.headEdits[idx(head.second)] = std::move(edit);
        layer.kept[idx(head.second)].clear();
    }
    return !edits.empty();
}

} // namespace rankscope::cli
