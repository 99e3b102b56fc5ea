// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for libcuda.so.1, so that a machine of any kind can be played: what it answers comes from the
// environment.
#include <cstdlib>

namespace {

int answer(const char* name, int otherwise)
{
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

} // namespace

extern "C" {

__attribute__((visibility("default"))) int cuInit(unsigned /*flags*/)
{
    return answer("FAKE_CUDA_INIT", 0);
}

__attribute__((visibility("default"))) int cuDriverGetVersion(int* version)
{
    *version = answer("FAKE_CUDA_VERSION", 13000);
    return 0;
}

__attribute__((visibility("default"))) int cuDeviceGetCount(int* count)
{
    *count = answer("FAKE_CUDA_DEVICES", 1);
    return 0;
}

__attribute__((visibility("default"))) int cuGetErrorString(int code, const char** text)
{
    *text = code == 803 ? "system has unsupported display driver / cuda driver combination" : nullptr;
    return *text == nullptr ? 1 : 0;
}
}
