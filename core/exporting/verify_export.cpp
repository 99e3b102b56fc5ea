// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/verify_export.h"

#include "core/base/random.h"
#include "core/exporting/child_process.h"
#include "core/io/safetensors_file.h"
#include "core/model/checkpoint_overview.h"
#include "core/model/forward/forward.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

/// Both sides run the same fp32 arithmetic on the same stored weights; they differ in the order of sums over
/// fewer key channels. Measured 3e-7 to 7e-7 on the trained models, 5e-6 on random weights of 1.3 B shape and
/// up to 9e-5 with sum-normalised keys on random weights; a wrong query scale gives 4e-2 and more.
constexpr double kTolerance = 1e-4;

/// A folder of our own under the system's temporary folder, removed with everything in it.
class ScratchFolder {
public:
    ScratchFolder()
    {
        std::string pattern = (fs::temp_directory_path() / "rankscope-verify-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) {
            m_path = pattern;
        }
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder()
    {
        std::error_code ignored;
        if (!m_path.empty()) {
            fs::remove_all(m_path, ignored);
        }
    }
    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

/// True when the exported model has the dense key widths although the plan removes channels.
Result<bool> isZeroFilled(const fs::path& exported, const PruningPlan& plan)
{
    Result<CheckpointOverview> overview = inspectCheckpoint(exported);
    if (!overview) {
        return overview.error();
    }
    bool wide = !plan.keepsAll() && overview->spec.layers.size() == plan.layers.size();
    for (std::size_t i = 0; wide && i < plan.layers.size(); ++i) {
        wide = plan.layers[i].keyDims == 0 || overview->spec.layers[i].keyDims == plan.layers[i].keyDims;
    }
    return wide;
}

/// exported: floats, perhaps unaligned, as many as in `masked`.
Verification compare(std::span<const std::byte> exported, std::span<const float> masked)
{
    double squares = 0.0;
    double reference = 0.0;
    Verification verification;
    verification.tolerance = kTolerance;
    verification.comparedLogits = std::ssize(masked);
    for (std::size_t i = 0; i < masked.size(); ++i) {
        float value = 0.0F;
        std::memcpy(&value, exported.data() + i * sizeof value, sizeof value);
        const double difference = static_cast<double>(value) - static_cast<double>(masked[i]);
        squares += difference * difference;
        reference += static_cast<double>(masked[i]) * static_cast<double>(masked[i]);
        // NaN must not slip through a maximum.
        if (!(std::abs(difference) <= verification.maxAbs)) {
            verification.maxAbs = std::abs(difference);
        }
    }
    verification.rms = std::sqrt(squares / reference);
    verification.passed = verification.rms <= kTolerance && std::isfinite(verification.maxAbs);
    return verification;
}

} // namespace

Result<Verification> verifyExport(const fs::path& exported, const fs::path& against, const PruningPlan& plan,
                                  const VerifyOptions& options, JobContext& job)
{
    if (options.tokens < 1) {
        return Error { ErrorCode::InvalidArgument, "A verification needs at least one token.", {} };
    }
    Result<bool> zeroFilled = isZeroFilled(exported, plan);
    if (!zeroFilled) {
        return zeroFilled.error();
    }
    // Two steps of about equal length: the masked model here, the exported one in the fresh process.
    job.progress().begin(2);
    Result<CheckpointOverview> original = inspectCheckpoint(against);
    if (!original) {
        return original.error();
    }
    if (!original->loadable()) {
        return original->firstError();
    }
    const ModelSpec& spec = original->spec;
    Random random(options.seed);
    constexpr int kSequences = 2;
    std::vector<std::int64_t> ids(static_cast<std::size_t>(kSequences)
                                  * static_cast<std::size_t>(options.tokens));
    for (std::int64_t& id : ids) {
        id = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(spec.vocabularySize)));
    }
    ForwardRequest request;
    request.plan = &plan;
    request.zeroFilled = *zeroFilled;
    JobContext running(job.stopToken(), [&job] { static_cast<void>(job.stopRequested()); });
    Result<ForwardOutput> masked = runForward(against, LoadOptions { Device {}, DType::F32 }, ids, kSequences,
                                              options.tokens, request, running);
    if (!masked) {
        return masked.error();
    }
    job.progress().advance();

    const ScratchFolder scratch;
    if (scratch.path().empty()) {
        return Error { ErrorCode::Io, "No temporary folder could be made for the verification.", {} };
    }
    const fs::path idsFile = scratch.path() / "ids.safetensors";
    const fs::path logitsFile = scratch.path() / "logits.safetensors";
    const HostTensor idTensor
        = HostTensor::from<std::int64_t>(DType::I64, { kSequences, options.tokens }, ids);
    if (Status written = writeSafetensorsFile(idsFile, { { "input_ids", idTensor } }); !written) {
        return written.error();
    }
    Result<ChildOutcome> child = runChild(options.cliProgram,
                                          { "forward", exported.string(), "--ids", idsFile.string(), "-o",
                                            logitsFile.string(), "--dtype", "fp32", "--device", "cpu" },
                                          scratch.path() / "messages.txt", job);
    if (!child) {
        return child.error();
    }
    if (child->exitCode != 0) {
        return Error { ErrorCode::VerificationFailed,
                       fmt::format(
                           "The exported checkpoint \"{}\" could not be reopened in a fresh process: {}",
                           exported.string(), child->lastMessage),
                       fmt::format("exit code {}", child->exitCode) };
    }
    Result<MappedTensor> logits = mapSafetensorsTensor(logitsFile, "logits");
    if (!logits) {
        return logits.error();
    }
    if (logits->shape != masked->logits.shape || logits->dtype != DType::F32) {
        return Error { ErrorCode::VerificationFailed,
                       fmt::format(
                           "The exported checkpoint \"{}\" gives logits of another shape than \"{}\".",
                           exported.string(), against.string()),
                       {} };
    }
    job.progress().advance();
    Verification verification = compare(logits->bytes, masked->logits.as<float>());
    verification.comparedTokens = std::ssize(ids);
    return verification;
}

} // namespace rankscope
