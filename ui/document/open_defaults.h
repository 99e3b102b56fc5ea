// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/dtype.h"
#include "core/model/checkpoint_overview.h"

#include <QString>

#include <cstdint>

namespace rankscope {

/// What is chosen for a model that was just opened, so that nothing starts by itself that takes minutes, and
/// no second copy of large weights is made.
struct OpenDefaults {
    DType dtype = DType::F32;
    int evaluationWindows = 0; ///< as wanted, or fewer
    bool analyseAtOnce = true; ///< otherwise spectra and statistics wait until they are asked for
    double analysisSeconds = 0.0; ///< about what they would take
    QString note; ///< what was chosen differently from what is usual, for people; empty for nothing
};

/// What is asked for where time is no question.
struct WantedWork {
    int evaluationWindows = 0; ///< 0: all
    int evaluationLength = 0;
    int calibrationWindows = 0;
    int calibrationLength = 0;
    int spectraWindows = 0;
    bool windowsChosen = false; ///< for this model on such a device: so many, whatever they take
};

/// `dtypeChosen`: the user's number format, which then stays.
[[nodiscard]] OpenDefaults openDefaults(const CheckpointOverview& overview, const Device& device,
                                        const DType* dtypeChosen, const WantedWork& wanted, int threads);

/// Seconds that a forward pass over so many tokens takes on the CPU, roughly.
[[nodiscard]] double roughSecondsOnCpu(std::int64_t parameters, std::int64_t tokens, int threads);

/// Memory of a copy of the weights in `dtype`, beside the file; 0 where the file is used in place.
[[nodiscard]] std::int64_t copiedWeightBytes(const CheckpointOverview& overview, DType dtype);

} // namespace rankscope
