// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/command_line.h"

#include "core/pruning/method_registry.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rankscope::cli {

namespace {

constexpr const char* kFooter = "Results go to stdout: a table, or with --json exactly one JSON object. "
                                "Progress and log go to stderr.\n"
                                "A failure is one sentence on stderr; with --json also {\"error\": "
                                "{\"code\", \"message\", \"context\"}} on "
                                "stdout.\n"
                                "Exit codes: 0 done, 1 our own fault, 2 wrong use, 3 bad input, 4 "
                                "verification failed, 5 device or memory,\n"
                                "130 cancelled. Ctrl+C stops within a second and leaves no half file.";

void addCommon(CLI::App& command, CommandOptions& options)
{
    command.add_flag("--json", options.json, "One JSON object on stdout instead of a table");
    command.add_option("--threads", options.threads, "CPU threads (0: the library's choice)")
        ->check(CLI::Range(0, 4096));
    command.add_flag("-q,--quiet", options.quiet, "No progress; only warnings and errors on stderr");
    command.add_flag("-v,--verbose", options.verbose, "Details of errors and steps on stderr");
    command.footer(kFooter);
}

void addModel(CLI::App& command, CommandOptions& options, const char* what = "Checkpoint folder")
{
    command.add_option("MODEL", options.model, what)->required();
}

void addSeed(CLI::App& command, CommandOptions& options)
{
    command.add_option("--seed", options.seed, "Seed of everything random")->capture_default_str();
}

void addDevice(CLI::App& command, CommandOptions& options)
{
    command.add_option("--device", options.device, "cpu, cuda or cuda:N")->capture_default_str();
    command
        .add_option("--dtype", options.dtype, "fp64, fp32 or bf16 (default: fp32 on the CPU, bf16 on a GPU)")
        ->check(CLI::IsMember({ "fp64", "fp32", "bf16" }));
    addSeed(command, options);
}

void addWindows(CLI::App& command, CommandOptions& options)
{
    command
        .add_option("--windows", options.windows,
                    "Only the first N windows (default: all of the text; the window of "
                    "Rankscope takes 32, and 4 for spectra)")
        ->check(CLI::Range(1, 1 << 30));
    command.add_option("--length", options.length, "Tokens per window")
        ->capture_default_str()
        ->check(CLI::Range(2, 1 << 24));
    command.add_flag("--bos", options.bos, "Begin every window with the BOS token");
    command.add_option("--piece-lines", options.pieceLines, "Lines of text that become tokens together")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 30));
}

void addPlan(CLI::App& command, CommandOptions& options, const char* what)
{
    command.add_option("--plan", options.plan, what);
}

std::string methodNames()
{
    std::string names;
    for (const MethodInfo& method : pruningMethods()) {
        names += (names.empty() ? "" : ", ") + std::string(method.id);
    }
    return names;
}

void addForward(CLI::App& app, CommandOptions& options)
{
    CLI::App& command
        = *app.add_subcommand("forward", "Run token ids through the model and write the logits");
    addModel(command, options);
    command
        .add_option("--ids", options.ids,
                    "Token ids: a safetensors FILE with int64 [B, T] under the key input_ids, or FILE:key")
        ->required();
    command.add_option("-o,--output", options.output, "safetensors file to write (replaced if there)")
        ->required();
    command.add_flag("--hidden", options.hidden, "Also hidden.{i} [B, T, D]: embedding, then every block");
    command.add_flag("--states", options.states, "Also state.{layer} [B, HV, Dk, Dv] after the last token");
    command
        .add_option("--form", options.form, "How the recurrence is computed: auto, token, chunk or kernel")
        ->capture_default_str()
        ->check(CLI::IsMember({ "auto", "token", "chunk", "kernel" }));
    addPlan(command, options, "Mask the model by this plan or recipe");
    addDevice(command, options);
    addCommon(command, options);
}

void addEvaluate(CLI::App& app, CommandOptions& options)
{
    CLI::App& command = *app.add_subcommand("evaluate", "Perplexity on a text, dense or masked by a plan");
    addModel(command, options);
    command.add_option("--text", options.text, "UTF-8 text file")->required();
    addPlan(command, options, "Compare with the model masked by this plan or recipe");
    command
        .add_option(
            "--tokens", options.tokens,
            "safetensors file to write (replaced if there): NLL of both models, KL and top-1 agreement "
            "at every token; adds kl and top1 to the result")
        ->needs("--plan");
    addWindows(command, options);
    addDevice(command, options);
    addCommon(command, options);
}

void addAnalyze(CLI::App& app, CommandOptions& options)
{
    CLI::App& command = *app.add_subcommand("analyze", "Singular values and ranks of the state over a text");
    addModel(command, options);
    command.add_option("--text", options.text, "UTF-8 text file")->required();
    command.add_option("-o,--output", options.output,
                       "safetensors file to write (replaced if there); without it only the summary");
    command.add_option("--every", options.every, "Look at the state after K, 2 K, ... tokens")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 24));
    addPlan(command, options, "Analyse the model masked by this plan or recipe");
    addWindows(command, options);
    addDevice(command, options);
    addCommon(command, options);
}

/// What the window's equaliser and importance view do by hand.
void addEdits(CLI::App& command, CommandOptions& options)
{
    const auto add
        = [&command](const char* name, std::vector<std::string>& values, const char* form, const char* what) {
              command.add_option(name, values, what)
                  ->delimiter(',')
                  ->allow_extra_args(false)
                  ->option_text(form)
                  ->group("By hand (several with commas; layers, heads and channels count from 0)");
          };
    add("--layers-kept", options.layersKept, "LAYER:COUNT",
        "Key channels that stay in every head of a layer");
    add("--heads-kept", options.headsKept, "LAYER:HEAD:COUNT",
        "Fewer key channels in one head than in its layer; saves no memory");
    add("--heads-off", options.headsOff, "LAYER:HEAD", "Switch a head off: it keeps no channel");
    add("--force-in", options.forcedIn, "LAYER:HEAD:CHANNEL",
        "A channel that stays whatever the method says");
    add("--force-out", options.forcedOut, "LAYER:HEAD:CHANNEL", "A channel that goes");
}

void addPlanCommand(CLI::App& app, CommandOptions& options)
{
    CLI::App& command = *app.add_subcommand("plan", "Select the key channels that stay and write a plan");
    addModel(command, options);
    command.add_option("--method", options.method, fmt::format("Selection method: {}", methodNames()))
        ->required();
    CLI::Option_group& size = *command.add_option_group("size", "How much stays: one of");
    size.add_option("--ratio", options.ratio, "Fraction of the key channels to remove, 0..1")
        ->check(CLI::Range(0.0, 1.0));
    size.add_option("--kept", options.kept, "Key channels that stay in every head")
        ->check(CLI::Range(1, 1 << 20));
    size.add_option("--state-bytes", options.stateBytes, "Largest fp32 state of one sequence, in bytes")
        ->check(CLI::Range(std::int64_t { 1 }, std::int64_t { 1 } << 60));
    size.require_option(1);
    command.add_option("--calibration", options.calibration, "UTF-8 text that the method may see");
    addEdits(command, options);
    command.add_option("-o,--output", options.output, "Plan file to write (replaced if there)")->required();
    addWindows(command, options);
    addDevice(command, options);
    addCommon(command, options);
}

void addExport(CLI::App& app, CommandOptions& options)
{
    CLI::App& command = *app.add_subcommand("export", "Write the pruned checkpoint and verify it");
    addModel(command, options);
    command.add_option("--plan", options.plan, "Plan or recipe to carry out")->required();
    command
        .add_option("--mode", options.mode,
                    "uniform (stock loaders), per-layer (trust_remote_code) or zero-filled (same size)")
        ->required()
        ->check(CLI::IsMember({ "uniform", "per-layer", "zero-filled" }));
    command.add_option("-o,--output", options.output, "Folder to create")->required();
    command.add_flag("--overwrite", options.overwrite, "Replace the folder if it is there");
    command.add_flag("!--no-verify", options.verify, "Do not reopen and compare the result");
    command.add_option("--shard-bytes", options.shardBytes, "Weights beyond this are split over files")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t { 1 }, std::int64_t { 1 } << 60));
    command.add_option("--verify-tokens", options.verifyTokens, "Length of the sequences that are compared")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 20));
    command.add_option("--text", options.text, "Measure perplexity on this text for the model card");
    addWindows(command, options);
    addDevice(command, options);
    addCommon(command, options);
}

void addVerify(CLI::App& app, CommandOptions& options)
{
    CLI::App& command
        = *app.add_subcommand("verify", "Reopen an export in a fresh process, compare with the masked model");
    command.add_option("DIR", options.model, "Exported folder")->required();
    command.add_option("--against", options.against, "Checkpoint that was pruned")->required();
    addPlan(command, options, "Plan or recipe (default: the recipe in DIR)");
    command.add_option("--verify-tokens", options.verifyTokens, "Length of the sequences that are compared")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 20));
    addSeed(command, options);
    addCommon(command, options);
}

void addSensitivity(CLI::App& app, CommandOptions& options)
{
    CLI::App& command = *app.add_subcommand(
        "sensitivity",
        "What each layer costs alone: as a --plan cuts it, and a curve over a few sizes with --method");
    addModel(command, options);
    command.add_option("--text", options.text, "UTF-8 text file")->required();
    addPlan(command, options, "Measure every layer of this plan or recipe alone, over all windows");
    command.add_option("--method", options.method,
                       fmt::format("Measure a curve per layer as this method selects: {}", methodNames()));
    command.add_option("--calibration", options.calibration, "UTF-8 text that the method may see");
    command.add_option("--shares", options.shares, "Sizes of the curves: fractions of Dk that stay")
        ->delimiter(',')
        ->capture_default_str();
    command.add_option("--sample-windows", options.sampleWindows, "Windows of the curves")
        ->capture_default_str()
        ->check(CLI::Range(1, 1 << 30));
    addWindows(command, options);
    addDevice(command, options);
    addCommon(command, options);
}

void addBenchmark(CLI::App& app, CommandOptions& options)
{
    CLI::App& command = *app.add_subcommand("benchmark", "Measure loading, scoring and live edits (medians)");
    addModel(command, options);
    command.add_option("--text", options.text, "UTF-8 text file")->required();
    command.add_option("--repeats", options.repeats, "Measured runs of each part, after one to warm up")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    addWindows(command, options);
    addDevice(command, options);
    addCommon(command, options);
}

Command commandOf(const CLI::App& app)
{
    static constexpr std::pair<std::string_view, Command> kNames[] = {
        { "inspect", Command::Inspect },         { "models", Command::Models },
        { "forward", Command::Forward },         { "evaluate", Command::Evaluate },
        { "analyze", Command::Analyze },         { "plan", Command::Plan },
        { "export", Command::Export },           { "verify", Command::Verify },
        { "sensitivity", Command::Sensitivity }, { "benchmark", Command::Benchmark },
    };
    const std::string chosen = app.get_subcommands().front()->get_name();
    return std::find_if(std::begin(kNames), std::end(kNames),
                        [&](const auto& entry) { return entry.first == chosen; })
        ->second;
}

} // namespace

std::variant<CommandOptions, NothingToRun> parseCommandLine(int argc, const char* const* argv)
{
    CommandOptions options;
    CLI::App app { "Rankscope, headless: inspect, evaluate and prune the state of linear-attention models",
                   "rankscope-cli" };
    app.set_version_flag("--version", "rankscope-cli " RANKSCOPE_VERSION);
    app.require_subcommand(1);
    app.footer(kFooter);
    CLI::App& inspect = *app.add_subcommand("inspect", "Describe a checkpoint from its headers and config");
    addModel(inspect, options);
    addCommon(inspect, options);
    addCommon(*app.add_subcommand("models", "List the models in the local Hugging Face cache"), options);
    addForward(app, options);
    addEvaluate(app, options);
    addAnalyze(app, options);
    addPlanCommand(app, options);
    addExport(app, options);
    addVerify(app, options);
    addSensitivity(app, options);
    addBenchmark(app, options);

    const bool json = std::any_of(argv, argv + argc, [](std::string_view a) { return a == "--json"; });
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return NothingToRun { 0, app.help(), json };
    } catch (const CLI::CallForAllHelp&) {
        return NothingToRun { 0, app.help("", CLI::AppFormatMode::All), json };
    } catch (const CLI::CallForVersion& version) {
        return NothingToRun { 0, version.what() + std::string("\n"), json };
    } catch (const CLI::Error& mistake) {
        std::string where = "rankscope-cli";
        if (!app.get_subcommands().empty()) {
            where += " " + app.get_subcommands().front()->get_name();
        }
        std::string what = mistake.what();
        if (app.get_subcommands().empty() && mistake.get_name() == "RequiredError") {
            what = argc > 1 && argv[1][0] != '-' ? fmt::format("There is no command \"{}\"", argv[1])
                                                 : "A command is missing";
        }
        while (!what.empty() && (what.back() == '\n' || what.back() == '.')) {
            what.pop_back();
        }
        return NothingToRun { 2, fmt::format("{}; \"{} --help\" lists what is possible.", what, where),
                              json };
    }
    options.command = commandOf(app);
    return options;
}

} // namespace rankscope::cli
