// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/digest.h"

#include "core/base/narrow.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace rankscope {

struct Sha256::Impl {
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context { EVP_MD_CTX_new(), &EVP_MD_CTX_free };
};

namespace {

/// libcrypto's SHA-256 fails only when memory is gone or the library is broken: neither can be carried on
/// from.
void require(int result)
{
    if (result != 1) {
        std::fputs("SHA-256 is not available in libcrypto.\n", stderr);
        std::abort();
    }
}

} // namespace

Sha256::Sha256()
    : m_impl(std::make_unique<Impl>())
{
    require(m_impl->context ? EVP_DigestInit_ex(m_impl->context.get(), EVP_sha256(), nullptr) : 0);
}

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::byte> bytes)
{
    require(EVP_DigestUpdate(m_impl->context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finishHex()
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest {};
    unsigned int length = 0;
    require(EVP_DigestFinal_ex(m_impl->context.get(), digest.data(), &length));
    std::string hex;
    hex.reserve(2 * std::size_t { length });
    constexpr char kDigits[] = "0123456789abcdef";
    for (unsigned int i = 0; i < length; ++i) {
        hex.push_back(kDigits[digest[i] >> 4U]);
        hex.push_back(kDigits[digest[i] & 15U]);
    }
    return hex;
}

std::string sha256Hex(std::span<const std::byte> bytes)
{
    Sha256 digest;
    digest.add(bytes);
    return digest.finishHex();
}

Result<std::string> sha256OfFile(const std::filesystem::path& path, JobContext* job)
{
    std::error_code status;
    const auto type = std::filesystem::status(path, status).type();
    if (type == std::filesystem::file_type::not_found || type == std::filesystem::file_type::directory) {
        return Error { ErrorCode::NotFound,
                       fmt::format("'{}' {}.", path.string(),
                                   type == std::filesystem::file_type::directory
                                       ? "is a folder, but a file was expected"
                                       : "does not exist"),
                       {} };
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) {
        return Error { ErrorCode::Io,
                       fmt::format("'{}' could not be opened: {}.", path.string(), std::strerror(errno)),
                       {} };
    }
    Sha256 digest;
    std::vector<std::byte> buffer(1U << 20U);
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
        digest.add(std::span(buffer).first(count));
        if (job != nullptr) {
            if (job->stopRequested()) {
                return cancelledError();
            }
            job->progress().advance(narrow<std::int64_t>(count));
        }
    }
    if (std::ferror(file.get()) != 0) {
        return Error { ErrorCode::Io,
                       fmt::format("'{}' could not be read: {}.", path.string(), std::strerror(errno)),
                       {} };
    }
    return digest.finishHex();
}

} // namespace rankscope
