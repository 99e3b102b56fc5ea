// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/gpu_module.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace rankscope {

namespace {

namespace fs = std::filesystem;

constexpr const char* kModuleFile = "librankscope-gpu.so";
/// CUDA 13.0, in the driver's own counting: what LibTorch was built with.
constexpr int kNeededCuda = 13000;

struct Opening {
    const GpuModule* module = nullptr;
    Error error;
};

Error missing(std::string message, std::string context = {})
{
    return Error { ErrorCode::DeviceFailure, std::move(message), std::move(context) };
}

std::string lastDlError()
{
    const char* text = dlerror();
    return text == nullptr ? "unknown reason" : text;
}

template <typename Function> Function symbol(void* library, const char* name)
{
    return reinterpret_cast<Function>(dlsym(library, name));
}

std::string driverErrorText(void* driver, int code)
{
    const auto errorString = symbol<int (*)(int, const char**)>(driver, "cuGetErrorString");
    const char* text = nullptr;
    if (errorString != nullptr && errorString(code, &text) == 0 && text != nullptr) {
        return text;
    }
    return fmt::format("error {}", code);
}

/// The driver's own library, asked without linking it: a machine without a GPU does not have it.
Status checkDriver()
{
    void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (driver == nullptr) {
        return missing("No GPU can be used: there is no NVIDIA driver on this machine (libcuda.so.1 was not "
                       "found). Use the CPU or install the driver.",
                       lastDlError());
    }
    const auto init = symbol<int (*)(unsigned)>(driver, "cuInit");
    const auto driverVersion = symbol<int (*)(int*)>(driver, "cuDriverGetVersion");
    const auto deviceCount = symbol<int (*)(int*)>(driver, "cuDeviceGetCount");
    if (init == nullptr || driverVersion == nullptr || deviceCount == nullptr) {
        return missing("No GPU can be used: libcuda.so.1 on this machine is not an NVIDIA driver library.");
    }
    constexpr int kNoDevice = 100;
    const int initCode = init(0);
    if (initCode != 0 && initCode != kNoDevice) {
        return missing(fmt::format("No GPU can be used: the NVIDIA driver does not start ({}).",
                                   driverErrorText(driver, initCode)),
                       fmt::format("cuInit gave {}", initCode));
    }
    int count = 0;
    if (initCode == kNoDevice || deviceCount(&count) != 0 || count < 1) {
        return missing("No GPU can be used: the NVIDIA driver is installed but reports no device.");
    }
    int version = 0;
    if (driverVersion(&version) != 0 || version < kNeededCuda) {
        return missing(
            fmt::format("No GPU can be used: the NVIDIA driver supports CUDA up to {}.{}, and 13.0 is "
                        "needed. Update the driver (580 or newer).",
                        version / 1000, version % 1000 / 10));
    }
    return Unit {};
}

/// Folder of a library that this process has loaded, or empty.
fs::path folderOfLoadedLibrary(std::string_view fileName)
{
    struct Search {
        std::string_view fileName;
        fs::path folder;
    } search { fileName, {} };
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t /*size*/, void* data) {
            auto* wanted = static_cast<Search*>(data);
            const fs::path path(info->dlpi_name == nullptr ? "" : info->dlpi_name);
            if (path.filename() != wanted->fileName) {
                return 0;
            }
            wanted->folder = path.parent_path();
            return 1;
        },
        &search);
    return search.folder;
}

/// LibTorch's CUDA half, from beside the libtorch_cpu that already runs: two versions in one process do not
/// work.
Status openTorchCuda()
{
    const fs::path folder = folderOfLoadedLibrary("libtorch_cpu.so");
    const std::string file = (folder / "libtorch_cuda.so").string();
    if (dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        const std::string reason = lastDlError();
        return missing(fmt::format("No GPU can be used: LibTorch's CUDA libraries could not be opened ({}). "
                                   "scripts/setup.sh --gpu-libraries fetches them.",
                                   reason),
                       reason);
    }
    return Unit {};
}

/// Where the module may lie: named by the user, beside this program or library, or beside it in the build
/// tree.
std::vector<fs::path> modulePlaces()
{
    std::vector<fs::path> places;
    if (const char* named = std::getenv("RANKSCOPE_GPU_MODULE"); named != nullptr && *named != '\0') {
        return { fs::path(named) };
    }
    std::vector<fs::path> folders;
    std::error_code ignored;
    if (const fs::path program = fs::read_symlink("/proc/self/exe", ignored); !program.empty()) {
        folders.push_back(program.parent_path());
    }
    Dl_info own {};
    if (dladdr(reinterpret_cast<const void*>(&modulePlaces), &own) != 0 && own.dli_fname != nullptr) {
        folders.push_back(fs::absolute(own.dli_fname, ignored).parent_path());
    }
    for (const fs::path& folder : folders) {
        for (const char* relative : { ".", "../lib", "../bin" }) {
            places.push_back((folder / relative / kModuleFile).lexically_normal());
        }
    }
    return places;
}

Result<const GpuModule*> openModule()
{
    const std::vector<fs::path> places = modulePlaces();
    std::string tried;
    for (const fs::path& place : places) {
        std::error_code ignored;
        tried += (tried.empty() ? "" : ", ") + place.string();
        if (!fs::exists(place, ignored)) {
            continue;
        }
        void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            const std::string reason = lastDlError();
            return missing(
                fmt::format("No GPU can be used: Rankscope's GPU module could not be opened ({}).", reason),
                reason);
        }
        const auto entry = symbol<GpuModuleEntry>(library, "rankscopeGpuModule");
        const GpuModule* module = entry == nullptr ? nullptr : entry(kGpuModuleVersion);
        if (module == nullptr) {
            return missing(fmt::format("No GPU can be used: {} belongs to another version of Rankscope. "
                                       "Build the program and the module together.",
                                       place.string()));
        }
        return module;
    }
    return missing(
        fmt::format("No GPU can be used: Rankscope's GPU module {} was not found. Build the target "
                    "rankscope-gpu, or name the file in RANKSCOPE_GPU_MODULE.",
                    kModuleFile),
        "tried " + tried);
}

Opening openAll()
{
    if (Status driver = checkDriver(); !driver) {
        return { nullptr, driver.error() };
    }
    if (Status torch = openTorchCuda(); !torch) {
        return { nullptr, torch.error() };
    }
    Result<const GpuModule*> module = openModule();
    if (!module) {
        return { nullptr, module.error() };
    }
    if (module.value()->deviceCount() < 1) {
        return { nullptr,
                 missing(fmt::format("No GPU can be used: the CUDA runtime sees no device ({}).",
                                     module.value()->lastError())) };
    }
    return { module.value(), {} };
}

/// Opened once for the life of the process: libraries of this kind cannot be closed again.
const Opening& opening()
{
    static const Opening opened = openAll();
    return opened;
}

} // namespace

const GpuModule* gpuModule()
{
    return opening().module;
}

Status gpuModuleStatus()
{
    if (opening().module == nullptr) {
        return opening().error;
    }
    return Unit {};
}

} // namespace rankscope
