// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>

// LibTorch's OpenMP threads spin while they wait for the next parallel region. On a machine whose cores are also wanted by
// the window, or by another program, that multiplies run times (measured: 15x with both cores of a two-core machine
// busy). OpenMP reads its environment when its library is loaded, before main(); this library is linked with
// -z initfirst, so its constructor runs before that. A value that the user has set stays.
namespace {

[[gnu::constructor]] void letIdleThreadsSleep()
{
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
}

} // namespace
