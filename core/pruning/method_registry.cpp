// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/method_registry.h"

#include <array>

namespace rankscope {

namespace {

constexpr std::array kMethods {
    MethodInfo {
        .id = "rrqr",
        .label = "Strong RRQR",
        .description
        = "Keeps the channels whose columns of the stacked queries and keys span the largest volume: "
          "column-pivoted QR, then swaps while one grows the volume by more than 1.5 (at most 20). Works on "
          "the Gram matrix of q and k over all calibration tokens, after convolution and activation. "
          "Source: arXiv 2602.04852; Gu and Eisenstat 1996.",
        .scoreLabel = "|R_ii| of the pivoted QR",
        .needsStatistics = true,
        .usesSeed = false,
    },
    MethodInfo {
        .id = "l1",
        .label = "L1 magnitude",
        .description
        = "Keeps the channels with the largest sum of |Wq_ij| + |Wk_ij| over the inputs j. Needs no text. "
          "Source: arXiv 2602.04852, structured magnitude pruning.",
        .scoreLabel = "sum of |Wq| + |Wk|",
        .needsStatistics = false,
        .usesSeed = false,
    },
    MethodInfo {
        .id = "random",
        .label = "Random",
        .description
        = "Keeps channels in the order of a random permutation of each head, drawn from the seed: the floor "
          "that every other method has to beat. Smaller selections are subsets of larger ones. "
          "Source: arXiv 2602.04852, random baseline.",
        .scoreLabel = "position in the permutation, first = 1",
        .needsStatistics = false,
        .usesSeed = true,
    },
};

} // namespace

std::span<const MethodInfo> pruningMethods()
{
    return kMethods;
}

const MethodInfo* findMethod(std::string_view id)
{
    for (const MethodInfo& method : kMethods) {
        if (id == method.id) {
            return &method;
        }
    }
    return nullptr;
}

} // namespace rankscope
