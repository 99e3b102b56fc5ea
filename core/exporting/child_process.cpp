// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exporting/child_process.h"

#include "core/io/atomic_file.h"
#include "core/io/json.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

extern char** environ;

namespace rankscope {

namespace {

constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr int kPollsBeforeKill = 10; // 0.2 s: a large matrix product takes longer

std::string lastLine(const std::filesystem::path& file)
{
    const Result<std::string> text = readFileBytes(file);
    if (!text) {
        return {};
    }
    const std::size_t end = text->find_last_not_of(" \r\n");
    if (end == std::string::npos) {
        return {};
    }
    const std::size_t start = text->find_last_of("\r\n", end);
    return text->substr(start == std::string::npos ? 0 : start + 1,
                        end - (start == std::string::npos ? 0 : start + 1) + 1);
}

} // namespace

Result<ChildOutcome> runChild(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                              const std::filesystem::path& messages, JobContext& job)
{
    std::vector<std::string> words { program.string() };
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 2, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int failure = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        return fileError(failure, fmt::format("starting \"{}\"", program.string()));
    }
    int pollsSinceStop = 0;
    int status = 0;
    while (true) {
        const pid_t ended = ::waitpid(child, &status, WNOHANG);
        if (ended == child) {
            break;
        }
        if (ended < 0 && errno != EINTR) {
            return fileError(errno, fmt::format("waiting for \"{}\"", program.string()));
        }
        if (job.stopRequested()) {
            if (pollsSinceStop == 0) {
                ::kill(child, SIGTERM);
            } else if (pollsSinceStop == kPollsBeforeKill) {
                ::kill(child, SIGKILL);
            }
            ++pollsSinceStop;
        }
        std::this_thread::sleep_for(kPoll);
    }
    if (job.stopRequested()) {
        return cancelledError();
    }
    return ChildOutcome { WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                          lastLine(messages) };
}

} // namespace rankscope
