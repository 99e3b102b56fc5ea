// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_spec.h"

namespace rankscope {

const char* familyName(Family family)
{
    switch (family) {
    case Family::DeltaNet:
        return "DeltaNet";
    case Family::GatedDeltaNet:
        return "Gated DeltaNet";
    }
    return "?";
}

std::int64_t ModelSpec::stateBytes() const
{
    std::int64_t total = 0;
    for (const LayerSpec& layer : layers) {
        total += layer.stateBytes();
    }
    return total;
}

} // namespace rankscope
