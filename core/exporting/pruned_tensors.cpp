// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/pruned_tensors.h"

#include "core/base/narrow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

namespace rankscope {

namespace {

using Bytes = std::span<const std::byte>;

/// Rows (head, channel) of a head-major axis 0; model-families 4.2.
struct RowSelection {
    int heads = 0;
    int keyDims = 0; ///< Dk before
    int kept = 0; ///< d' after, the same in every head
    const std::vector<std::vector<int>>* channels = nullptr; ///< d' or fewer per head

    [[nodiscard]] std::int64_t rows() const { return std::int64_t { heads } * keyDims; }
};

constexpr std::array<const char*, 4> kProjections { "q_proj.weight", "k_proj.weight", "q_proj.bias",
                                                    "k_proj.bias" };
constexpr std::array<const char*, 4> kConvolutions { "q_conv1d.weight", "k_conv1d.weight", "q_conv1d.bias",
                                                     "k_conv1d.bias" };

/// The tensors to touch, by name, with the layer they belong to.
std::unordered_map<std::string, RowSelection> selections(const ModelSpec& spec, const PruningPlan& plan,
                                                         ExportMode mode)
{
    std::unordered_map<std::string, RowSelection> byName;
    for (int layer = 0; layer < spec.layerCount(); ++layer) {
        const LayerSpec& size = spec.layers[idx(layer)];
        const LayerPlan& keep = plan.layers[idx(layer)];
        if (!size.prunable() || keep.keepsAll()) {
            continue;
        }
        const RowSelection selection { size.heads, size.keyDims, keep.keptKeyDims, &keep.kept };
        const std::string prefix = fmt::format("model.layers.{}.attn.", layer);
        for (const char* name : kProjections) {
            byName.emplace(prefix + name, selection);
        }
        if (mode != ExportMode::ZeroFilled) {
            for (const char* name : kConvolutions) {
                byName.emplace(prefix + name, selection);
            }
        }
    }
    return byName;
}

/// Appends a row, joined to the piece before where it follows it in memory.
void addRow(std::vector<Bytes>& pieces, Bytes row)
{
    if (!pieces.empty() && pieces.back().data() + pieces.back().size() == row.data()) {
        pieces.back() = Bytes(pieces.back().data(), pieces.back().size() + row.size());
    } else {
        pieces.push_back(row);
    }
}

/// A head that keeps fewer channels than its layer is filled up with zero rows (model-families 4.4).
std::vector<Bytes> keptRows(Bytes whole, std::size_t rowBytes, const RowSelection& selection, Bytes zeroRow)
{
    std::vector<Bytes> pieces;
    for (int head = 0; head < selection.heads; ++head) {
        const std::vector<int>& channels = (*selection.channels)[idx(head)];
        for (const int channel : channels) {
            const std::size_t row = idx(std::int64_t { head } * selection.keyDims + channel);
            addRow(pieces, whole.subspan(row * rowBytes, rowBytes));
        }
        pieces.insert(pieces.end(), idx(selection.kept) - channels.size(), zeroRow.first(rowBytes));
    }
    return pieces;
}

std::vector<Bytes> rowsWithZeros(Bytes whole, std::size_t rowBytes, const RowSelection& selection,
                                 Bytes zeroRow)
{
    std::vector<Bytes> pieces;
    for (int head = 0; head < selection.heads; ++head) {
        const std::vector<int>& channels = (*selection.channels)[idx(head)];
        for (int channel = 0; channel < selection.keyDims; ++channel) {
            const std::size_t row = idx(std::int64_t { head } * selection.keyDims + channel);
            if (std::binary_search(channels.begin(), channels.end(), channel)) {
                addRow(pieces, whole.subspan(row * rowBytes, rowBytes));
            } else {
                pieces.push_back(zeroRow.first(rowBytes));
            }
        }
    }
    return pieces;
}

} // namespace

Result<PrunedTensors> pruneTensors(std::shared_ptr<const CheckpointReader> source, const ModelSpec& spec,
                                   const PruningPlan& plan, ExportMode mode)
{
    const auto byName = selections(spec, plan, mode);
    PrunedTensors result;
    std::size_t longestRow = 0;
    for (const TensorEntry& entry : source->entries()) {
        const auto found = byName.find(entry.name);
        if (found == byName.end()) {
            continue;
        }
        const std::int64_t rows = found->second.rows();
        if (entry.shape.empty() || entry.shape.front() != rows) {
            return Error {
                ErrorCode::Mismatch,
                fmt::format("Tensor \"{}\" has shape {}, but {} heads of {} key channels need {} rows; the "
                            "checkpoint cannot be cut.",
                            entry.name, shapeText(entry.shape), found->second.heads, found->second.keyDims,
                            rows),
                {}
            };
        }
        longestRow = std::max(longestRow, idx(entry.sizeBytes / rows));
    }
    result.zeros = std::make_shared<const std::vector<std::byte>>(longestRow, std::byte { 0 });

    for (const TensorEntry& entry : source->entries()) {
        const Bytes whole = source->bytes(entry);
        OutputTensor output {
            entry.name, entry.dtype, entry.shape, { whole }, &source->mapping(entry), whole
        };
        if (const auto found = byName.find(entry.name); found != byName.end()) {
            const RowSelection& selection = found->second;
            const std::size_t rowBytes = whole.size() / idx(selection.rows());
            if (mode == ExportMode::ZeroFilled) {
                output.pieces = rowsWithZeros(whole, rowBytes, selection, *result.zeros);
            } else {
                output.pieces = keptRows(whole, rowBytes, selection, *result.zeros);
                output.shape.front() = std::int64_t { selection.heads } * selection.kept;
            }
            result.changes.push_back(
                TensorChange { entry.name, entry.shape, output.shape, entry.sizeBytes, output.sizeBytes() });
        }
        result.tensors.push_back(std::move(output));
    }
    result.source = std::move(source);
    return result;
}

} // namespace rankscope
