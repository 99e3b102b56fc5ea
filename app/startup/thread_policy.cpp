// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <array>
#include <cstring>

// LibTorch's OpenMP threads spin while they wait for the next parallel region. On a machine whose cores are also wanted by
// the window, or by another program, that multiplies run times (measured: 15x with both cores of a two-core machine
// busy). OpenMP reads its environment when its library is loaded, before main(). This library is linked with -z initfirst,
// so its constructor runs before that, but also before the C library's, which then sets the environment to what the kernel
// passed: setenv() here would be lost. So the program starts itself once more, with the variable added. A value that the
// user has set stays, and nothing is started again then.
namespace {

constexpr std::size_t kMostVariables = 4000;
char policy[] = "OMP_WAIT_POLICY=PASSIVE";
std::array<char*, kMostVariables + 2> extended;
std::array<char, 4096> program;

bool isSet(char** environment, const char* name)
{
    const std::size_t length = std::strlen(name);
    for (char** entry = environment; *entry != nullptr; ++entry) {
        if (std::strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
            return true;
        }
    }
    return false;
}

/// Runs before the C library has initialised itself: system calls and string functions only.
[[gnu::constructor]] void letIdleThreadsSleep(int /*argc*/, char** argv, char** environment)
{
    if (isSet(environment, "OMP_WAIT_POLICY") || isSet(environment, "GOMP_SPINCOUNT")) {
        return;
    }
    std::size_t count = 0;
    while (environment[count] != nullptr) {
        if (count == kMostVariables) {
            return;
        }
        extended[count] = environment[count];
        ++count;
    }
    extended[count] = policy;
    const ssize_t length = ::readlink("/proc/self/exe", program.data(), program.size() - 1);
    if (length > 0) {
        ::execve(program.data(), argv, extended.data()); // on failure the program goes on, and spins
    }
}

} // namespace
