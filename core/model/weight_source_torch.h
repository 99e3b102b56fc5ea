// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/io/checkpoint_reader.h"
#include "core/jobs/job_context.h"
#include "core/model/model_torch.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// A checkpoint whose files are mapped and whose headers fit its architecture.
struct OpenCheckpoint {
    CheckpointOverview overview;
    std::shared_ptr<const CheckpointReader> reader;
    LoadOptions
        options; ///< inPlaceFromBytes is 0 where weights are used where they lie, else the largest number
};

/// Errors: as loadModel, before weights are read.
[[nodiscard]] Result<OpenCheckpoint> openCheckpoint(const std::filesystem::path& folder,
                                                    const LoadOptions& options);

/// Makes the weights of a checkpoint part by part: brings them to their place on the device and checks them
/// for NaN and Inf on the way. Pages of the file that were copied are released. Throws ErrorException:
/// BadData (names the tensor), Mismatch, Cancelled.
class WeightSource {
public:
    enum class Digest { None, OfEverythingRead };

    /// `progress`, which may be null, advances by the bytes read. All but the reader are borrowed.
    WeightSource(const OpenCheckpoint& checkpoint, Digest digest, const JobContext& job, Progress* progress);

    [[nodiscard]] at::Tensor embedding();
    [[nodiscard]] BlockWeights block(int index);
    [[nodiscard]] at::Tensor finalNorm();
    /// The output head of a model that has its own.
    [[nodiscard]] at::Tensor head();

    /// Rows of the embedding for ids [B, T] on the CPU, [B, T, D], without the rest; checks the rest, too.
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids);
    /// Calls `use` with the output head, tied or not, a part of its rows [rows, D] after the other, each of
    /// at most `mostBytes` in the model's dtype unless it is used where it lies.
    void forHeadRows(std::int64_t mostBytes,
                     const std::function<void(std::int64_t firstRow, const at::Tensor& rows)>& use);

    /// Reads every tensor that a model is made of, for its checks alone.
    void check();

    /// Over the options that change numbers and all tensors read, in the order of reading.
    [[nodiscard]] std::string digest() const;

private:
    [[nodiscard]] MixerWeights linearMixer(const LayerSpec& layer, const std::string& attn);
    [[nodiscard]] MixerWeights softmaxMixer(const LayerSpec& layer, const std::string& attn);
    [[nodiscard]] StackedMatrix stack(const std::vector<std::string>& names);
    [[nodiscard]] const TensorEntry& entryOf(const std::string& name) const;
    void read(const TensorEntry& entry, std::span<const std::byte> bytes);
    [[nodiscard]] at::Tensor inPlace(const TensorEntry& entry, at::ScalarType type) const;
    [[nodiscard]] at::Tensor load(const std::vector<std::string>& names, at::ScalarType type);

    std::shared_ptr<const CheckpointReader> m_reader;
    const ModelSpec& m_spec;
    at::Device m_device;
    at::ScalarType m_type;
    at::ScalarType m_accumulation;
    bool m_inPlace;
    bool m_hashes;
    const JobContext& m_job;
    Progress* m_progress;
    std::string m_digestText;
};

} // namespace rankscope
