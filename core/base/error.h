// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace rankscope {

/// What callers branch on. The message is for people, the context for the log.
enum class ErrorCode {
    InvalidArgument, ///< wrong use: an option, a number out of range
    NotFound, ///< a file, folder or tensor that is not there
    Io, ///< reading or writing failed
    DiskFull, ///< no space left on the target
    AlreadyExists, ///< the target is there and consent to replace it was not given
    BadFormat, ///< a file that is not what it claims to be
    Unsupported, ///< a family, option or feature we lack, named in the message
    Mismatch, ///< two inputs that do not belong together (config and weights, plan and model)
    BadData, ///< well-formed but unusable: NaN weights, empty text, text shorter than a window
    OutOfMemory, ///< host or device memory
    DeviceFailure, ///< the GPU is missing, vanished or reported a fault
    VerificationFailed, ///< an exported checkpoint does not reproduce the masked model
    Cancelled, ///< somebody asked to stop; never shown as a failure
    Internal, ///< our own fault
};

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message; ///< one sentence: what failed, on what, what to do
    std::string context; ///< numbers, names, offsets, for the log
};

/// Exit code of rankscope-cli for an error (design section 7): 1 our fault, 2 wrong use, 3 bad input,
/// 4 verification, 5 device or memory, 130 cancelled.
[[nodiscard]] int exitCodeOf(ErrorCode code);

/// Stable lower-case name, for logs and JSON.
[[nodiscard]] const char* errorCodeName(ErrorCode code);

} // namespace rankscope
