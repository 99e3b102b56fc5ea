// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/text_pattern.h"

#include "core/text/regex_dialect.h"
#include "core/text/utf8.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace rankscope {

namespace {

template <auto Free> struct Deleter {
    template <typename T> void operator()(T* pointer) const { Free(pointer); }
};
using CodePtr = std::unique_ptr<pcre2_code, Deleter<&pcre2_code_free>>;
using CompileContextPtr = std::unique_ptr<pcre2_compile_context, Deleter<&pcre2_compile_context_free>>;
using MatchContextPtr = std::unique_ptr<pcre2_match_context, Deleter<&pcre2_match_context_free>>;
using MatchDataPtr = std::unique_ptr<pcre2_match_data, Deleter<&pcre2_match_data_free>>;

std::string pcreMessage(int code)
{
    PCRE2_UCHAR buffer[256] = {};
    pcre2_get_error_message(code, buffer, sizeof buffer);
    return reinterpret_cast<const char*>(buffer);
}

/// Searches one text; the interpreter takes over where the compiled code runs out of its machine stack.
class Search {
public:
    Search(const pcre2_code* code, std::string_view text)
        : m_code(code)
        , m_text(text)
        , m_data(pcre2_match_data_create_from_pattern(code, nullptr))
        , m_context(pcre2_match_context_create(nullptr))
    {
        pcre2_set_match_limit(m_context.get(), UINT32_MAX);
        pcre2_set_depth_limit(m_context.get(), UINT32_MAX);
    }

    /// The next match at or after `from`.
    std::optional<std::pair<std::size_t, std::size_t>> find(std::size_t from)
    {
        const auto* subject = reinterpret_cast<PCRE2_SPTR>(m_text.data());
        int rc = pcre2_match(m_code, subject, m_text.size(), from, PCRE2_NO_UTF_CHECK, m_data.get(),
                             m_context.get());
        if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
            rc = pcre2_match(m_code, subject, m_text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                             m_data.get(), m_context.get());
        }
        if (rc == PCRE2_ERROR_NOMATCH) {
            return std::nullopt;
        }
        if (rc < 0) { // ends in Tokenizer::encode
            throw std::runtime_error(pcreMessage(rc));
        }
        const PCRE2_SIZE* range = pcre2_get_ovector_pointer(m_data.get());
        return std::pair { range[0], range[1] };
    }

private:
    const pcre2_code* m_code;
    std::string_view m_text;
    MatchDataPtr m_data;
    MatchContextPtr m_context;
};

void append(std::vector<PatternSegment>& segments, std::size_t& covered, std::size_t begin, std::size_t end)
{
    if (covered != begin) {
        segments.push_back({ covered, begin, false });
    }
    segments.push_back({ begin, end, true });
    covered = end;
}

} // namespace

struct TextPattern::Impl {
    std::string literal; ///< used when there is no code
    CodePtr code;
};

TextPattern::TextPattern(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
}
TextPattern::TextPattern(TextPattern&&) noexcept = default;
TextPattern& TextPattern::operator=(TextPattern&&) noexcept = default;
TextPattern::~TextPattern() = default;

Result<TextPattern> TextPattern::literal(std::string text)
{
    if (text.empty()) {
        return Error { ErrorCode::BadFormat, "an empty string as a pattern", {} };
    }
    auto impl = std::make_unique<Impl>();
    impl->literal = std::move(text);
    return TextPattern(std::move(impl));
}

Result<TextPattern> TextPattern::regex(std::string_view pattern)
{
    Result<std::string> translated = pcreFromOniguruma(pattern);
    if (!translated) {
        return translated.error();
    }
    const CompileContextPtr context(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF); // what '.', '^' and '$' mean in Ruby
    int code = 0;
    PCRE2_SIZE offset = 0;
    auto impl = std::make_unique<Impl>();
    impl->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated->data()), translated->size(),
                                   PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &code, &offset, context.get()));
    if (!impl->code) {
        return Error { ErrorCode::BadFormat,
                       fmt::format("the regular expression '{}' cannot be compiled ({})", pattern,
                                   pcreMessage(code)),
                       fmt::format("byte {} of '{}'", offset, *translated) };
    }
    pcre2_jit_compile(impl->code.get(), PCRE2_JIT_COMPLETE); // where it fails, the interpreter matches
    return TextPattern(std::move(impl));
}

std::vector<PatternSegment> TextPattern::segments(std::string_view utf8) const
{
    std::vector<PatternSegment> found;
    std::size_t covered = 0;
    if (m_impl->code) {
        Search search(m_impl->code.get(), utf8);
        std::optional<std::size_t> lastEnd;
        for (std::size_t from = 0; from <= utf8.size();) {
            const auto match = search.find(from);
            if (!match) {
                break;
            }
            const auto [begin, end] = *match;
            if (begin == end && lastEnd == end) { // an empty match right behind a match does not count
                if (from >= utf8.size()) {
                    break;
                }
                (void)nextCodePoint(utf8, from);
                continue;
            }
            append(found, covered, begin, end);
            lastEnd = end;
            from = end;
        }
    } else {
        for (std::size_t at = utf8.find(m_impl->literal); at != std::string_view::npos;
             at = utf8.find(m_impl->literal, covered)) {
            append(found, covered, at, at + m_impl->literal.size());
        }
    }
    if (covered != utf8.size()) {
        found.push_back({ covered, utf8.size(), false });
    }
    return found;
}

} // namespace rankscope
