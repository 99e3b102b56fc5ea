// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace rankscope::test {

/// The repository's root, or what the environment variable RANKSCOPE_SOURCE_DIR names.
[[nodiscard]] std::filesystem::path sourceDir();
/// tests/fixtures in the repository.
[[nodiscard]] std::filesystem::path fixturesDir();
/// resources/demo in the repository: the bundled checkpoint.
[[nodiscard]] std::filesystem::path demoDir();
/// Optional larger material beside the project (../shared), or an empty path. The environment variable
/// RANKSCOPE_SHARED_DIR overrides the place.
[[nodiscard]] std::filesystem::path sharedDir();

} // namespace rankscope::test
