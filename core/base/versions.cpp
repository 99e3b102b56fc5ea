// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/versions.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <fmt/format.h>
#include <torch/version.h>

#include <exception>

namespace rankscope {

std::string libTorchVersion()
{
    return fmt::format("{}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH);
}

std::string cudaRuntimeVersion()
{
    try {
        if (at::globalContext().hasCUDA()) {
            const long version = at::detail::getCUDAHooks().versionCUDART(); // 13000 for 13.0
            return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
        }
    } catch (const std::exception&) { // the library is there, the runtime is not
    }
    return {};
}

} // namespace rankscope
