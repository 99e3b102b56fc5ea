// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/layering/source_rules.h"

#include <QTest>

#include <filesystem>
#include <fstream>
#include <set>

using rankscope::test::includeViolations;
using rankscope::test::isCodeFile;
using rankscope::test::projectFiles;
using rankscope::test::SourceFile;
using rankscope::test::textViolations;

namespace {

const std::string kLicenceLine = "// SPDX-License-Identifier: GPL-3.0-or-later\n";

std::string joined(const std::vector<std::string>& sentences)
{
    std::string text;
    for (const std::string& sentence : sentences) {
        text += "\n  " + sentence;
    }
    return text;
}

} // namespace

class TestLayering : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rulesFindWhatTheyForbid_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("include");
        QTest::addColumn<bool>("allowed");
        const auto row = [](const char* path, const char* include, bool allowed) {
            QTest::addRow("%s %s", path, include)
                << QString::fromUtf8(path) << QString::fromUtf8(include) << allowed;
        };
        row("kernels/a/a.cu", "<cuda_runtime.h>", true);
        row("kernels/a/a.cu", "<cub/block/block_reduce.cuh>", true);
        row("kernels/a/a.h", "<cuda_runtime.h>", false);
        row("kernels/a/a_reference.cpp", "<cuda_bf16.h>", false);
        row("kernels/a/a.cu", "\"core/base/error.h\"", false);
        row("kernels/a/a.cu", "<ATen/core/Tensor.h>", false);
        row("kernels/a/a_reference.cpp", "<Eigen/Core>", false);
        row("kernels/a/a_reference.cpp", "<fmt/format.h>", false);
        row("core/io/a.cpp", "\"kernels/kernel_status.h\"", true);
        row("core/io/a.cpp", "\"ui/main_window.h\"", false);
        row("core/io/a.cpp", "\"a.h\"", false);
        row("core/io/a.cpp", "\"app/command_line.h\"", false);
        row("core/io/a.cpp", "<QString>", false);
        row("core/io/a.h", "<QtCore/QString>", false);
        row("core/io/a.cpp", "<nlohmann/json.hpp>", true);
        row("core/io/a.h", "<nlohmann/json.hpp>", false);
        row("core/io/a.h", "<nlohmann/json_fwd.hpp>", true);
        row("core/model/a.cpp", "<ATen/ops/mm.h>", true);
        row("core/model/a_torch.h", "<ATen/core/Tensor.h>", true);
        row("core/model/a.h", "<ATen/core/Tensor.h>", false);
        row("core/model/a.h", "<c10/core/Device.h>", false);
        row("core/model/a.h", "\"core/model/a_torch.h\"", false);
        row("core/model/a.cpp", "\"core/model/a_torch.h\"", true);
        row("core/model/a.cpp", "<torch/torch.h>", false);
        row("core/model/a.cpp", "<ATen/ATen.h>", false);
        row("core/model/a.cpp", "<c10/cuda/CUDAStream.h>", false);
        row("core/model/a_cuda.cpp", "<c10/cuda/CUDAStream.h>", true);
        row("core/model/a_cuda.cpp", "<cusolverDn.h>", true);
        row("core/linalg/a.cpp", "<Eigen/SVD>", true);
        row("core/analysis/a.cpp", "<Eigen/SVD>", false);
        row("core/analysis/a.cpp", "<Eigen/Core>", true);
        row("core/analysis/a.cpp", "<CLI/CLI.hpp>", false);
        row("ui/panels/a.cpp", "\"core/base/result.h\"", true);
        row("ui/panels/a.cpp", "\"core/model/a_torch.h\"", false);
        row("ui/panels/a.cpp", "<ATen/core/Tensor.h>", false);
        row("ui/panels/a.cpp", "<cuda_runtime.h>", false);
        row("ui/panels/a.cpp", "<Eigen/Core>", false);
        row("ui/panels/a.cpp", "<nlohmann/json.hpp>", false);
        row("ui/panels/a.cpp", "\"app/application.h\"", false);
        row("ui/panels/a.cpp", "\"kernels/kernel_status.h\"", false);
        row("ui/panels/a.cpp", "<QtWidgets>", false);
        row("ui/panels/a.cpp", "<QWidget>", true);
        row("ui/panels/a.cpp", "<qcustomplot.h>", false);
        row("ui/panels/a.cpp", "\"ui/plots/qcp.h\"", false);
        row("ui/plots/a.cpp", "\"ui/plots/qcp.h\"", true);
        row("ui/plots/a.h", "\"ui/plots/qcp.h\"", false);
        row("ui/plots/a.cpp", "<qcustomplot.h>", false);
        row("ui/plots/qcp.h", "<qcustomplot.h>", true);
        row("app/main.cpp", "<QApplication>", true);
        row("app/main.cpp", "\"ui/main_window.h\"", true);
        row("app/cli_main.cpp", "<QString>", false);
        row("app/cli_main.cpp", "<CLI/CLI.hpp>", true);
        row("app/cli_main.cpp", "<ATen/core/Tensor.h>", false);
        row("tests/core/io/tst_a.cpp", "\"core/model/a_torch.h\"", true);
        row("tests/core/io/tst_a.cpp", "\"ui/main_window.h\"", false);
        row("tests/ui/tst_a.cpp", "\"core/model/a_torch.h\"", false);
        row("tests/ui/tst_a.cpp", "<ATen/core/Tensor.h>", false);
        row("tests/ui/tst_a.cpp", "\"tst_a.moc\"", true);
    }

    void rulesFindWhatTheyForbid()
    {
        QFETCH(QString, path);
        QFETCH(QString, include);
        QFETCH(bool, allowed);
        const SourceFile file { path.toStdString(),
                                kLicenceLine + "#include " + include.toStdString() + "\n" };
        const std::vector<std::string> found = includeViolations(file);
        QVERIFY2(found.empty() == allowed, joined(found).c_str());
    }

    void textRulesFindWhatTheyForbid()
    {
        const std::string home = std::string("/") + "home/someone/model";
        QVERIFY(textViolations({ "core/a.cpp", kLicenceLine + "int a;\n" }).empty());
        QCOMPARE(std::ssize(textViolations({ "core/a.cpp", "int a;\n" })), 1);
        QCOMPARE(std::ssize(textViolations({ "core/a.cpp", "\n" + kLicenceLine })), 1);
        QCOMPARE(std::ssize(textViolations({ "core/a.h", kLicenceLine })), 1);
        QVERIFY(textViolations({ "core/a.h", kLicenceLine + "#pragma once\n" }).empty());
        QCOMPARE(std::ssize(textViolations({ "core/a.cpp", kLicenceLine + "open(\"" + home + "\");\n" })), 1);
        QCOMPARE(std::ssize(textViolations({ "README.md", "see " + home + "\n" })), 1);
        QVERIFY(textViolations({ "README.md", "a relative core" + home + "\n" }).empty());
        QCOMPARE(std::ssize(textViolations({ "scripts/a.sh", "#!/bin/sh\necho\n" })), 1);
        std::string lines600 = kLicenceLine;
        for (int line = 1; line < 600; ++line) {
            lines600 += "int a;\n";
        }
        QVERIFY(textViolations({ "core/a.cpp", lines600 }).empty());
        QCOMPARE(std::ssize(textViolations({ "core/a.cpp", lines600 + "int b;\n" })), 1);
    }

    void includesFollowTheLayers()
    {
        std::vector<std::string> found;
        int codeFiles = 0;
        for (const SourceFile& file : projectFiles(RANKSCOPE_SOURCE_DIR)) {
            if (isCodeFile(file.path)) {
                ++codeFiles;
                const std::vector<std::string> sentences = includeViolations(file);
                found.insert(found.end(), sentences.begin(), sentences.end());
            }
        }
        QVERIFY2(codeFiles > 10, "the project's sources were not found");
        QVERIFY2(found.empty(), joined(found).c_str());
    }

    void textsFollowTheRules()
    {
        std::vector<std::string> found;
        for (const SourceFile& file : projectFiles(RANKSCOPE_SOURCE_DIR)) {
            const std::vector<std::string> sentences = textViolations(file);
            found.insert(found.end(), sentences.begin(), sentences.end());
        }
        QVERIFY2(found.empty(), joined(found).c_str());
    }

    /// The build compiles each header alone (target headers_alone); none may be missing from its list.
    void everyHeaderIsCompiledAlone()
    {
        std::ifstream list(std::filesystem::path(RANKSCOPE_BINARY_DIR) / "tests" / "layering"
                           / "headers.txt");
        std::set<std::string> compiled;
        for (std::string line; std::getline(list, line);) {
            compiled.insert(line);
        }
        std::string missing;
        for (const SourceFile& file : projectFiles(RANKSCOPE_SOURCE_DIR)) {
            const bool isPrecompiled
                = file.path.find("/precompiled") != std::string::npos || file.path == "ui/plots/qcp.h";
            if (file.path.ends_with(".h") && !isPrecompiled && compiled.count(file.path) == 0) {
                missing += "\n  " + file.path;
            }
        }
        QVERIFY2(missing.empty(), missing.c_str());
    }
};

QTEST_GUILESS_MAIN(TestLayering)
#include "tst_layering.moc"
