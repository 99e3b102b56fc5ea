// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/broken_checkpoints.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

namespace rankscope::test {

namespace {

using Json = nlohmann::ordered_json;
using Folder = std::filesystem::path;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kKeys = "model.layers.1.attn.k_proj.weight"; // [8, 8]
constexpr const char* kLast = "lm_head.weight"; // stored last, [11, 8]

// The makers below return the `write` of a case: a good checkpoint, then one change.

using Writer = std::function<void(const Folder&)>;

Writer bytesChanged(std::function<std::string(std::string)> change)
{
    return [change = std::move(change)](const Folder& folder) {
        writeSmallCheckpoint(folder);
        writeBytes(folder / kWeights, change(readBytes(folder / kWeights)));
    };
}

Writer headerChanged(std::function<void(Json&)> change)
{
    return [change = std::move(change)](const Folder& folder) {
        writeSmallCheckpoint(folder);
        const std::string payload = payloadOf(folder / kWeights);
        Json header = Json::parse(headerOf(folder / kWeights));
        change(header);
        writeParts(folder / kWeights, header.dump(), payload);
    };
}

Writer headerReplaced(std::string header)
{
    return [header = std::move(header)](const Folder& folder) {
        writeSmallCheckpoint(folder);
        writeParts(folder / kWeights, header, payloadOf(folder / kWeights));
    };
}

std::string lengthField(std::uint64_t length)
{
    std::string bytes;
    for (unsigned i = 0; i < 8; ++i) {
        bytes.push_back(static_cast<char>((length >> (8U * i)) & 0xffU));
    }
    return bytes;
}

Writer lengthReplaced(std::uint64_t length)
{
    return bytesChanged([length](std::string file) { return file.replace(0, 8, lengthField(length)); });
}

} // namespace

TinyModelOptions smallOptions()
{
    TinyModelOptions options;
    options.hiddenSize = 8;
    options.intermediateSize = 12;
    options.vocabularySize = 11;
    options.keyDims = 4;
    options.valueDims = 4;
    return options;
}

void writeSmallCheckpoint(const Folder& folder)
{
    writeRandomCheckpoint(folder, smallOptions());
}

void writeSmallDeltaNet(const Folder& folder)
{
    TinyModelOptions options = smallOptions();
    options.family = "delta_net";
    options.gate = false;
    writeRandomCheckpoint(folder, options);
}

std::vector<BrokenCase> brokenFiles()
{
    const auto cut = [](std::size_t keep) {
        return bytesChanged([keep](const std::string& file) { return file.substr(0, keep); });
    };
    const auto offsets = [](const char* tensor, std::int64_t beginShift, std::int64_t endShift) {
        return headerChanged([=](Json& header) {
            Json& range = header[tensor]["data_offsets"];
            range = { range[0].get<std::int64_t>() + beginShift, range[1].get<std::int64_t>() + endShift };
        });
    };
    return {
        { "truncated in the last tensor",
          bytesChanged([](const std::string& f) { return f.substr(0, f.size() - 10); }),
          { kWeights, "truncated" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "truncated in the header",
          cut(300),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "seven bytes", cut(7), { kWeights, "too short" }, BrokenBy::Headers, ErrorCode::BadFormat },
        { "empty file", cut(0), { kWeights, "empty" }, BrokenBy::Headers, ErrorCode::BadFormat },
        { "header length beyond the file",
          lengthReplaced(1'000'000),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "header length of 2^64 - 1",
          lengthReplaced(~std::uint64_t { 0 }),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "header length 0",
          lengthReplaced(0),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "header not JSON",
          headerReplaced("{\"model.norm.weight\": oops}"),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "header not an object",
          headerReplaced("[1, 2, 3]"),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "header nested without end",
          headerReplaced(std::string(100'000, '[')),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "header not UTF-8",
          headerReplaced("{\"\xff\xfe\": {}}"),
          { kWeights, "header" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "tensor listed twice",
          [](const Folder& folder) {
              writeSmallCheckpoint(folder);
              std::string header = headerOf(folder / kWeights);
              const std::string entry
                  = "\"" + std::string(kKeys) + "\":" + Json::parse(header)[kKeys].dump() + ",";
              writeParts(folder / kWeights, header.insert(1, entry), payloadOf(folder / kWeights));
          },
          { kKeys, "twice" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "overlapping offsets",
          offsets(kKeys, -16, -16),
          { kKeys, "overlap" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "offsets beyond the end",
          offsets(kLast, 4096, 4096),
          { kLast },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "offsets reversed",
          headerChanged([](Json& header) {
              std::swap(header[kKeys]["data_offsets"][0], header[kKeys]["data_offsets"][1]);
          }),
          { kKeys },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "offsets negative",
          headerChanged([](Json& header) {
              header[kKeys]["data_offsets"] = { -256, 0 };
          }),
          { kKeys },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "offsets that overflow",
          headerChanged([](Json& header) {
              header[kKeys]["data_offsets"] = { 16, std::numeric_limits<std::int64_t>::max() };
          }),
          { kKeys },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "size and shape disagree",
          offsets(kLast, 0, -4),
          { kLast },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "shape that overflows",
          headerChanged([](Json& header) {
              header[kKeys]["shape"] = { std::int64_t { 1 } << 62, 16 };
          }),
          { kKeys },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "negative size in a shape",
          headerChanged([](Json& header) {
              header[kKeys]["shape"] = { -8, -8 };
          }),
          { kKeys },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "shape of words",
          headerChanged([](Json& header) {
              header[kKeys]["shape"] = { "8", "8" };
          }),
          { kKeys, "shape" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "entry without offsets",
          headerChanged([](Json& header) { header[kKeys].erase("data_offsets"); }),
          { kKeys, "data_offsets" },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "entry that is a number",
          headerChanged([](Json& header) { header[kKeys] = 7; }),
          { kKeys },
          BrokenBy::Headers,
          ErrorCode::BadFormat },
        { "unsupported dtype",
          headerChanged([](Json& header) {
              header[kKeys]["dtype"] = "F8_E4M3";
              header[kKeys]["shape"] = { 8, 32 };
          }),
          { kKeys, "F8_E4M3" },
          BrokenBy::Headers,
          ErrorCode::Unsupported },
        { "weights folder in place of the file",
          [](const Folder& folder) {
              writeSmallCheckpoint(folder);
              std::filesystem::remove(folder / kWeights);
              std::filesystem::create_directory(folder / kWeights);
          },
          { kWeights } },
        { "no weights",
          [](const Folder& folder) {
              writeSmallCheckpoint(folder);
              std::filesystem::remove(folder / kWeights);
          },
          { "safetensors" },
          BrokenBy::Headers,
          ErrorCode::NotFound },
        { "pickle only",
          [](const Folder& folder) {
              writeSmallCheckpoint(folder);
              std::filesystem::rename(folder / kWeights, folder / "pytorch_model.bin");
          },
          { "pytorch_model.bin", "safetensors" },
          BrokenBy::Headers,
          ErrorCode::Unsupported },
        { "nothing at all", [](const Folder&) {}, { "config.json" }, BrokenBy::Headers, ErrorCode::NotFound },
    };
}

} // namespace rankscope::test
