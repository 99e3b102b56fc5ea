// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/dtype.h"
#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/checkpoint_overview.h"

#include <filesystem>
#include <memory>
#include <string>

namespace rankscope {

struct LoadOptions {
    Device device;
    DType dtype = DType::F32; ///< F64, F32 or BF16: of weights and activations
    /// On the CPU, weights of at least this size that are stored in `dtype` are not copied but used where the
    /// mapped file lies: no second copy in memory, but the file must not change while the model is open.
    std::int64_t inPlaceFromBytes = std::int64_t { 512 } << 20;
};

/// Immutable weights of one checkpoint on one device. Any thread.
class Model {
public:
    struct Weights; // core/model/model_torch.h

    Model(CheckpointOverview overview, LoadOptions options, std::string digest,
          std::unique_ptr<Weights> weights);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    ~Model();

    [[nodiscard]] const CheckpointOverview& overview() const { return m_overview; }
    [[nodiscard]] const ModelSpec& spec() const { return m_overview.spec; }
    [[nodiscard]] Device device() const { return m_options.device; }
    [[nodiscard]] DType dtype() const { return m_options.dtype; }
    /// SHA-256 over the bytes of all tensors and the config: what plans and recipes are tied to.
    [[nodiscard]] const std::string& digest() const { return m_digest; }
    /// Bytes that the weights occupy on the device.
    [[nodiscard]] std::int64_t weightBytes() const;
    /// Weights lie in the mapped file.
    [[nodiscard]] bool usesFileInPlace() const { return m_options.inPlaceFromBytes == 0; }

    [[nodiscard]] const Weights& weights() const { return *m_weights; }

private:
    CheckpointOverview m_overview;
    LoadOptions m_options;
    std::string m_digest;
    std::unique_ptr<Weights> m_weights;
};

/// Maps the checkpoint's files and builds the weights; progress in bytes. Weights are checked for NaN and
/// Inf. Errors: what inspectCheckpoint gives, the first error-level issue, BadData (NaN weights: names the
/// tensor), OutOfMemory, DeviceFailure, Cancelled.
[[nodiscard]] Result<std::shared_ptr<const Model>> loadModel(const std::filesystem::path& folder,
                                                             const LoadOptions& options, JobContext& job);

} // namespace rankscope
