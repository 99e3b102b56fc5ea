// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/open_defaults.h"

#include "core/model/model.h"
#include "ui/format/numbers.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

/// Multiplications and additions a second and thread that large matrix products reach on common machines.
constexpr double kFlopsPerThread = 25e9;
/// A baseline that would take longer is shortened, an analysis that would take longer waits to be asked for.
constexpr double kUnaskedSeconds = 60.0;
constexpr int kFewestWindows = 2; ///< an interval needs two
/// A copy of the weights in fp32 from this size on is not made unasked.
constexpr std::int64_t kLargeCopyBytes = std::int64_t { 1 } << 30;
/// Recurrence in fp64 and singular values, in forward passes.
constexpr double kSpectraPasses = 3.0;

QString tr(const char* text)
{
    return QCoreApplication::translate("OpenDefaults", text);
}

} // namespace

double roughSecondsOnCpu(std::int64_t parameters, std::int64_t tokens, int threads)
{
    return 2.0 * static_cast<double>(parameters) * static_cast<double>(tokens)
        / (kFlopsPerThread * std::max(1, threads));
}

std::int64_t copiedWeightBytes(const CheckpointOverview& overview, DType dtype)
{
    const bool storedSo = overview.dtype.starts_with(shortName(dtype));
    return storedSo && overview.weightBytes >= LoadOptions {}.inPlaceFromBytes
        ? 0
        : overview.parameters * sizeBytes(dtype);
}

OpenDefaults openDefaults(const CheckpointOverview& overview, const Device& device, const DType* dtypeChosen,
                          const WantedWork& wanted, int threads)
{
    OpenDefaults defaults;
    defaults.evaluationWindows = wanted.evaluationWindows;
    if (device.kind == DeviceKind::Cuda) {
        defaults.dtype = dtypeChosen != nullptr ? *dtypeChosen : DType::BF16;
        return defaults;
    }
    const std::int64_t fp32Bytes = copiedWeightBytes(overview, DType::F32);
    const bool largeCopy = fp32Bytes >= kLargeCopyBytes && copiedWeightBytes(overview, DType::BF16) == 0;
    defaults.dtype = dtypeChosen != nullptr ? *dtypeChosen : largeCopy ? DType::BF16 : DType::F32;
    if (dtypeChosen == nullptr && largeCopy) {
        defaults.note
            = tr("Computed in bf16, in which the weights are stored: the file is used in place, where fp32 "
                 "would copy %1. Losses are then rounded in the third digit; deltas, which compare equals, "
                 "less. The device menu offers fp32.")
                  .arg(formatBytes(fp32Bytes));
    }
    const auto seconds = [&](double tokens) {
        return roughSecondsOnCpu(overview.parameters, static_cast<std::int64_t>(tokens), threads);
    };
    const double perWindow = seconds(wanted.evaluationLength);
    // A checkpoint without its weights has no parameters, and no end of windows that are affordable.
    const double windows = std::min(kUnaskedSeconds / std::max(1e-9, perWindow), 1e6);
    const int affordable = std::max(kFewestWindows, static_cast<int>(windows));
    if (!wanted.windowsChosen
        && (wanted.evaluationWindows == 0 ? affordable < 1000 : affordable < wanted.evaluationWindows)) {
        defaults.evaluationWindows = affordable;
        defaults.note += (defaults.note.isEmpty() ? QString() : QStringLiteral(" "))
            + tr("On this CPU a window takes about %1, so %2 are scored at first.")
                  .arg(formatSeconds(perWindow))
                  .arg(affordable);
    }
    defaults.analysisSeconds
        = seconds(static_cast<double>(wanted.calibrationWindows) * wanted.calibrationLength)
        + kSpectraPasses * seconds(static_cast<double>(wanted.spectraWindows) * wanted.evaluationLength);
    defaults.analyseAtOnce = defaults.analysisSeconds <= kUnaskedSeconds;
    return defaults;
}

} // namespace rankscope
