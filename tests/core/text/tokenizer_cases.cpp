// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/text/tokenizer_cases.h"

#include "core/io/json.h"
#include "core/text/tokenizer.h"
#include "tests/support/paths.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace rankscope::test {

namespace {

using nlohmann::json;

QString quoted(const std::string& text)
{
    return QString::fromStdString(
        json(text.substr(0, 200)).dump(-1, ' ', true, json::error_handler_t::replace));
}

/// Where two lists first differ, with what is around it; empty when they are equal.
QString difference(const char* what, const std::vector<std::int64_t>& expected,
                   const std::vector<std::int64_t>& found)
{
    if (expected == found) {
        return {};
    }
    const auto at = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
    const auto index = at.first - expected.begin();
    const auto around = [&](const std::vector<std::int64_t>& list) {
        QString text;
        for (auto i = std::max<std::ptrdiff_t>(0, index - 3);
             i < std::min<std::ptrdiff_t>(std::ssize(list), index + 4); ++i) {
            text += QString::number(list[static_cast<std::size_t>(i)]) + u' ';
        }
        return text;
    };
    return QStringLiteral("%1 differ at %2: expected ... %3..., got ... %4...")
        .arg(QLatin1StringView(what))
        .arg(index)
        .arg(around(expected), around(found));
}

QString compareEncoding(const Tokenizer& tokenizer, const json& row, bool special)
{
    const std::string prefix = special && row.contains("special_ids") ? "special_" : "";
    const auto text = row.at("text").get<std::string>();
    const Result<Encoding> encoding = tokenizer.encode(text, special);
    if (!encoding) {
        return QString::fromStdString(encoding.error().message);
    }
    std::vector<std::int64_t> spans;
    for (const TextSpan& span : encoding->spans) {
        spans.insert(spans.end(), { span.beginByte, span.endByte });
    }
    QString problem
        = difference("ids", row.at(prefix + "ids").get<std::vector<std::int64_t>>(), encoding->ids);
    if (problem.isEmpty()) {
        problem = difference("spans", row.at(prefix + "spans").get<std::vector<std::int64_t>>(), spans);
    }
    return problem;
}

QString compareRow(const Tokenizer& tokenizer, const json& row)
{
    for (const bool special : { false, true }) {
        if (QString problem = compareEncoding(tokenizer, row, special); !problem.isEmpty()) {
            return problem;
        }
    }
    const auto ids = row.at("ids").get<std::vector<std::int64_t>>();
    const auto text = row.at("text").get<std::string>();
    const auto expected = row.value("decoded", text);
    if (const std::string decoded = tokenizer.decode(ids, false); decoded != expected) {
        return QStringLiteral("decoded as %1, expected %2").arg(quoted(decoded), quoted(expected));
    }
    const auto skipped = row.at("skipped").get<std::string>();
    if (const std::string decoded = tokenizer.decode(ids, true); decoded != skipped) {
        return QStringLiteral("decoded without special tokens as %1, expected %2")
            .arg(quoted(decoded), quoted(skipped));
    }
    return {};
}

} // namespace

CaseReport runCases(const std::filesystem::path& casesFile, const std::filesystem::path& scratch)
{
    CaseReport report;
    const Result<json> cases = readLargeJsonFile(casesFile);
    if (!cases) {
        report.firstDifference = QString::fromStdString(cases.error().message);
        return report;
    }
    for (const json& entry : *cases) {
        const auto name = entry.at("name").get<std::string>();
        Result<json> base = readLargeJsonFile(sourceDir() / entry.at("base").get<std::string>());
        if (!base) {
            report.firstDifference = QString::fromStdString(base.error().message);
            return report;
        }
        base->merge_patch(entry.at("patch"));
        const std::filesystem::path file = scratch / (name + ".json");
        std::ofstream(file) << base->dump();
        const auto tokenizer = Tokenizer::load(file);
        if (!tokenizer) {
            report.firstDifference = QString::fromStdString(tokenizer.error().message);
            return report;
        }
        ++report.cases;
        for (const json& row : entry.at("encodings")) {
            ++report.texts;
            if (const QString problem = compareRow(**tokenizer, row); !problem.isEmpty()) {
                report.firstDifference = QStringLiteral("case %1, text %2: %3")
                                             .arg(QString::fromStdString(name),
                                                  quoted(row.at("text").get<std::string>()), problem);
                return report;
            }
        }
    }
    return report;
}

} // namespace rankscope::test
