// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/process_memory.h"

#include <fstream>
#include <sstream>
#include <string>

namespace rankscope {

ProcessMemory processMemory()
{
    ProcessMemory memory;
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        std::istringstream fields(line);
        std::string name;
        std::int64_t kibibytes = 0;
        if (!(fields >> name >> kibibytes)) {
            continue;
        }
        const std::int64_t bytes = kibibytes * 1024;
        if (name == "VmRSS:") {
            memory.residentBytes = bytes;
        } else if (name == "VmHWM:") {
            memory.peakResidentBytes = bytes;
        } else if (name == "RssAnon:") {
            memory.privateBytes = bytes;
        } else if (name == "RssFile:") {
            memory.mappedBytes = bytes;
        }
    }
    return memory;
}

} // namespace rankscope
