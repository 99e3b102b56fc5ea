// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

namespace rankscope::test {

/// Holds nearly all memory of the first GPU while it lives: in pieces down to 1 MiB, so that hardly anything
/// is left.
class GpuShortage {
public:
    GpuShortage();
    GpuShortage(const GpuShortage&) = delete;
    GpuShortage& operator=(const GpuShortage&) = delete;
    ~GpuShortage();

private:
    struct Held;
    std::unique_ptr<Held> m_held;
};

} // namespace rankscope::test
