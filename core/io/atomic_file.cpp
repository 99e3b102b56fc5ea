// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>

namespace rankscope {

Error fileError(int errnoValue, const std::string& doing)
{
    const std::string context = fmt::format("errno {}", errnoValue);
    if (errnoValue == ENOSPC || errnoValue == EDQUOT) {
        return Error {
            ErrorCode::DiskFull,
            fmt::format("The disk is full: no space left while {}. Free some space or choose another place.",
                        doing),
            context
        };
    }
    if (errnoValue == EACCES || errnoValue == EROFS || errnoValue == EPERM) {
        return Error { ErrorCode::Io,
                       fmt::format("No permission for {} ({}). Choose a place that you may write to.", doing,
                                   std::strerror(errnoValue)),
                       context };
    }
    std::string subject = doing;
    subject[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(subject[0])));
    return Error { errnoValue == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
                   fmt::format("{} failed: {}.", subject, std::strerror(errnoValue)), context };
}

Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes)
{
    return writeFileAtomically(path, std::span(&bytes, 1));
}

Status writeFileAtomically(const std::filesystem::path& path, std::span<const std::string_view> pieces)
{
    const std::string doing = fmt::format("writing \"{}\"", path.string());
    const std::filesystem::path folder
        = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
    std::string temporary = (folder / fmt::format(".{}.XXXXXX", path.filename().string())).string();
    const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) {
        return fileError(errno, doing);
    }
    int failure = 0;
    for (std::string_view rest : pieces) {
        while (!rest.empty() && failure == 0) {
            const ssize_t step = ::write(descriptor, rest.data(), rest.size());
            if (step >= 0) {
                rest.remove_prefix(static_cast<std::size_t>(step));
            } else if (errno != EINTR) {
                failure = errno;
            }
        }
    }
    // mkostemp makes the file private to its owner; give it what a plain open() would.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (failure == 0 && (::fchmod(descriptor, 0666U & ~mask) != 0 || ::fsync(descriptor) != 0)) {
        failure = errno;
    }
    if (::close(descriptor) != 0 && failure == 0) {
        failure = errno;
    }
    if (failure == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) {
        failure = errno;
    }
    if (failure != 0) {
        ::unlink(temporary.c_str());
        return fileError(failure, doing);
    }
    return Unit {};
}

} // namespace rankscope
