// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/raw_safetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numeric>
#include <stdexcept>

namespace rankscope::test {

namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::int64_t kBlockValues = std::int64_t { 1 } << 18;

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path)
{
    throw std::runtime_error(what + " " + path.string());
}

std::string lengthPrefix(std::uint64_t length)
{
    std::string bytes(kLengthBytes, '\0');
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
        bytes[i] = static_cast<char>((length >> (8U * i)) & 0xffU);
    }
    return bytes;
}

std::size_t headerLength(const std::string& file)
{
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLengthBytes; ++i) {
        length |= static_cast<std::uint64_t>(static_cast<unsigned char>(file.at(i))) << (8U * i);
    }
    return static_cast<std::size_t>(length);
}

std::int64_t valueCount(const std::vector<std::int64_t>& shape)
{
    return std::accumulate(shape.begin(), shape.end(), std::int64_t { 1 }, std::multiplies<>());
}

void addEntry(nlohmann::ordered_json& header, const std::string& name, const std::string& dtype,
              const std::vector<std::int64_t>& shape, std::int64_t begin, std::int64_t end)
{
    header[name] = { { "dtype", dtype }, { "shape", shape }, { "data_offsets", { begin, end } } };
}

std::string headerText(const nlohmann::ordered_json& header)
{
    std::string text = header.dump();
    text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
    return text;
}

} // namespace

std::string readBytes(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        fail("cannot read", path);
    }
    return { std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>() };
}

void writeBytes(const std::filesystem::path& path, std::string_view bytes)
{
    std::ofstream out(path, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) {
        fail("cannot write", path);
    }
}

std::string headerOf(const std::filesystem::path& path)
{
    const std::string file = readBytes(path);
    return file.substr(kLengthBytes, headerLength(file));
}

std::string payloadOf(const std::filesystem::path& path)
{
    const std::string file = readBytes(path);
    return file.substr(kLengthBytes + headerLength(file));
}

void writeParts(const std::filesystem::path& path, std::string_view header, std::string_view payload)
{
    std::string file = lengthPrefix(header.size());
    file.append(header);
    file.append(payload);
    writeBytes(path, file);
}

std::vector<RawTensor> readRaw(const std::filesystem::path& path)
{
    const auto header = nlohmann::ordered_json::parse(headerOf(path));
    const std::string payload = payloadOf(path);
    std::vector<RawTensor> tensors;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            continue;
        }
        const auto begin = entry.at("data_offsets").at(0).get<std::size_t>();
        const auto end = entry.at("data_offsets").at(1).get<std::size_t>();
        tensors.push_back({ name, entry.at("dtype").get<std::string>(),
                            entry.at("shape").get<std::vector<std::int64_t>>(),
                            payload.substr(begin, end - begin) });
    }
    return tensors;
}

void writeRaw(const std::filesystem::path& path, const std::vector<RawTensor>& tensors)
{
    auto header = nlohmann::ordered_json::object();
    std::string payload;
    for (const RawTensor& tensor : tensors) {
        const auto begin = static_cast<std::int64_t>(payload.size());
        payload += tensor.bytes;
        addEntry(header, tensor.name, tensor.dtype, tensor.shape, begin,
                 static_cast<std::int64_t>(payload.size()));
    }
    writeParts(path, headerText(header), payload);
}

void writeStreamed(const std::filesystem::path& path, const std::vector<StreamedTensor>& tensors,
                   const FillValues& fill)
{
    nlohmann::ordered_json header = { { "__metadata__", { { "format", "pt" } } } };
    std::int64_t offset = 0;
    for (const StreamedTensor& tensor : tensors) {
        const std::int64_t size = valueCount(tensor.shape) * sizeBytes(tensor.dtype);
        addEntry(header, tensor.name, safetensorsName(tensor.dtype), tensor.shape, offset, offset + size);
        offset += size;
    }
    const std::string text = headerText(header);

    std::ofstream out(path, std::ios::binary);
    out << lengthPrefix(text.size()) << text;
    std::vector<float> block;
    for (const StreamedTensor& tensor : tensors) {
        const std::int64_t total = valueCount(tensor.shape);
        for (std::int64_t first = 0; first < total; first += kBlockValues) {
            block.resize(static_cast<std::size_t>(std::min(kBlockValues, total - first)));
            fill(tensor, first, block);
            out << payloadFrom(block, tensor.dtype);
        }
    }
    out.close();
    if (!out) {
        fail("cannot write", path);
    }
}

std::string payloadFrom(std::span<const float> values, DType dtype)
{
    if (dtype == DType::F32) {
        return { reinterpret_cast<const char*>(values.data()), values.size_bytes() };
    }
    if (dtype != DType::BF16 && dtype != DType::F16) {
        throw std::runtime_error("payloadFrom: F32, F16 and BF16 only");
    }
    std::string bytes(values.size() * sizeof(std::uint16_t), '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t bits = dtype == DType::BF16 ? bf16FromFloat(values[i]) : halfFromFloat(values[i]);
        std::memcpy(bytes.data() + i * sizeof bits, &bits, sizeof bits);
    }
    return bytes;
}

std::uint16_t halfFromFloat(float value)
{
    const auto sign = static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(value) >> 16U) & 0x8000U);
    const float magnitude = std::fabs(value);
    if (std::isnan(value)) {
        return static_cast<std::uint16_t>(sign | 0x7e00U);
    }
    if (magnitude >= 65520.0F) { // rounds beyond the largest half, 65504
        return static_cast<std::uint16_t>(sign | 0x7c00U);
    }
    if (magnitude < 0x1.0p-14F) { // subnormal: multiples of 2^-24; nearbyint rounds ties to even
        return static_cast<std::uint16_t>(
            sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 0x1.0p24F)));
    }
    const auto bits = std::bit_cast<std::uint32_t>(magnitude) - (112U << 23U); // exponent bias 127 -> 15
    return static_cast<std::uint16_t>(sign | ((bits + 0x0fffU + ((bits >> 13U) & 1U)) >> 13U));
}

} // namespace rankscope::test
