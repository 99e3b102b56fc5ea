// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"

#include <cstdlib>

namespace rankscope::test {

std::filesystem::path sourceDir()
{
    // Tests that were built elsewhere and carried to this machine (scripts/gpu_bundle.sh) are told where they
    // lie.
    const char* carried = std::getenv("RANKSCOPE_SOURCE_DIR");
    return carried != nullptr ? carried : RANKSCOPE_SOURCE_DIR;
}

std::filesystem::path fixturesDir()
{
    return sourceDir() / "tests" / "fixtures";
}

std::filesystem::path demoDir()
{
    return sourceDir() / "resources" / "demo";
}

std::filesystem::path sharedDir()
{
    const char* chosen = std::getenv("RANKSCOPE_SHARED_DIR");
    const std::filesystem::path folder
        = chosen != nullptr ? std::filesystem::path(chosen) : sourceDir().parent_path() / "shared";
    std::error_code ignored;
    return std::filesystem::is_directory(folder / "fixtures", ignored) ? folder : std::filesystem::path();
}

} // namespace rankscope::test
