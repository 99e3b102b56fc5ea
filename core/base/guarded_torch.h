// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/jobs/job_context.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

namespace rankscope {

/// Thrown inside core only, to leave a deep call: carries a ready Error to the guarded() above it.
struct ErrorException {
    Error error;
};

[[noreturn]] inline void throwError(Error error)
{
    throw ErrorException { std::move(error) };
}

inline void throwIfStopped(const JobContext& job)
{
    if (job.stopRequested()) {
        throwError(cancelledError());
    }
}

/// The same for work that may have no job.
inline void throwIfStopped(const JobContext* job)
{
    if (job != nullptr) {
        throwIfStopped(*job);
    }
}

/// Runs `work` (returning T or Result<T>) and turns exceptions into Errors: the only place where torch's end.
template <typename Work> auto guarded(const char* doing, Work&& work)
{
    using Returned = std::invoke_result_t<Work>;
    constexpr bool isResult = requires
    {
        typename Returned::value_type;
        std::declval<Returned>().error();
    };
    using Outcome = typename std::conditional_t<isResult, std::type_identity<Returned>,
                                                std::type_identity<Result<Returned>>>::type;
    const auto describe = [doing](ErrorCode code, const char* sentence, const char* what) -> Outcome {
        return Error { code, std::string(sentence) + " while " + doing + ".", what };
    };
    try {
        return Outcome(work());
    } catch (ErrorException& exception) {
        return Outcome(std::move(exception.error));
    } catch (const c10::OutOfMemoryError& exception) {
        return describe(ErrorCode::OutOfMemory, "The device ran out of memory", exception.what());
    } catch (const std::bad_alloc& exception) {
        return describe(ErrorCode::OutOfMemory, "The machine ran out of memory", exception.what());
    } catch (const c10::Error& exception) {
        const std::string text = exception.what_without_backtrace();
        if (text.find("alloc") != std::string::npos && text.find("memory") != std::string::npos) {
            return describe(ErrorCode::OutOfMemory, "The machine ran out of memory", text.c_str());
        }
        if (text.find("CUDA") != std::string::npos || text.find("cuBLAS") != std::string::npos) {
            return describe(ErrorCode::DeviceFailure, "The GPU reported a fault", text.c_str());
        }
        return describe(ErrorCode::Internal, "An internal error occurred", text.c_str());
    } catch (const std::exception& exception) {
        return describe(ErrorCode::Internal, "An internal error occurred", exception.what());
    }
}

} // namespace rankscope
