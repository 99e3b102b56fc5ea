// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/custom_code.h"

#include <string_view>
#include <utility>

namespace rankscope {

namespace {

constexpr std::string_view kConfiguration
    = R"PY(# Written by Rankscope. Configuration of a @TITLE@ model whose layers have key widths of their own.
import copy
import math

from fla.models.@PACKAGE@.configuration_@PACKAGE@ import @CLASS@Config


def expansion_ratio(part, whole):
    """A factor e with int(whole * e) == part: the quotient may land just below the integer."""
    ratio = part / whole
    while int(whole * ratio) < part:
        ratio = math.nextafter(ratio, math.inf)
    return ratio


class PrunedConfig(@CLASS@Config):
    """The stock configuration and head_k_dims: key channels per head of every layer, 0 for softmax layers."""

    model_type = "pruned_linear_attn"

    def __init__(self, head_k_dims=None, base_model_type="@MODEL_TYPE@", **kwargs):
        self.head_k_dims = None if head_k_dims is None else list(head_k_dims)
        self.base_model_type = base_model_type
        super().__init__(**kwargs)

    def layer_config(self, layer_idx):
        """A copy in which the stock block finds the width of this layer."""
        if self.head_k_dims is None or len(self.head_k_dims) != self.num_hidden_layers:
            raise ValueError(f"head_k_dims must list {self.num_hidden_layers} widths, got {self.head_k_dims}")
        key_dims = self.head_k_dims[layer_idx]
        layer = copy.copy(self)
        if key_dims:
@WIDTHS@        return layer
)PY";

constexpr std::string_view kDeltaNetWidths
    = R"PY(            layer.expand_k = expansion_ratio(self.num_heads * key_dims, self.hidden_size)
)PY";
constexpr std::string_view kGatedDeltaNetWidths
    = R"PY(            value_dims = int(self.head_dim * self.expand_v)
            layer.head_dim = key_dims
            layer.expand_v = expansion_ratio(value_dims, key_dims)
)PY";

constexpr std::string_view kModeling
    = R"PY(# Written by Rankscope. A @TITLE@ model whose layers have key widths of their own; load with trust_remote_code=True.
from torch import nn

from fla.models.@PACKAGE@.modeling_@PACKAGE@ import @CLASS@Block, @CLASS@ForCausalLM

from .configuration_pruned import PrunedConfig


class PrunedForCausalLM(@CLASS@ForCausalLM):
    """The stock model with its blocks built from a configuration per layer; tensor names stay the stock ones."""

    config_class = PrunedConfig

    def __init__(self, config):
        super().__init__(config)
        self.model.layers = nn.ModuleList(
            [@CLASS@Block(config.layer_config(i), i) for i in range(config.num_hidden_layers)])
        self.check_widths()
        self.post_init()

    def check_widths(self):
        """The blocks must really have the widths of head_k_dims, whatever the installed fla makes of its options."""
        for i, (block, key_dims) in enumerate(zip(self.model.layers, self.config.head_k_dims)):
            if not key_dims:
                continue
            rows = self.config.num_heads * key_dims
            for name in ("q_proj", "k_proj", "q_conv1d", "k_conv1d"):
                module = getattr(block.attn, name, None)
                if module is not None and module.weight.shape[0] != rows:
                    raise ValueError(f"layer {i}: {name} has {module.weight.shape[0]} rows, the checkpoint {rows}")

    @classmethod
    def from_pretrained(cls, *args, output_loading_info=False, **kwargs):
        """As the stock method, but a tensor that is missing or has another shape is an error, not a warning."""
        model, info = super().from_pretrained(*args, output_loading_info=True, **kwargs)
        for problem in ("missing_keys", "mismatched_keys"):
            if info.get(problem):
                raise ValueError(f"{problem}: {sorted(map(str, info[problem]))}")
        return (model, info) if output_loading_info else model
)PY";

std::string filled(std::string_view pattern, Family family)
{
    const bool gated = family == Family::GatedDeltaNet;
    const std::pair<std::string_view, std::string_view> words[] = {
        { "@WIDTHS@", gated ? kGatedDeltaNetWidths : kDeltaNetWidths },
        { "@TITLE@", gated ? "Gated DeltaNet" : "DeltaNet" },
        { "@CLASS@", gated ? "GatedDeltaNet" : "DeltaNet" },
        { "@PACKAGE@", gated ? "gated_deltanet" : "delta_net" },
        { "@MODEL_TYPE@", gated ? "gated_deltanet" : "delta_net" },
    };
    std::string text(pattern);
    for (const auto& [placeholder, word] : words) {
        for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder)) {
            text.replace(at, placeholder.size(), word);
        }
    }
    return text;
}

} // namespace

std::string configurationCode(Family family)
{
    return filled(kConfiguration, family);
}

std::string modelingCode(Family family)
{
    return filled(kModeling, family);
}

} // namespace rankscope
