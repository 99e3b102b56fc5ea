// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command_context.h"
#include "app/cli/inputs.h"
#include "app/cli/text_table.h"
#include "core/evaluation/live_evaluator.h"
#include "core/model/forward/forward.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <numeric>
#include <optional>

namespace rankscope::cli {

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

double millisecondsSince(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Timing {
    double medianMs = 0.0;
    double minMs = 0.0;
    double maxMs = 0.0;
};

Timing timingOf(std::vector<double> ms)
{
    std::sort(ms.begin(), ms.end());
    const std::size_t middle = ms.size() / 2;
    return { ms.size() % 2 == 1 ? ms[middle] : (ms[middle - 1] + ms[middle]) / 2.0, ms.front(), ms.back() };
}

Json timingJson(const Timing& timing)
{
    return { { "median_ms", timing.medianMs }, { "min_ms", timing.minMs }, { "max_ms", timing.maxMs } };
}

/// The benchmark of one model: every part runs once to warm up and then `repeats` times.
class Benchmark {
public:
    Benchmark(CommandContext& context)
        : m_context(context)
        , m_table({ "what", "median", "fastest", "slowest", "tokens/s" })
    {
    }

    Result<CommandResult> run()
    {
        for (Status (Benchmark::*section)() :
             { &Benchmark::loading, &Benchmark::tokenising, &Benchmark::scoring, &Benchmark::forwardParts,
               &Benchmark::liveEdits }) {
            if (Status done = (this->*section)(); !done) {
                return done.error();
            }
        }
        Json json;
        json["model"] = modelJson(m_model->overview(), m_model->digest());
        json["device"] = toString(m_model->device());
        json["dtype"] = shortName(m_model->dtype());
        json["threads"] = engineThreads();
        json["repeats"] = m_context.options.repeats;
        json["windows"] = m_windows->count;
        json["length"] = m_windows->length;
        json.update(m_json);
        std::string text = m_table.toText()
            + fmt::format("\n{}; {}; {}, {}, {} CPU threads; medians of {} after one to warm up\n",
                          m_model->overview().name, windowsText(*m_windows), shortName(m_model->dtype()),
                          toString(m_model->device()), engineThreads(), m_context.options.repeats);
        return finish(m_context, std::move(json), std::move(text));
    }

private:
    [[nodiscard]] JobContext& job() { return m_context.job; }

    /// Medians of what `once` takes, the first run left out.
    Result<Timing> measure(const std::function<Status()>& once)
    {
        std::vector<double> ms;
        for (int i = 0; i <= m_context.options.repeats; ++i) {
            if (job().stopRequested()) {
                return cancelledError();
            }
            const auto start = Clock::now();
            if (Status done = once(); !done) {
                return done.error();
            }
            if (i > 0) {
                ms.push_back(millisecondsSince(start));
            }
        }
        return timingOf(std::move(ms));
    }

    /// Measures one line of the report and puts it under `key`. tokens 0: no rate.
    Status part(Json& target, const std::string& key, const std::string& label, std::int64_t tokens,
                const std::function<Status()>& once)
    {
        Result<Timing> timing = measure(once);
        if (!timing) {
            return timing.error();
        }
        report(target, key, label, tokens, *timing);
        return Unit {};
    }

    void report(Json& target, const std::string& key, const std::string& label, std::int64_t tokens,
                const Timing& timing)
    {
        target[key] = timingJson(timing);
        std::string rate;
        if (tokens > 0 && timing.medianMs > 0.0) {
            const double perSecond = static_cast<double>(tokens) / timing.medianMs * 1e3;
            target[key]["tokens_per_s"] = perSecond;
            rate = fmt::format("{:.0f}", perSecond);
        }
        m_table.addRow({ label, secondsText(timing.medianMs / 1e3), secondsText(timing.minMs / 1e3),
                         secondsText(timing.maxMs / 1e3), rate });
    }

    Status loading()
    {
        Result<LoadOptions> load = loadOptions(m_context.options);
        if (!load) {
            return load.error();
        }
        const Stage stage(m_context.console, "Loading the model", "bytes");
        return part(m_json, "load", "load the model", 0, [&]() -> Status {
            m_model.reset();
            Result<std::shared_ptr<const Model>> model = loadModel(m_context.options.model, *load, job());
            if (!model) {
                return model.error();
            }
            m_model = *model;
            m_context.debug(fmt::format("Loaded \"{}\".", m_model->overview().name));
            return Unit {};
        });
    }

    Status tokenising()
    {
        Result<TextSource> text = readTextSource(m_context.options.text);
        if (!text) {
            return text.error();
        }
        Result<std::shared_ptr<const TokenWindows>> first = makeWindows(m_context, *text);
        if (!first) {
            return first.error();
        }
        m_windows = *first;
        const Stage stage(m_context.console, "Tokenising", "bytes");
        std::shared_ptr<const Tokenizer> tokenizer;
        Status loaded = part(m_json, "tokenizer_load", "load the tokenizer", 0, [&]() -> Status {
            Result<std::shared_ptr<const Tokenizer>> again = Tokenizer::load(m_context.options.model);
            if (!again) {
                return again.error();
            }
            tokenizer = *again;
            return Unit {};
        });
        if (!loaded) {
            return loaded;
        }
        return part(m_json, "tokenise", "tokenise the windows",
                    std::int64_t { m_windows->count } * m_windows->length, [&]() -> Status {
                        Result<TokenWindows> windows
                            = makeTokenWindows(*tokenizer, *text, m_windows->options, job());
                        if (!windows) {
                            return windows.error();
                        }
                        return Unit {};
                    });
    }

    Status scoring()
    {
        const Stage stage(m_context.console, "Scoring", "windows");
        const std::int64_t tokens = std::int64_t { m_windows->count } * m_windows->length;
        return part(m_json, "evaluate", "perplexity of all windows", tokens, [&]() -> Status {
            Result<std::shared_ptr<const PerplexityEstimate>> estimate
                = evaluatePerplexity(*m_model, *m_windows, nullptr, {}, job());
            if (!estimate) {
                return estimate.error();
            }
            m_json["perplexity"] = (*estimate)->perplexity();
            return Unit {};
        });
    }

    /// A forward of up to 2048 tokens with and without the head, and the blocks with each form of the
    /// recurrence.
    Status forwardParts()
    {
        const Stage stage(m_context.console, "Parts of the forward pass", "layers");
        const std::int64_t batch = std::clamp<std::int64_t>(2048 / m_windows->length, 1, m_windows->count);
        const std::int64_t tokens = batch * m_windows->length;
        const std::span<const std::int64_t> ids
            = std::span(m_windows->ids).first(static_cast<std::size_t>(tokens));
        const auto forward = [&](RecurrenceForm form, bool withLogits) {
            return [&, form, withLogits]() -> Status {
                ForwardRequest request;
                request.form = form;
                request.logits = withLogits;
                Result<ForwardOutput> output
                    = runForward(*m_model, ids, batch, m_windows->length, request, job());
                if (!output) {
                    return output.error();
                }
                return Unit {};
            };
        };
        Json parts;
        parts["batch"] = batch;
        const std::string size = fmt::format("{} x {}", batch, m_windows->length);
        struct Form {
            const char* name;
            RecurrenceForm form;
        };
        Status done
            = part(parts, "blocks", "all blocks, " + size, tokens, forward(RecurrenceForm::Automatic, false));
        if (done) {
            done = part(parts, "logits", "all blocks and logits, " + size, tokens,
                        forward(RecurrenceForm::Automatic, true));
        }
        for (const Form& form :
             { Form { "chunk", RecurrenceForm::Chunk }, Form { "kernel", RecurrenceForm::Kernel } }) {
            // The kernel keeps its states in fp32.
            const bool possible = form.form != RecurrenceForm::Kernel || m_model->dtype() != DType::F64;
            if (done && possible) {
                done = part(parts, fmt::format("blocks_{}", form.name),
                            fmt::format("all blocks, {} form", form.name), tokens, forward(form.form, false));
            }
        }
        if (done) {
            parts["head_ms"]
                = parts["logits"]["median_ms"].get<double>() - parts["blocks"]["median_ms"].get<double>();
            m_json["forward"] = std::move(parts);
        }
        return done;
    }

    /// Half of the key channels of one layer: time to the first and to the final perplexity.
    Status liveEdits()
    {
        const Stage stage(m_context.console, "Live edits", "windows");
        LiveEvaluator live(m_model, m_windows);
        const auto start = Clock::now();
        if (auto baseline = live.baseline({}, job()); !baseline) {
            return baseline.error();
        }
        m_json["live"]["baseline_ms"] = millisecondsSince(start);
        m_json["live"]["cache_bytes"] = live.cacheBytes();
        m_json["live"]["layers"] = Json::array();
        for (int layer = 0; layer < m_model->spec().layerCount(); ++layer) {
            if (!m_model->spec().layers[static_cast<std::size_t>(layer)].prunable()) {
                continue;
            }
            if (Status done = liveEdit(live, layer); !done) {
                return done;
            }
        }
        return Unit {};
    }

    Status liveEdit(LiveEvaluator& live, int layer)
    {
        PruningPlan plan = keepAllPlan(m_model->spec());
        LayerPlan& edited = plan.layers[static_cast<std::size_t>(layer)];
        edited.keptKeyDims = std::max(1, edited.keyDims / 2);
        for (std::vector<int>& head : edited.kept) {
            head.resize(static_cast<std::size_t>(edited.keptKeyDims));
        }
        std::vector<double> firstMs;
        Result<Timing> final = measure([&]() -> Status {
            const auto start = Clock::now();
            std::optional<double> first;
            const PartialEstimate partial = [&](const std::shared_ptr<const PerplexityEstimate>&) {
                if (!first) {
                    first = millisecondsSince(start);
                }
            };
            if (auto candidate = live.candidate(plan, partial, job()); !candidate) {
                return candidate.error();
            }
            firstMs.push_back(first.value_or(millisecondsSince(start)));
            return Unit {};
        });
        if (!final) {
            return final.error();
        }
        firstMs.erase(firstMs.begin());
        Json entry { { "index", layer } };
        report(entry, "first", fmt::format("edit layer {}: first number", layer), 0,
               timingOf(std::move(firstMs)));
        report(entry, "final", fmt::format("edit layer {}: final number", layer), 0, *final);
        m_json["live"]["layers"].push_back(std::move(entry));
        return Unit {};
    }

    CommandContext& m_context;
    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const TokenWindows> m_windows;
    Json m_json = Json::object();
    TextTable m_table;
};

} // namespace

Result<CommandResult> runBenchmark(CommandContext& context)
{
    return Benchmark(context).run();
}

} // namespace rankscope::cli
