// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"

namespace rankscope {

int exitCodeOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return 2;
    case ErrorCode::NotFound:
    case ErrorCode::Io:
    case ErrorCode::DiskFull:
    case ErrorCode::AlreadyExists:
    case ErrorCode::BadFormat:
    case ErrorCode::Unsupported:
    case ErrorCode::Mismatch:
    case ErrorCode::BadData:
        return 3;
    case ErrorCode::VerificationFailed:
        return 4;
    case ErrorCode::OutOfMemory:
    case ErrorCode::DeviceFailure:
        return 5;
    case ErrorCode::Cancelled:
        return 130;
    case ErrorCode::Internal:
        return 1;
    }
    return 1;
}

const char* errorCodeName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
        return "invalid-argument";
    case ErrorCode::NotFound:
        return "not-found";
    case ErrorCode::Io:
        return "io";
    case ErrorCode::DiskFull:
        return "disk-full";
    case ErrorCode::AlreadyExists:
        return "already-exists";
    case ErrorCode::BadFormat:
        return "bad-format";
    case ErrorCode::Unsupported:
        return "unsupported";
    case ErrorCode::Mismatch:
        return "mismatch";
    case ErrorCode::BadData:
        return "bad-data";
    case ErrorCode::OutOfMemory:
        return "out-of-memory";
    case ErrorCode::DeviceFailure:
        return "device-failure";
    case ErrorCode::VerificationFailed:
        return "verification-failed";
    case ErrorCode::Cancelled:
        return "cancelled";
    case ErrorCode::Internal:
        return "internal";
    }
    return "internal";
}

} // namespace rankscope
