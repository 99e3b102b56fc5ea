// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

namespace rankscope {

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        const int code = errno;
        return Error { code == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
                       fmt::format("The file \"{}\" cannot be opened: {}.", path.string(),
                                   std::strerror(code)),
                       fmt::format("errno {}", code) };
    }
    struct stat info { };
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(descriptor);
        return Error { ErrorCode::Io, fmt::format("\"{}\" is not a regular file.", path.string()), {} };
    }
    if (info.st_size == 0) {
        ::close(descriptor);
        return Error { ErrorCode::BadFormat, fmt::format("The file \"{}\" is empty.", path.string()), {} };
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int code = errno;
    ::close(descriptor);
    if (data == MAP_FAILED) {
        return Error { code == ENOMEM ? ErrorCode::OutOfMemory : ErrorCode::Io,
                       fmt::format("The file \"{}\" cannot be mapped into memory: {}.", path.string(),
                                   std::strerror(code)),
                       fmt::format("errno {}, {} bytes", code, size) };
    }
    return std::shared_ptr<const MappedFile>(new MappedFile(path, static_cast<const std::byte*>(data), size));
}

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size)
    : m_path(std::move(path))
    , m_data(data)
    , m_size(size)
{
}

void MappedFile::release(std::span<const std::byte> bytes) const
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    assert(bytes.data() >= m_data && bytes.data() + bytes.size() <= m_data + m_size);
    const auto first = static_cast<std::size_t>(bytes.data() - m_data);
    const std::size_t end = first + bytes.size();
    const std::size_t from = (first + page - 1) / page * page;
    const std::size_t to = end == m_size ? end : end / page * page; // the mapping starts on a page
    if (from < to) {
        ::madvise(const_cast<std::byte*>(m_data + from), to - from, MADV_DONTNEED);
    }
}

MappedFile::~MappedFile()
{
    ::munmap(const_cast<std::byte*>(m_data), m_size);
}

} // namespace rankscope
