// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/host_tensor.h"
#include "core/base/result.h"
#include "core/jobs/job_context.h"
#include "core/model/model.h"
#include "core/model/recurrence/recurrence_form.h"
#include "core/plan/pruning_plan.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <vector>

namespace rankscope {

struct ForwardRequest {
    const PruningPlan* plan = nullptr; ///< masks the model; null runs it dense
    /// With a plan: keep the query scale of all Dk channels, as stock code does with zero-filled weights.
    bool zeroFilled = false;
    RecurrenceForm form = RecurrenceForm::Automatic;
    bool logits = true;
    bool hidden = false;
    bool states = false;
};

/// fp64 for an fp64 model, else fp32.
struct ForwardOutput {
    HostTensor logits; ///< [B, T, V]
    std::vector<HostTensor> hidden; ///< [B, T, D]: embedding, then every block; the last after the final norm
    std::map<int, HostTensor> states; ///< linear layers: [B, HV, Dk, Dv] after the last token
};

/// Token ids [B, T] through the model. Progress in blocks. Errors: InvalidArgument (sizes), BadData (ids
/// outside the vocabulary: names the first), Mismatch (plan), OutOfMemory, DeviceFailure, Cancelled.
[[nodiscard]] Result<ForwardOutput> runForward(const Model& model, std::span<const std::int64_t> ids,
                                               std::int64_t batch, std::int64_t length,
                                               const ForwardRequest& request, JobContext& job);

/// The same for a checkpoint that is not loaded: only the weights of the block at work are in memory. For one
/// pass; a second one reads everything again. Large output heads are applied in parts, all else gives the
/// numbers of a loaded model bit for bit. Errors: also those of loadModel.
[[nodiscard]] Result<ForwardOutput> runForward(const std::filesystem::path& checkpoint,
                                               const LoadOptions& options, std::span<const std::int64_t> ids,
                                               std::int64_t batch, std::int64_t length,
                                               const ForwardRequest& request, JobContext& job);

} // namespace rankscope
