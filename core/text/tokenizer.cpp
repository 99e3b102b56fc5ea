// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "core/base/narrow.h"
#include "core/io/json.h"
#include "core/text/byte_alphabet.h"
#include "core/text/tokenizer_definition.h"
#include "core/text/unicode_form.h"
#include "core/text/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <unordered_set>
#include <utility>

namespace rankscope {

namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";
constexpr std::size_t kLargestTextBytes = std::size_t { 512 }
    << 20U; // offsets are 32-bit inside, with room to grow

/// White space at the ends of a token, in characters, which TrimOffsets takes off its span.
struct TokenTrim {
    int leading = 0;
    int trailing = 0;
};

/// U+0120 counts as a space: it is one in the byte alphabet.
TokenTrim trimOf(std::string_view piece)
{
    TokenTrim trim;
    bool leading = true;
    for (std::size_t i = 0; i < piece.size();) {
        const char32_t c = nextCodePoint(piece, i);
        if (c == characterOfByte(' ') || isWhiteSpace(c)) {
            trim.leading += leading ? 1 : 0;
            ++trim.trailing;
        } else {
            leading = false;
            trim.trailing = 0;
        }
    }
    return trim;
}

/// `position` moved by whole characters, not past `limit`.
std::int64_t movedForward(std::string_view utf8, std::int64_t position, int characters, std::int64_t limit)
{
    auto at = narrow<std::size_t>(position);
    for (; characters > 0 && at < idx(limit); --characters) {
        (void)nextCodePoint(utf8, at);
    }
    return std::min(narrow<std::int64_t>(at), limit);
}

std::int64_t movedBack(std::string_view utf8, std::int64_t position, int characters, std::int64_t limit)
{
    for (; characters > 0 && position > limit; --characters) {
        --position;
        while (position > limit && isUtf8Continuation(utf8[idx(position)])) {
            --position;
        }
    }
    return position;
}

} // namespace

struct Tokenizer::Impl {
    std::filesystem::path path;
    TokenizerDefinition definition;
    AddedTokenFinder originalFinder; ///< added tokens looked for in the text as it comes
    AddedTokenFinder normalizedFinder; ///< those looked for in the normalised text
    std::vector<std::optional<std::string>> pieces; ///< by id
    std::unordered_set<std::int64_t> specialIds;
    std::optional<std::int64_t> bosId;
    std::vector<TokenTrim> trims; ///< by id; empty where no step wants them

    void index();
    [[nodiscard]] std::vector<std::string> decoded(std::vector<std::string> tokens, bool forLabel) const;
};

void Tokenizer::Impl::index()
{
    std::int32_t largest = definition.model.largestId();
    for (const AddedToken& token : definition.addedTokens) {
        largest = std::max(largest, token.id);
    }
    pieces.resize(idx(largest + 1));
    for (const auto& [piece, id] : definition.model.pieces()) {
        pieces[idx(id)] = piece;
    }
    for (const AddedToken& token : definition.addedTokens) {
        pieces[idx(token.id)] = token.content;
        if (token.special) {
            specialIds.insert(token.id);
        }
        if (token.normalized) {
            AlignedText needle({ token.content, {}, 0 });
            runNormalizer(definition.normalizer, needle);
            pieces[idx(token.id)] = std::string(needle.view().text); // what the decoder is made for
            normalizedFinder.add(std::string(needle.view().text), token);
        } else {
            originalFinder.add(token.content, token);
        }
    }
    originalFinder.finish();
    normalizedFinder.finish();
    for (const PostProcessorStep& step : definition.postProcessor) {
        if (step.kind == PostProcessorStep::Kind::TrimOffsets && trims.empty()) {
            trims.resize(pieces.size());
            std::transform(pieces.begin(), pieces.end(), trims.begin(),
                           [](const auto& piece) { return piece ? trimOf(*piece) : TokenTrim {}; });
        }
        if (step.kind == PostProcessorStep::Kind::Template && !step.before.empty() && !bosId) {
            bosId = step.before.front();
        }
    }
}

namespace {

/// One call of encode().
class EncodeRun {
public:
    EncodeRun(const TokenizerDefinition& definition, const AddedTokenFinder& originalFinder,
              const AddedTokenFinder& normalizedFinder, const std::vector<TokenTrim>& trims)
        : m_definition(definition)
        , m_originalFinder(originalFinder)
        , m_normalizedFinder(normalizedFinder)
        , m_trims(trims)
    {
    }

    /// Tokens without those that the post-processor adds. Stops at the first character without a token.
    void encode(std::string_view utf8)
    {
        m_text = utf8;
        m_result.ids.reserve(utf8.size() / 3);
        m_result.spans.reserve(utf8.size() / 3);
        const AlignedView whole { utf8, {}, 0 };
        for (const AddedSegment& outer : m_originalFinder.segments(utf8)) {
            const AlignedView part = whole.slice(outer.begin, outer.end);
            if (outer.id >= 0) {
                addToken(outer.id, part);
                continue;
            }
            AlignedText text(part);
            runNormalizer(m_definition.normalizer, text);
            for (const AddedSegment& inner : m_normalizedFinder.segments(text.view().text)) {
                const AlignedView plain = text.view().slice(inner.begin, inner.end);
                if (inner.id >= 0) {
                    addToken(inner.id, plain);
                } else {
                    runPreTokenizer(m_definition.preTokenizer, plain,
                                    [this](const AlignedView& word) { addWord(word); });
                }
            }
        }
    }

    void postProcess(bool addSpecialTokens)
    {
        for (const PostProcessorStep& step : m_definition.postProcessor) {
            if (step.kind == PostProcessorStep::Kind::TrimOffsets) {
                trimSpans(step.keepAddedSpace);
            } else if (addSpecialTokens) {
                surround(step);
            }
        }
    }

    [[nodiscard]] const std::optional<std::int64_t>& unknownAt() const { return m_unknownAt; }
    [[nodiscard]] Encoding takeResult() { return std::move(m_result); }

private:
    void addToken(std::int32_t id, const AlignedView& source)
    {
        m_result.ids.push_back(id);
        m_result.spans.push_back(source.original(0, source.text.size()));
        if (!m_trims.empty()) {
            m_tokenTrims.push_back(trimOf(source.text));
        }
    }

    void addWord(const AlignedView& word)
    {
        if (m_unknownAt) {
            return;
        }
        m_tokens.clear();
        if (const auto unknown = m_definition.model.encode(word.text, m_scratch, m_tokens)) {
            m_unknownAt = word.original(*unknown, *unknown + 1).beginByte;
            return;
        }
        std::size_t begin = 0;
        for (const BpeToken& token : m_tokens) {
            const std::size_t end = begin + token.sizeBytes;
            m_result.ids.push_back(token.id);
            m_result.spans.push_back(word.original(begin, end));
            if (!m_trims.empty()) {
                m_tokenTrims.push_back(m_trims[idx(token.id)]);
            }
            begin = end;
        }
    }

    /// White space that a token carries at its ends is not part of its span.
    void trimSpans(bool keepAddedSpace)
    {
        for (std::size_t i = 0; i < m_result.spans.size(); ++i) {
            TextSpan& span = m_result.spans[i];
            TokenTrim trim = m_tokenTrims[i];
            if (trim.leading == 1 && keepAddedSpace && (i == 0 || span.beginByte == 0)) {
                trim.leading = 0; // more than one were not added
            }
            span.beginByte = movedForward(m_text, span.beginByte, trim.leading, span.endByte);
            span.endByte = movedBack(m_text, span.endByte, trim.trailing, span.beginByte);
        }
    }

    void surround(const PostProcessorStep& step)
    {
        m_result.ids.insert(m_result.ids.begin(), step.before.begin(), step.before.end());
        m_result.ids.insert(m_result.ids.end(), step.after.begin(), step.after.end());
        m_result.spans.insert(m_result.spans.begin(), step.before.size(), TextSpan {});
        m_result.spans.insert(m_result.spans.end(), step.after.size(), TextSpan {});
        if (!m_trims.empty()) {
            m_tokenTrims.insert(m_tokenTrims.begin(), step.before.size(), TokenTrim {});
            m_tokenTrims.insert(m_tokenTrims.end(), step.after.size(), TokenTrim {});
        }
    }

    const TokenizerDefinition& m_definition;
    const AddedTokenFinder& m_originalFinder;
    const AddedTokenFinder& m_normalizedFinder;
    const std::vector<TokenTrim>& m_trims;
    std::string_view m_text;
    Encoding m_result;
    std::vector<TokenTrim> m_tokenTrims;
    BpeModel::Scratch m_scratch;
    std::vector<BpeToken> m_tokens;
    std::optional<std::int64_t> m_unknownAt;
};

/// The id of bos_token in tokenizer_config.json, which may name it as a string or as an added token. Anything
/// else in that file is not ours to judge.
std::optional<std::int64_t> configuredBos(const std::filesystem::path& configPath,
                                          const TokenizerDefinition& definition)
{
    const Result<nlohmann::json> config = readLargeJsonFile(configPath);
    if (!config || !config->is_object() || !config->contains("bos_token")) {
        return std::nullopt;
    }
    const nlohmann::json* value = &config->at("bos_token");
    if (value->is_object() && value->contains("content")) {
        value = &value->at("content");
    }
    if (!value->is_string()) {
        return std::nullopt;
    }
    const auto name = value->get<std::string>();
    for (const AddedToken& token : definition.addedTokens) {
        if (token.content == name) {
            return token.id;
        }
    }
    return definition.model.idOf(name);
}

Result<std::filesystem::path> tokenizerFile(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
        if (std::filesystem::exists(path, ignored)) {
            return path;
        }
        return Error { ErrorCode::NotFound,
                       fmt::format(
                           "There is no tokenizer at '{}': name a tokenizer.json or a folder that holds one.",
                           path.string()),
                       {} };
    }
    const std::filesystem::path file = path / "tokenizer.json";
    if (std::filesystem::exists(file, ignored)) {
        return file;
    }
    if (std::filesystem::exists(path / "tokenizer.model", ignored)) {
        return Error {
            ErrorCode::NotFound,
            fmt::format("'{}' has no tokenizer.json, only a SentencePiece model (tokenizer.model), and those "
                        "are not read yet; convert it once with the transformers package: "
                        "AutoTokenizer.from_pretrained(FOLDER, use_fast=True).save_pretrained(FOLDER).",
                        path.string()),
            {}
        };
    }
    return Error { ErrorCode::NotFound,
                   fmt::format(
                       "'{}' has no tokenizer: looked for tokenizer.json and tokenizer.model there; copy the "
                       "tokenizer files of the model into it.",
                       path.string()),
                   {} };
}

} // namespace

std::vector<std::string> Tokenizer::Impl::decoded(std::vector<std::string> tokens, bool forLabel) const
{
    for (const DecoderStep& step : definition.decoder) {
        if (forLabel && step.kind == DecoderStep::Kind::Strip) {
            continue; // a label keeps the space that a token starts with
        }
        if (forLabel && step.kind == DecoderStep::Kind::Metaspace) {
            DecoderStep kept;
            kept.kind = step.kind;
            kept.content = step.content;
            tokens = runDecoderStep(kept, std::move(tokens));
            continue;
        }
        tokens = runDecoderStep(step, std::move(tokens));
    }
    return tokens;
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::load(const std::filesystem::path& path)
{
    Result<std::filesystem::path> file = tokenizerFile(path);
    if (!file) {
        return file.error();
    }
    Result<TokenizerDefinition> definition = readTokenizerDefinition(*file);
    if (!definition) {
        return definition.error();
    }
    auto impl = std::make_unique<Impl>(Impl { *file, std::move(*definition), {}, {}, {}, {}, {}, {} });
    impl->index();
    if (const auto bos = configuredBos(file->parent_path() / "tokenizer_config.json", impl->definition)) {
        impl->bosId = bos;
    }
    return std::shared_ptr<const Tokenizer>(new Tokenizer(std::move(impl)));
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}

Tokenizer::~Tokenizer() = default;

Result<Encoding> Tokenizer::encode(std::string_view utf8, bool addSpecialTokens) const
{
    if (utf8.size() > kLargestTextBytes) {
        return Error {
            ErrorCode::InvalidArgument,
            fmt::format(
                "A text of {} bytes is too long to become tokens at once (the limit is {}): encode it "
                "in pieces.",
                utf8.size(), kLargestTextBytes),
            {}
        };
    }
    if (const auto invalid = firstInvalidUtf8(utf8)) {
        return Error { ErrorCode::BadData,
                       fmt::format("The text is not UTF-8: the byte at offset {} does not fit.", *invalid),
                       {} };
    }
    try {
        EncodeRun run(m_impl->definition, m_impl->originalFinder, m_impl->normalizedFinder, m_impl->trims);
        run.encode(utf8);
        if (const auto unknown = run.unknownAt()) {
            auto position = narrow<std::size_t>(*unknown);
            const auto codePoint = static_cast<std::uint32_t>(nextCodePoint(utf8, position));
            return Error {
                ErrorCode::BadData,
                fmt::format(
                    "The tokenizer '{}' has no token for the character U+{:04X} at byte {} of the text, "
                    "and no unknown token to stand in for it; remove the character.",
                    m_impl->path.string(), codePoint, *unknown),
                {}
            };
        }
        run.postProcess(addSpecialTokens);
        return run.takeResult();
    } catch (const std::exception& failure) {
        return Error { ErrorCode::Internal,
                       fmt::format("The patterns of '{}' could not be applied to a text of {} bytes.",
                                   m_impl->path.string(), utf8.size()),
                       failure.what() };
    }
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids, bool skipSpecial) const
{
    std::vector<std::string> tokens;
    tokens.reserve(ids.size());
    for (const std::int64_t id : ids) {
        if (skipSpecial && m_impl->specialIds.contains(id)) {
            continue;
        }
        const bool known = id >= 0 && id < vocabularySize() && m_impl->pieces[idx(id)];
        tokens.emplace_back(known ? *m_impl->pieces[idx(id)] : kReplacementCharacter);
    }
    const bool joinWithSpaces = !m_impl->definition.hasDecoder;
    std::string text;
    for (const std::string& part : m_impl->decoded(std::move(tokens), false)) {
        if (joinWithSpaces && !text.empty()) {
            text += ' ';
        }
        text += part;
    }
    return text;
}

std::string Tokenizer::label(std::int64_t id) const
{
    if (id < 0 || id >= vocabularySize() || !m_impl->pieces[idx(id)]) {
        return std::string(kReplacementCharacter);
    }
    const std::string& piece = *m_impl->pieces[idx(id)];
    std::string text;
    for (const std::string& part : m_impl->decoded({ piece }, true)) {
        text += part;
    }
    const bool whole = text.find(kReplacementCharacter) == std::string::npos;
    return whole && !text.empty() ? text : piece;
}

std::int64_t Tokenizer::vocabularySize() const
{
    return std::ssize(m_impl->pieces);
}

std::optional<std::int64_t> Tokenizer::bosId() const
{
    return m_impl->bosId;
}

const std::filesystem::path& Tokenizer::path() const
{
    return m_impl->path;
}

} // namespace rankscope
