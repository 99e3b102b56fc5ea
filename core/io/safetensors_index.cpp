// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/safetensors_index.h"

#include "core/base/narrow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

namespace rankscope {

namespace {

constexpr std::int64_t kMaxHeaderBytes = 100'000'000; // the limit of the reference implementation
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Error badFormat(const std::string& message, std::string context = {})
{
    return Error { ErrorCode::BadFormat, message, std::move(context) };
}

bool isCount(const nlohmann::ordered_json& value)
{
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kMax);
}

Result<TensorEntry> parseEntry(const std::string& name, const nlohmann::ordered_json& value,
                               std::int64_t dataBegin, std::int64_t fileBytes, const std::string& what)
{
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape")
        || !value.contains("data_offsets") || !value["dtype"].is_string() || !value["shape"].is_array()
        || !value["data_offsets"].is_array() || value["data_offsets"].size() != 2) {
        return badFormat(
            fmt::format("The header of \"{}\" is damaged: tensor \"{}\" lacks a proper dtype, shape or "
                        "data_offsets.",
                        what, name));
    }
    TensorEntry entry;
    entry.name = name;
    const auto dtypeName = value["dtype"].get<std::string>();
    const std::optional<DType> dtype = dtypeFromSafetensors(dtypeName);
    if (!dtype) {
        return Error { ErrorCode::Unsupported,
                       fmt::format(
                           "Tensor \"{}\" in \"{}\" has the element type {}, which is not supported; convert "
                           "the checkpoint to BF16, F16 or F32.",
                           name, what, dtypeName),
                       {} };
    }
    entry.dtype = *dtype;
    std::int64_t bytes = sizeBytes(entry.dtype);
    for (const auto& extent : value["shape"]) {
        if (!isCount(extent)) {
            return badFormat(fmt::format(
                "The header of \"{}\" is damaged: tensor \"{}\" has an invalid shape.", what, name));
        }
        const auto size = extent.get<std::int64_t>();
        entry.shape.push_back(size);
        if (size != 0 && bytes > kMax / size) {
            return badFormat(fmt::format(
                "The header of \"{}\" is damaged: the size of tensor \"{}\" overflows.", what, name));
        }
        bytes *= size;
    }
    const auto& offsets = value["data_offsets"];
    if (!isCount(offsets[0]) || !isCount(offsets[1])) {
        return badFormat(
            fmt::format("The header of \"{}\" is damaged: tensor \"{}\" has invalid offsets.", what, name));
    }
    const auto begin = offsets[0].get<std::int64_t>();
    const auto end = offsets[1].get<std::int64_t>();
    if (end < begin || end - begin != bytes) {
        return badFormat(
            fmt::format(
                "The header of \"{}\" contradicts itself: tensor \"{}\" of shape {} and type {} needs "
                "{} bytes, its offsets give {}.",
                what, name, shapeText(entry.shape), dtypeName, bytes, end - begin),
            fmt::format("offsets {} to {}", begin, end));
    }
    if (end > fileBytes - dataBegin) {
        return badFormat(
            fmt::format("The file \"{}\" is truncated: tensor \"{}\" ends {} bytes after the file.", what,
                        name, end - (fileBytes - dataBegin)),
            fmt::format("offsets {} to {}, data begins at {}, file {} bytes", begin, end, dataBegin,
                        fileBytes));
    }
    entry.offsetBytes = dataBegin + begin;
    entry.sizeBytes = bytes;
    return entry;
}

} // namespace

std::int64_t TensorEntry::elements() const
{
    return rankscope::sizeBytes(dtype) == 0 ? 0 : sizeBytes / rankscope::sizeBytes(dtype);
}

std::string shapeText(const std::vector<std::int64_t>& shape)
{
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

Result<SafetensorsIndex> parseSafetensors(std::span<const std::byte> file, const std::string& what)
{
    static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");
    const auto fileBytes = narrow<std::int64_t>(file.size());
    std::uint64_t headerLength = 0;
    if (file.size() < sizeof headerLength) {
        return badFormat(fmt::format("The file \"{}\" is too short ({} bytes) to be a safetensors file.",
                                     what, fileBytes));
    }
    std::memcpy(&headerLength, file.data(), sizeof headerLength);
    if (headerLength > static_cast<std::uint64_t>(fileBytes - 8)) {
        return badFormat(fmt::format(
            "The file \"{}\" is truncated or not a safetensors file: its header should be {} bytes "
            "long, but only {} bytes follow.",
            what, headerLength, fileBytes - 8));
    }
    if (headerLength > static_cast<std::uint64_t>(kMaxHeaderBytes)) {
        return badFormat(
            fmt::format("The header of \"{}\" claims {} bytes, more than the format allows ({}).", what,
                        headerLength, kMaxHeaderBytes));
    }
    const auto dataBegin = static_cast<std::int64_t>(headerLength) + 8;
    const auto* text = reinterpret_cast<const char*>(file.data()) + 8;

    std::set<std::string> names;
    std::string duplicate;
    const auto noteKeys
        = [&](int depth, nlohmann::ordered_json::parse_event_t event, nlohmann::ordered_json& parsed) {
              if (depth == 1 && event == nlohmann::ordered_json::parse_event_t::key
                  && !names.insert(parsed.get<std::string>()).second) {
                  duplicate = parsed.get<std::string>();
              }
              return true;
          };
    const nlohmann::ordered_json header
        = nlohmann::ordered_json::parse(text, text + headerLength, noteKeys, /*allow_exceptions=*/false);
    if (header.is_discarded() || !header.is_object()) {
        return badFormat(fmt::format(
            "The header of \"{}\" is not valid JSON: the file is damaged or not a safetensors file.", what));
    }
    if (!duplicate.empty()) {
        return badFormat(fmt::format("The header of \"{}\" lists tensor \"{}\" twice.", what, duplicate));
    }

    SafetensorsIndex index;
    for (const auto& [name, value] : header.items()) {
        if (name == "__metadata__") {
            if (value.is_object()) {
                for (const auto& [key, entry] : value.items()) {
                    index.metadata[key] = entry.is_string() ? entry.get<std::string>() : entry.dump();
                }
            }
            continue;
        }
        Result<TensorEntry> entry = parseEntry(name, value, dataBegin, fileBytes, what);
        if (!entry) {
            return entry.error();
        }
        index.entries.push_back(std::move(entry).value());
    }

    std::vector<const TensorEntry*> byOffset;
    for (const TensorEntry& entry : index.entries) {
        if (entry.sizeBytes > 0) {
            byOffset.push_back(&entry);
        }
    }
    std::ranges::sort(byOffset, {}, &TensorEntry::offsetBytes);
    for (std::size_t i = 1; i < byOffset.size(); ++i) {
        const TensorEntry& previous = *byOffset[i - 1];
        if (byOffset[i]->offsetBytes < previous.offsetBytes + previous.sizeBytes) {
            return badFormat(
                fmt::format("The header of \"{}\" is damaged: tensors \"{}\" and \"{}\" overlap.", what,
                            previous.name, byOffset[i]->name));
        }
    }
    return index;
}

} // namespace rankscope
