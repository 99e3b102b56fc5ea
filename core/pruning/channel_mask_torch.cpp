// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/pruning/channel_mask_torch.h"

#include "core/base/device_torch.h"
#include "core/base/narrow.h"
#include "core/base/tensor_torch.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

namespace rankscope {

std::vector<LayerMask> makeMasks(const Model& model, const PruningPlan& plan, QueryScale scale)
{
    return makeMasks(model.device(), model.dtype(), plan, scale);
}

std::vector<LayerMask> makeMasks(Device device, DType dtype, const PruningPlan& plan, QueryScale scale)
{
    std::vector<LayerMask> masks(plan.layers.size());
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        const LayerPlan& layer = plan.layers[i];
        masks[i].scaleKeyDims = scale == QueryScale::OfKeptDims ? layer.keptKeyDims : layer.keyDims;
        if (layer.keepsAll()) {
            continue;
        }
        at::Tensor heads = at::zeros({ narrow<std::int64_t>(layer.kept.size()), layer.keyDims },
                                     at::TensorOptions(at::kFloat));
        auto values = heads.accessor<float, 2>();
        for (std::size_t head = 0; head < layer.kept.size(); ++head) {
            for (const int channel : layer.kept[head]) {
                values[narrow<std::int64_t>(head)][channel] = 1.0F;
            }
        }
        masks[i].channels = at::cat({ heads, heads }).to(toTorch(device), toTorch(dtype));
    }
    return masks;
}

} // namespace rankscope
