// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

/// Half-open byte range of the UTF-8 input that a token came from.
struct TextSpan {
    std::int64_t beginByte = 0;
    std::int64_t endByte = 0;
};

struct Encoding {
    std::vector<std::int64_t> ids;
    std::vector<TextSpan> spans; ///< as long as ids; special tokens that were added have empty spans
};

/// The tokenizer of a checkpoint, read from its tokenizer.json: byte-level BPE, Llama-style BPE with byte
/// fallback, Qwen-style BPE with a regex split. Ids are those of the `tokenizers` Python package. Immutable,
/// any thread.
class Tokenizer {
public:
    /// `path` is a tokenizer.json or a checkpoint folder that holds one. Errors: NotFound (no tokenizer.json:
    /// says which files were looked for), BadFormat, Unsupported (a feature of the format we lack, named).
    [[nodiscard]] static Result<std::shared_ptr<const Tokenizer>> load(const std::filesystem::path& path);

    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;
    ~Tokenizer();

    /// `addSpecialTokens`: what the post-processor adds (a leading BOS, where the file says so).
    /// Errors: BadData (not UTF-8: names the byte offset).
    [[nodiscard]] Result<Encoding> encode(std::string_view utf8, bool addSpecialTokens) const;
    /// Text of a sequence; ids outside the vocabulary give U+FFFD. Special tokens are left out when
    /// `skipSpecial`.
    [[nodiscard]] std::string decode(std::span<const std::int64_t> ids, bool skipSpecial) const;
    /// One token as a person should read it in a label: its decoded text, or its raw piece when it is not
    /// whole UTF-8.
    [[nodiscard]] std::string label(std::int64_t id) const;

    /// Number of ids, added tokens included (largest id + 1).
    [[nodiscard]] std::int64_t vocabularySize() const;
    /// The id named by bos_token in tokenizer_config.json, else by a template post-processor, else none.
    [[nodiscard]] std::optional<std::int64_t> bosId() const;
    [[nodiscard]] const std::filesystem::path& path() const;

private:
    struct Impl;
    explicit Tokenizer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
