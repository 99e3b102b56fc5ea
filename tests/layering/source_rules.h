// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope::test {

struct SourceFile {
    std::string path; ///< relative to the repository, with slashes: "core/io/json.cpp"
    std::string text;
};

/// Every text file of the project that a person wrote: sources, scripts, build files, documents. Build
/// output, unpacked dependencies, golden fixtures and the demo's texts are left out. Sorted by path.
[[nodiscard]] std::vector<SourceFile> projectFiles(const std::filesystem::path& repository);

/// C++ and CUDA files: .h, .cpp, .cuh, .cu.
[[nodiscard]] bool isCodeFile(const std::string& path);

/// What the includes of a code file break of the layer rules: who may include whom, and which libraries
/// belong where. One sentence each, starting with path and line; empty when all is well.
[[nodiscard]] std::vector<std::string> includeViolations(const SourceFile& file);

/// What the text itself breaks: licence line, length, `#pragma once`, paths of one person's machine.
[[nodiscard]] std::vector<std::string> textViolations(const SourceFile& file);

} // namespace rankscope::test
