// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/layering/source_rules.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string_view>

namespace rankscope::test {

namespace {

constexpr std::string_view kLicence = "SPDX-License-Identifier: GPL-3.0-or-later";
constexpr int kMaxLines = 600;

struct Include {
    int line = 0;
    bool quoted = false;
    std::string name;
};

bool matches(const std::string& text, const char* pattern)
{
    return std::regex_search(text, std::regex(pattern));
}

std::vector<std::string> linesOf(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::vector<Include> includesOf(const SourceFile& file)
{
    static const std::regex pattern(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
    std::vector<Include> includes;
    int number = 0;
    for (const std::string& line : linesOf(file.text)) {
        ++number;
        std::smatch match;
        if (std::regex_search(line, match, pattern)) {
            includes.push_back({ number, match[1] == "\"", match[2] });
        }
    }
    return includes;
}

std::string topFolder(const std::string& path)
{
    return path.substr(0, path.find('/'));
}

/// Which layers' headers a file may include; tests may use what they test and the layers below it.
std::vector<std::string> allowedLayers(const std::string& path)
{
    const std::string layer = topFolder(path);
    if (layer == "kernels") {
        return { "kernels" };
    }
    if (layer == "core") {
        return { "kernels", "core" };
    }
    if (layer == "ui") {
        return { "core", "ui" };
    }
    if (layer == "app") {
        return { "kernels", "core", "ui", "app" };
    }
    if (path.starts_with("tests/kernels/")) {
        return { "kernels", "core", "tests" };
    }
    if (path.starts_with("tests/core/")) {
        return { "kernels", "core", "tests" };
    }
    if (path.starts_with("tests/ui/")) {
        return { "core", "ui", "tests" };
    }
    return { "kernels", "core", "ui", "app", "tests" };
}

bool isQt(const std::string& name)
{
    return matches(name, "^(Q[A-Z]|Qt[A-Z]|qcustomplot|ui_)");
}

bool isTorch(const std::string& name)
{
    return matches(name, "^(torch|ATen|c10|caffe2)/");
}

bool isCuda(const std::string& name)
{
    return matches(
        name,
        "^(cuda|cublas|cusolver|cusparse|cufft|curand|cudnn|nccl|cub/|cute/|thrust/|cooperative_groups|"
        "mma\\.h|device_launch_parameters|(ATen|c10|torch/csrc/api/include/torch)/cuda)");
}

/// A file whose name says that CUDA headers may be in it.
bool mayUseCuda(const std::string& path)
{
    return matches(path, "^kernels/.*\\.(cu|cuh)$") || path.ends_with("_cuda.cpp")
        || (path.starts_with("tests/") && path.ends_with(".cu"));
}

bool mayUseTorch(const std::string& path)
{
    if (path.starts_with("core/") || path.starts_with("tests/core/") || path.starts_with("tests/kernels/")
        || path.starts_with("tests/support/")) {
        return path.ends_with(".cpp") || path.ends_with("_torch.h");
    }
    return false;
}

/// The headless program is built without Qt: in app/ only the window's own files may use it.
bool mayUseQt(const std::string& path)
{
    const std::string layer = topFolder(path);
    return layer == "ui" || layer == "tests" || matches(path, "^app/(main|application)[^/]*\\.(h|cpp)$");
}

bool isDecomposition(const std::string& name)
{
    return matches(name, "^Eigen/(Dense|Eigen|SVD|Eigenvalues|QR|LU|Cholesky)$");
}

class Report {
public:
    explicit Report(const std::string& path)
        : m_path(path)
    {
    }
    void add(int line, const std::string& what)
    {
        m_sentences.push_back(m_path + ":" + std::to_string(line) + ": " + what);
    }
    std::vector<std::string> take() { return std::move(m_sentences); }

private:
    std::string m_path;
    std::vector<std::string> m_sentences;
};

void checkOwnInclude(const SourceFile& file, const Include& include, Report& report)
{
    static const std::array<std::string_view, 5> layers = { "kernels", "core", "ui", "app", "tests" };
    const std::string target = topFolder(include.name);
    if (include.name.ends_with(".moc")) {
        return;
    }
    if (include.name.find('/') == std::string::npos || std::ranges::find(layers, target) == layers.end()) {
        report.add(include.line,
                   "\"" + include.name
                       + "\": our own headers are included by their path from the repository's root.");
        return;
    }
    const std::vector<std::string> allowed = allowedLayers(file.path);
    if (std::ranges::find(allowed, target) == allowed.end()) {
        report.add(include.line, "\"" + include.name + "\": this file may not use the layer " + target + ".");
    }
    if (include.name.ends_with("_torch.h") && !mayUseTorch(file.path)) {
        report.add(include.line,
                   "\"" + include.name
                       + "\" brings torch in: only .cpp files and *_torch.h of core may include it.");
    }
    const bool plots = matches(file.path, "^ui/plots/[^/]*\\.cpp$") || file.path.starts_with("tests/ui/");
    if (include.name == "ui/plots/qcp.h" && !plots) {
        report.add(include.line, "\"ui/plots/qcp.h\": QCustomPlot is used in ui/plots/*.cpp only.");
    }
}

void checkLibrary(const SourceFile& file, const Include& include, Report& report)
{
    const std::string& name = include.name;
    const std::string layer = topFolder(file.path);
    const auto forbid = [&](const std::string& why) { report.add(include.line, "<" + name + ">: " + why); };

    if (isQt(name) && !mayUseQt(file.path)) {
        forbid("no Qt below ui, nor in what rankscope-cli is built from.");
    }
    if (matches(name, "^Qt(Core|Gui|Widgets|Svg|SvgWidgets|PrintSupport|Network|Concurrent)$")) {
        forbid("include single Qt classes, not a whole module.");
    }
    if (matches(name, "(^|/)qcustomplot\\.h$") && file.path != "ui/plots/qcp.h") {
        forbid("QCustomPlot is included through ui/plots/qcp.h only.");
    }
    if (isTorch(name) && !mayUseTorch(file.path)) {
        forbid("torch headers belong in core's .cpp files and *_torch.h.");
    }
    if (name == "torch/torch.h" || name == "torch/all.h" || name == "ATen/ATen.h") {
        forbid("include ATen/core/Tensor.h and single ATen/ops headers; this one costs 10 to 20 s a file.");
    }
    if (isCuda(name) && !mayUseCuda(file.path)) {
        forbid("CUDA headers belong in kernels' .cu and .cuh files and in *_cuda.cpp.");
    }
    if (matches(name, "^(Eigen|unsupported/Eigen)/")) {
        if (layer == "kernels" || layer == "ui" || layer == "app") {
            forbid("Eigen is used in core only.");
        }
        if (isDecomposition(name) && layer != "tests" && !matches(file.path, "^core/linalg/[^/]*\\.cpp$")) {
            forbid("Eigen decompositions are instantiated in core/linalg/*.cpp only.");
        }
    }
    if (matches(name, "^nlohmann/")) {
        if (layer == "kernels" || layer == "ui") {
            forbid("file formats are core's business.");
        }
        if (name != "nlohmann/json_fwd.hpp" && file.path.ends_with(".h") && layer != "tests") {
            forbid("headers include nlohmann/json_fwd.hpp only.");
        }
    }
    if (layer == "kernels" && matches(name, "^(fmt|spdlog|unicode|openssl|CLI)/|^pcre2\\.h$")) {
        forbid("kernels use the CUDA runtime and the standard library only.");
    }
    if (matches(name, "^CLI/") && layer != "app" && layer != "tests") {
        forbid("the command line is parsed in app.");
    }
}

bool isTextFile(const std::filesystem::path& path)
{
    static const std::array<std::string_view, 16> extensions
        = { ".h",  ".cpp",  ".cu",  ".cuh", ".cmake", ".txt",  ".md",   ".sh",
            ".py", ".json", ".qrc", ".svg", ".yml",   ".yaml", ".toml", "" };
    return std::ranges::find(extensions, path.extension().string()) != extensions.end();
}

std::string readText(const std::filesystem::path& path)
{
    std::ifstream stream(path, std::ios::binary);
    return { std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>() };
}

} // namespace

bool isCodeFile(const std::string& path)
{
    return path.ends_with(".h") || path.ends_with(".cpp") || path.ends_with(".cu") || path.ends_with(".cuh");
}

std::vector<SourceFile> projectFiles(const std::filesystem::path& repository)
{
    namespace fs = std::filesystem;
    static const std::array<std::string_view, 5> skipped
        = { ".git", ".deps", ".cache", "build", "__pycache__" };
    constexpr std::uintmax_t kLargestWritten = 1 << 20;
    std::vector<SourceFile> files;
    for (auto it = fs::recursive_directory_iterator(repository); it != fs::recursive_directory_iterator();
         ++it) {
        const std::string relative = fs::relative(it->path(), repository).generic_string();
        if (it->is_directory()) {
            const bool data = relative == "tests/fixtures" || relative == "resources/demo";
            if (data || std::ranges::find(skipped, it->path().filename().string()) != skipped.end()) {
                it.disable_recursion_pending();
            }
            continue;
        }
        const bool written
            = it->is_regular_file() && it->file_size() <= kLargestWritten && relative != "LICENSE";
        if (written && isTextFile(it->path())) {
            files.push_back({ relative, readText(it->path()) });
        }
    }
    std::ranges::sort(files, {}, &SourceFile::path);
    return files;
}

std::vector<std::string> includeViolations(const SourceFile& file)
{
    Report report(file.path);
    for (const Include& include : includesOf(file)) {
        if (include.quoted) {
            checkOwnInclude(file, include, report);
        } else {
            checkLibrary(file, include, report);
        }
    }
    return report.take();
}

std::vector<std::string> textViolations(const SourceFile& file)
{
    Report report(file.path);
    const std::vector<std::string> lines = linesOf(file.text);
    const std::string first = lines.empty() ? std::string() : lines.front();
    const std::string second = lines.size() < 2 ? std::string() : lines[1];

    if (isCodeFile(file.path)) {
        if (first != "// " + std::string(kLicence)) {
            report.add(1, "the first line must be \"// " + std::string(kLicence) + "\".");
        }
        if (std::ssize(lines) > kMaxLines) {
            report.add(kMaxLines + 1, "no file is longer than 600 lines; split it by concept.");
        }
        const bool isHeader = file.path.ends_with(".h") || file.path.ends_with(".cuh");
        if (isHeader && std::ranges::find(lines, "#pragma once") == lines.end()) {
            report.add(1, "a header needs #pragma once.");
        }
    }
    if (file.path.ends_with(".sh") || file.path.ends_with(".py")) {
        const std::string wanted = "# " + std::string(kLicence);
        if (first != wanted && second != wanted) {
            report.add(1, "one of the first two lines must be \"" + wanted + "\".");
        }
    }
    // Written in two parts so that this file does not break its own rule.
    static const std::regex machinePath("(^|[^A-Za-z0-9_.})-])/"
                                        "(work|root|home|Users|mnt|scratch)/");
    int number = 0;
    for (const std::string& line : lines) {
        ++number;
        if (std::regex_search(line, machinePath)) {
            report.add(number, "a path of one machine: " + line);
        }
    }
    return report.take();
}

} // namespace rankscope::test
