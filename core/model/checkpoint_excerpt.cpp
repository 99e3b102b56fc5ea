// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/checkpoint_excerpt.h"

#include "core/base/narrow.h"
#include "core/io/checkpoint_reader.h"
#include "core/io/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace rankscope {

namespace {

/// The line of the member `key`, of the first where there are several.
int lineOfKey(const std::string& text, const std::string& key)
{
    const std::string quoted = '"' + key + '"';
    for (std::size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at + 1)) {
        const std::size_t after = text.find_first_not_of(" \t\r\n", at + quoted.size());
        if (after != std::string::npos && text[after] == ':') {
            const auto before = text.begin() + static_cast<std::ptrdiff_t>(at);
            return static_cast<int>(std::count(text.begin(), before, '\n'));
        }
    }
    return -1;
}

} // namespace

Result<CheckpointExcerpt> readCheckpointExcerpt(const std::filesystem::path& folder, const std::string& file,
                                                const std::string& subject)
{
    if (file.ends_with(".json")) {
        Result<std::string> text = readFileBytes(folder / file);
        if (!text) {
            return text.error();
        }
        CheckpointExcerpt excerpt { std::move(*text), -1 };
        excerpt.line = lineOfKey(excerpt.text, subject);
        return excerpt;
    }
    const Result<std::shared_ptr<const CheckpointReader>> reader = CheckpointReader::open(folder);
    if (!reader) {
        return reader.error();
    }
    CheckpointExcerpt excerpt;
    int line = 0;
    for (const TensorEntry& entry : (*reader)->entries()) {
        if ((*reader)->files()[idx(entry.file)].name != file) {
            continue;
        }
        if (entry.name == subject) {
            excerpt.line = line;
        }
        excerpt.text += fmt::format("{}  {}  {}  {} bytes\n", entry.name, safetensorsName(entry.dtype),
                                    shapeText(entry.shape), entry.sizeBytes);
        ++line;
    }
    if (line == 0) {
        return Error { ErrorCode::NotFound,
                       fmt::format("\"{}\" holds no weights file \"{}\".", folder.string(), file),
                       {} };
    }
    return excerpt;
}

} // namespace rankscope
