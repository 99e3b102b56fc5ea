// SPDX-License-Identifier: GPL-3.0-or-later
// What requireDevice says about the first GPU, for tst_device, which plays other machines around this
// process.
#include "core/base/device.h"

#include <cstdio>

int main()
{
    const rankscope::Status status = rankscope::requireDevice({ rankscope::DeviceKind::Cuda, 0 });
    std::puts(status ? "ok" : status.error().message.c_str());
    return status ? 0 : 1;
}
