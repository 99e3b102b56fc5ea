// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace rankscope {

/// SHA-256 over bytes that arrive in pieces.
class Sha256 {
public:
    Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    ~Sha256();

    void add(std::span<const std::byte> bytes);
    /// 64 lower-case hex digits. Ends the computation: call it once, and nothing after it.
    [[nodiscard]] std::string finishHex();

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string sha256Hex(std::span<const std::byte> bytes);

/// The same over a file's bytes, read in pieces of 1 MiB. `job` may be null; otherwise its progress advances
/// by the bytes read (the caller begins the stage) and a stop request ends the work. Errors: NotFound, Io,
/// Cancelled.
[[nodiscard]] Result<std::string> sha256OfFile(const std::filesystem::path& path, JobContext* job);

} // namespace rankscope
