// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace rankscope {

/// Of the library in use: "2.11.0".
[[nodiscard]] std::string libTorchVersion();

/// Of the CUDA runtime that LibTorch brought along: "13.0"; empty without one. Call it only once devices have
/// been listed (device.h).
[[nodiscard]] std::string cudaRuntimeVersion();

} // namespace rankscope
