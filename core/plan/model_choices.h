// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <optional>
#include <string>

namespace rankscope {

/// What a person chose for one model, to be found again when it is opened in a later session.
struct ModelChoices {
    std::filesystem::path evaluationText; ///< empty: not chosen
    std::filesystem::path calibrationText; ///< empty: not chosen
    std::optional<int> evaluationWindows; ///< 0: all that the text has
    std::optional<int> windowLength; ///< tokens of an evaluation window
    bool windowsOnGpu = false; ///< where so many were affordable

    [[nodiscard]] bool empty() const { return *this == ModelChoices {}; }

    friend bool operator==(const ModelChoices&, const ModelChoices&) = default;
};

// Choices: UTF-8 JSON, keys in this order; those of what was not chosen are left out.
//   {"rankscope_choices": 1,            version; others are refused
//    "model": "/folder",                for people
//    "evaluation_text": "/x.txt", "calibration_text": "/y.txt",
//    "evaluation_windows": 32, "window_length": 512, "windows_on_gpu": false}
[[nodiscard]] std::string choicesToJson(const ModelChoices& choices, const std::filesystem::path& model);
/// `what` names the file. Errors: BadFormat (names the key), Unsupported (another version).
[[nodiscard]] Result<ModelChoices> choicesFromJson(const std::string& text, const std::string& what);

} // namespace rankscope
