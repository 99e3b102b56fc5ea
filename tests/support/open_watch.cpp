// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/open_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

namespace rankscope::test {

OpenWatch::OpenWatch(const std::filesystem::path& file)
    : m_queue(inotify_init1(IN_NONBLOCK))
    , m_watching(inotify_add_watch(m_queue, file.c_str(), IN_OPEN | IN_ACCESS) >= 0)
{
}

OpenWatch::~OpenWatch()
{
    close(m_queue);
}

bool OpenWatch::sawAnything() const
{
    alignas(inotify_event) char buffer[4096];
    return read(m_queue, buffer, sizeof buffer) > 0;
}

} // namespace rankscope::test
