// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/head_edit_lines.h"

#include "core/base/narrow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rankscope {

std::vector<std::string> headEditLines(const PruningPlan& plan)
{
    std::vector<std::string> lines;
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        const LayerPlan& planned = plan.layers[idx(layer)];
        for (int head = 0; head < std::ssize(planned.headEdits); ++head) {
            const HeadEdit* edit = planned.editOf(head);
            if (edit == nullptr) {
                continue;
            }
            const int count = planned.keptKeyDimsOf(head);
            std::string& line = lines.emplace_back(fmt::format("layer {}, head {}: ", layer, head));
            line += count == 0 ? std::string("switched off") : fmt::format("{} channels kept", count);
            if (!edit->forcedIn.empty()) {
                line += fmt::format("; kept by hand: {}", fmt::join(edit->forcedIn, ", "));
            }
            if (!edit->forcedOut.empty()) {
                line += fmt::format("; removed by hand: {}", fmt::join(edit->forcedOut, ", "));
            }
        }
    }
    return lines;
}

} // namespace rankscope
