// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/window_batches.h"

#include <algorithm>

namespace rankscope {

std::vector<WindowBatch> windowBatches(int count, int length, const Device& device)
{
    const bool gpu = device.kind == DeviceKind::Cuda;
    // On two CPU cores 1024 tokens of the demo take about 0.1 s, and larger batches than 2048 tokens gain
    // nothing.
    const int firstTokens = gpu ? 4096 : 1024;
    const int fullTokens = gpu ? 16384 : 2048;
    std::vector<WindowBatch> batches;
    int first = 0;
    while (first < count) {
        const int tokens = batches.empty() ? firstTokens : fullTokens;
        const int size = std::min(count - first, std::max(1, tokens / std::max(1, length)));
        batches.push_back(WindowBatch { first, size });
        first += size;
    }
    return batches;
}

} // namespace rankscope
