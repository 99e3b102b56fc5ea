// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer_definition.h"

#include "core/base/narrow.h"
#include "core/io/json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rankscope {

namespace {

using nlohmann::json;

/// GPT-2's split, which ByteLevel applies unless use_regex is false.
constexpr std::string_view kByteLevelPattern
    = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Ends in readTokenizerDefinition.
struct Refusal {
    Error error;
};

class Reader {
public:
    Reader(const json& root, std::string name)
        : m_root(root)
        , m_name(std::move(name))
    {
    }

    TokenizerDefinition read()
    {
        if (!m_root.is_object()) {
            broken("its top level is not an object");
        }
        const std::vector<const json*> preTokenizers = flattened("pre_tokenizer", "pretokenizers");
        bool byteLevel = false;
        std::vector<PreTokenizerStep> steps;
        for (const json* part : preTokenizers) {
            if (byteLevel) {
                unsupported("a pre-tokenizer behind ByteLevel");
            }
            byteLevel = readPreTokenizer(*part, steps);
        }
        TokenizerDefinition definition { readModel(byteLevel), byteLevel, {}, {}, {}, {}, {}, false };
        definition.preTokenizer = std::move(steps);
        for (const json* part : flattened("normalizer", "normalizers")) {
            readNormalizer(*part, definition.normalizer);
        }
        readAddedTokens(definition);
        for (const json* part : flattened("post_processor", "processors")) {
            readPostProcessor(*part, definition.postProcessor);
        }
        const std::vector<const json*> decoders = flattened("decoder", "decoders");
        definition.hasDecoder = !isNull(m_root, "decoder");
        for (const json* part : decoders) {
            readDecoder(*part, definition.decoder);
        }
        return definition;
    }

private:
    [[noreturn]] void broken(std::string_view what) const
    {
        throw Refusal {
            { ErrorCode::BadFormat, fmt::format("{} is not a usable tokenizer file: {}.", m_name, what), {} }
        };
    }
    [[noreturn]] void unsupported(std::string_view what) const
    {
        throw Refusal {
            { ErrorCode::Unsupported,
              fmt::format("{} uses {}, which is not supported; byte-pair tokenizers of the GPT-2, Llama and "
                          "Qwen kinds are.",
                          m_name, what),
              {} }
        };
    }

    static bool isNull(const json& object, const char* key)
    {
        const auto found = object.find(key);
        return found == object.end() || found->is_null();
    }
    const json& member(const json& object, const char* key, std::string_view where) const
    {
        if (!object.is_object()) {
            broken(fmt::format("{} is not an object", where));
        }
        const auto found = object.find(key);
        if (found == object.end()) {
            broken(fmt::format("{} has no '{}'", where, key));
        }
        return *found;
    }
    std::string stringOf(const json& object, const char* key, std::string_view where) const
    {
        const json& value = member(object, key, where);
        if (!value.is_string()) {
            broken(fmt::format("'{}' of {} is not a string", key, where));
        }
        return value.get<std::string>();
    }
    bool boolOf(const json& object, const char* key, bool otherwise, std::string_view where) const
    {
        if (isNull(object, key)) {
            return otherwise;
        }
        if (!object.at(key).is_boolean()) {
            broken(fmt::format("'{}' of {} is neither true nor false", key, where));
        }
        return object.at(key).get<bool>();
    }
    const json& arrayOf(const json& object, const char* key, std::string_view where) const
    {
        const json& value = member(object, key, where);
        if (!value.is_array()) {
            broken(fmt::format("'{}' of {} is not a list", key, where));
        }
        return value;
    }
    std::int64_t integerOf(const json& value, std::string_view what) const
    {
        if (!value.is_number_integer()) {
            broken(fmt::format("{} is not an integer", what));
        }
        return value.get<std::int64_t>();
    }
    std::int32_t idOf(const json& value, std::string_view what) const
    {
        const std::int64_t id = integerOf(value, what);
        if (id < 0 || id > BpeModel::kLargestAllowedId) {
            broken(fmt::format("{} is {}, outside of 0 to {}", what, id, BpeModel::kLargestAllowedId));
        }
        return narrow<std::int32_t>(id);
    }

    /// The parts of a section: none for null, the members of a Sequence (also nested), else itself.
    std::vector<const json*> flattened(const char* section, const char* listKey) const
    {
        std::vector<const json*> parts;
        if (!isNull(m_root, section)) {
            flattenInto(m_root.at(section), section, listKey, parts);
        }
        return parts;
    }
    void flattenInto(const json& part, const char* section, const char* listKey,
                     std::vector<const json*>& parts) const
    {
        if (stringOf(part, "type", section) != "Sequence") {
            parts.push_back(&part);
            return;
        }
        for (const json& inner : arrayOf(part, listKey, section)) {
            flattenInto(inner, section, listKey, parts);
        }
    }

    template <typename T> T taken(Result<T> result, std::string_view where) const
    {
        if (!result) {
            const Error& error = result.error();
            throw Refusal { { error.code,
                              fmt::format("{} cannot be used: in its {}, {}.", m_name, where, error.message),
                              error.context } };
        }
        return std::move(result).value();
    }
    TextPattern patternOf(const json& part, std::string_view where) const
    {
        const json& pattern = member(part, "pattern", where);
        if (pattern.is_object() && pattern.contains("String")) {
            return taken(TextPattern::literal(stringOf(pattern, "String", where)), where);
        }
        if (pattern.is_object() && pattern.contains("Regex")) {
            return taken(TextPattern::regex(stringOf(pattern, "Regex", where)), where);
        }
        broken(fmt::format("the pattern of {} is neither a String nor a Regex", where));
    }

    void readNormalizer(const json& part, std::vector<NormalizerStep>& steps) const
    {
        const std::string type = stringOf(part, "type", "normalizer");
        NormalizerStep step;
        if (type == "Prepend") {
            step.kind = NormalizerStep::Kind::Prepend;
            step.content = stringOf(part, "prepend", "normalizer Prepend");
        } else if (type == "Replace") {
            step.kind = NormalizerStep::Kind::Replace;
            step.pattern = patternOf(part, "normalizer Replace");
            step.content = stringOf(part, "content", "normalizer Replace");
        } else if (type == "NFC") {
            step.form = UnicodeForm::Nfc;
        } else if (type == "NFD") {
            step.form = UnicodeForm::Nfd;
        } else if (type == "NFKC") {
            step.form = UnicodeForm::Nfkc;
        } else if (type == "NFKD") {
            step.form = UnicodeForm::Nfkd;
        } else {
            unsupported(fmt::format("the normalizer {}", type));
        }
        steps.push_back(std::move(step));
    }

    /// True for ByteLevel.
    bool readPreTokenizer(const json& part, std::vector<PreTokenizerStep>& steps) const
    {
        const std::string type = stringOf(part, "type", "pre_tokenizer");
        const std::string where = "pre_tokenizer " + type;
        PreTokenizerStep step;
        if (type == "ByteLevel") {
            step.replacement = " ";
            step.prepend = boolOf(part, "add_prefix_space", true, where) ? PreTokenizerStep::Prepend::Always
                                                                         : PreTokenizerStep::Prepend::Never;
            if (boolOf(part, "use_regex", true, where)) {
                step.split = taken(TextPattern::regex(kByteLevelPattern), where);
            }
        } else if (type == "Split") {
            step.split = patternOf(part, where);
            step.behavior = behaviorOf(stringOf(part, "behavior", where));
            step.invert = boolOf(part, "invert", false, where);
        } else if (type == "Digits") {
            step.split = taken(TextPattern::regex(R"(\p{N})"), where);
            step.behavior = boolOf(part, "individual_digits", false, where) ? SplitBehavior::Isolated
                                                                            : SplitBehavior::Contiguous;
        } else if (type == "Metaspace") {
            step.replacement = stringOf(part, "replacement", where);
            step.replaced = taken(TextPattern::literal(" "), where);
            step.prepend = prependOf(part, where);
            if (boolOf(part, "split", true, where)) {
                step.split = taken(TextPattern::literal(step.replacement), where);
                step.behavior = SplitBehavior::MergedWithNext;
            }
        } else {
            unsupported(fmt::format("the pre-tokenizer {}", type));
        }
        steps.push_back(std::move(step));
        return type == "ByteLevel";
    }
    SplitBehavior behaviorOf(const std::string& name) const
    {
        constexpr std::pair<std::string_view, SplitBehavior> kNames[] = {
            { "Removed", SplitBehavior::Removed },
            { "Isolated", SplitBehavior::Isolated },
            { "MergedWithPrevious", SplitBehavior::MergedWithPrevious },
            { "MergedWithNext", SplitBehavior::MergedWithNext },
            { "Contiguous", SplitBehavior::Contiguous },
        };
        for (const auto& [known, behavior] : kNames) {
            if (name == known) {
                return behavior;
            }
        }
        unsupported(fmt::format("the split behaviour {}", name));
    }
    /// `prepend_scheme`, or `add_prefix_space` of older files.
    PreTokenizerStep::Prepend prependOf(const json& part, const std::string& where) const
    {
        using Prepend = PreTokenizerStep::Prepend;
        Prepend prepend = Prepend::Always;
        if (!isNull(part, "prepend_scheme")) {
            const std::string scheme = stringOf(part, "prepend_scheme", where);
            if (scheme == "first") {
                prepend = Prepend::First;
            } else if (scheme == "never") {
                prepend = Prepend::Never;
            } else if (scheme != "always") {
                unsupported(fmt::format("the prepend scheme {}", scheme));
            }
        }
        return boolOf(part, "add_prefix_space", true, where) ? prepend : Prepend::Never;
    }

    BpeModel readModel(bool byteLevel) const
    {
        const json& model = member(m_root, "model", "the file");
        if (!model.is_object()) {
            broken("'model' is not an object");
        }
        if (!isNull(model, "type")) {
            if (const std::string type = stringOf(model, "type", "model"); type != "BPE") {
                unsupported(fmt::format("a {} model", type));
            }
        } else if (!model.contains("merges")) { // files before 2020 do not name the type
            unsupported("a model that is not byte-pair encoding");
        }
        if (!isNull(model, "dropout")
            && !(model.at("dropout").is_number() && model.at("dropout").get<double>() == 0.0)) {
            unsupported("dropout of merges");
        }
        for (const char* affix : { "continuing_subword_prefix", "end_of_word_suffix" }) {
            if (!isNull(model, affix) && !stringOf(model, affix, "model").empty()) {
                unsupported(affix);
            }
        }
        BpeOptions options;
        options.byteLevel = byteLevel;
        if (!isNull(model, "unk_token")) {
            options.unkToken = stringOf(model, "unk_token", "model");
        }
        options.fuseUnk = boolOf(model, "fuse_unk", false, "model");
        options.byteFallback = boolOf(model, "byte_fallback", false, "model");
        options.ignoreMerges = boolOf(model, "ignore_merges", false, "model");

        const json& vocab = member(model, "vocab", "model");
        if (!vocab.is_object()) {
            broken("'vocab' of the model is not an object");
        }
        std::vector<std::pair<std::string, std::int64_t>> vocabulary;
        vocabulary.reserve(vocab.size());
        for (const auto& [piece, id] : vocab.items()) {
            vocabulary.emplace_back(piece, integerOf(id, fmt::format("the id of the token '{}'", piece)));
        }
        Result<BpeModel> created
            = BpeModel::create(std::move(vocabulary), readMerges(model), std::move(options), m_name);
        if (!created) {
            throw Refusal { created.error() };
        }
        return std::move(created).value();
    }
    std::vector<BpeModel::Merge> readMerges(const json& model) const
    {
        std::vector<BpeModel::Merge> merges;
        const json& list = arrayOf(model, "merges", "model");
        merges.reserve(list.size());
        for (const json& merge : list) {
            if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
                merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
                continue;
            }
            if (merge.is_string()) {
                const auto& text = merge.get_ref<const std::string&>();
                if (text.starts_with("#version")) {
                    continue;
                }
                const std::size_t space = text.find(' ');
                if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
                    merges.emplace_back(text.substr(0, space), text.substr(space + 1));
                    continue;
                }
            }
            broken(fmt::format("merge number {} is not a pair of tokens", merges.size()));
        }
        return merges;
    }

    /// Ids follow the Python package: that of the vocabulary where the text is in it, else the next free one.
    void readAddedTokens(TokenizerDefinition& definition) const
    {
        if (isNull(m_root, "added_tokens")) {
            return;
        }
        std::int64_t nextId = definition.model.pieceCount();
        std::vector<AddedToken>& tokens = definition.addedTokens;
        for (const json& entry : arrayOf(m_root, "added_tokens", "the file")) {
            constexpr std::string_view kWhere = "an added token";
            AddedToken token;
            token.content = stringOf(entry, "content", kWhere);
            token.singleWord = boolOf(entry, "single_word", false, kWhere);
            token.stripLeft = boolOf(entry, "lstrip", false, kWhere);
            token.stripRight = boolOf(entry, "rstrip", false, kWhere);
            token.special = boolOf(entry, "special", false, kWhere);
            token.normalized = boolOf(entry, "normalized", !token.special, kWhere);
            if (token.content.empty()) {
                continue;
            }
            const std::string what = fmt::format("the id of the added token '{}'", token.content);
            const std::int32_t written = idOf(member(entry, "id", kWhere), what);
            const auto same = std::find_if(tokens.begin(), tokens.end(),
                                           [&](const AddedToken& t) { return t.content == token.content; });
            if (same != tokens.end()) {
                token.id = same->id;
            } else if (const auto known = definition.model.idOf(token.content)) {
                token.id = *known;
            } else {
                for (const AddedToken& other : tokens) {
                    nextId = std::max<std::int64_t>(nextId, std::int64_t { other.id } + 1);
                }
                token.id = narrow<std::int32_t>(nextId);
            }
            if (token.id != written) {
                broken(fmt::format(
                    "the added token '{}' is written with the id {}, but the vocabulary and the order of "
                    "the added tokens give it {}",
                    token.content, written, token.id));
            }
            tokens.push_back(std::move(token));
        }
    }

    void readPostProcessor(const json& part, std::vector<PostProcessorStep>& steps) const
    {
        const std::string type = stringOf(part, "type", "post_processor");
        PostProcessorStep step;
        if (type == "ByteLevel") {
            if (!boolOf(part, "trim_offsets", true, "post_processor ByteLevel")) {
                return;
            }
            step.kind = PostProcessorStep::Kind::TrimOffsets;
            step.keepAddedSpace = boolOf(part, "add_prefix_space", true, "post_processor ByteLevel");
        } else if (type == "TemplateProcessing") {
            readTemplate(part, step);
        } else {
            unsupported(fmt::format("the post-processor {}", type));
        }
        steps.push_back(std::move(step));
    }
    void readTemplate(const json& part, PostProcessorStep& step) const
    {
        constexpr std::string_view kWhere = "post_processor TemplateProcessing";
        bool textSeen = false;
        for (const json& item : arrayOf(part, "single", kWhere)) {
            if (item.is_object() && item.contains("Sequence")) {
                if (textSeen || stringOf(item.at("Sequence"), "id", kWhere) != "A") {
                    unsupported("a template that does not hold the text exactly once");
                }
                textSeen = true;
                continue;
            }
            if (!item.is_object() || !item.contains("SpecialToken")) {
                broken("a template has an item that is neither Sequence nor SpecialToken");
            }
            const std::string id = stringOf(item.at("SpecialToken"), "id", kWhere);
            const json& special
                = member(member(part, "special_tokens", kWhere), id.c_str(), "special_tokens");
            for (const json& value : arrayOf(special, "ids", "a special token of the template")) {
                (textSeen ? step.after : step.before).push_back(idOf(value, "an id of the template"));
            }
        }
        if (!textSeen) {
            unsupported("a template that does not hold the text exactly once");
        }
    }

    void readDecoder(const json& part, std::vector<DecoderStep>& steps) const
    {
        const std::string type = stringOf(part, "type", "decoder");
        const std::string where = "decoder " + type;
        DecoderStep step;
        if (type == "ByteLevel") {
            step.kind = DecoderStep::Kind::ByteLevel;
        } else if (type == "ByteFallback") {
            step.kind = DecoderStep::Kind::ByteFallback;
        } else if (type == "Fuse") {
            step.kind = DecoderStep::Kind::Fuse;
        } else if (type == "Replace") {
            step.kind = DecoderStep::Kind::Replace;
            step.pattern = patternOf(part, where);
            step.content = stringOf(part, "content", where);
        } else if (type == "Strip") {
            step.kind = DecoderStep::Kind::Strip;
            step.content = stringOf(part, "content", where);
            step.start = idOf(member(part, "start", where), "'start' of decoder Strip");
            step.stop = idOf(member(part, "stop", where), "'stop' of decoder Strip");
            if (step.content.empty()) {
                broken("decoder Strip has no character to strip");
            }
        } else if (type == "Metaspace") {
            step.kind = DecoderStep::Kind::Metaspace;
            step.content = stringOf(part, "replacement", where);
            step.dropFirst = prependOf(part, where) != PreTokenizerStep::Prepend::Never;
            if (step.content.empty()) {
                broken("decoder Metaspace has no replacement character");
            }
        } else {
            unsupported(fmt::format("the decoder {}", type));
        }
        steps.push_back(std::move(step));
    }

    const json& m_root;
    std::string m_name;
};

} // namespace

Result<TokenizerDefinition> readTokenizerDefinition(const std::filesystem::path& path)
{
    Result<json> root = readLargeJsonFile(path);
    if (!root) {
        return root.error();
    }
    try {
        return Reader(*root, fmt::format("'{}'", path.string())).read();
    } catch (const Refusal& refusal) {
        return refusal.error;
    }
}

} // namespace rankscope
