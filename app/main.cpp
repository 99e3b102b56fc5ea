// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.h"
#include "app/application_display.h"
#include "app/log_sinks.h"
#include "core/base/device.h"
#include "ui/jobs/stall_watchdog.h"
#include "ui/theme/flat_style.h"
#include "ui/theme/icon_tint.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFontDatabase>
#include <QIcon>
#include <QThread>

#include <csignal>
#include <cstdio>
#include <optional>

using namespace Qt::StringLiterals;

namespace {

void forwardQtMessage(QtMsgType type, const QMessageLogContext& context, const QString& text)
{
    if (rankscope::swallowDisplayMessage(type, context, text)) {
        return;
    }
    const int level = type == QtDebugMsg ? 1 : type == QtInfoMsg ? 2 : type == QtWarningMsg ? 3 : 4;
    rankscope::logUi(level, text.toStdString());
}

/// Without a desktop Qt falls back to a wide font; prefer a text face where one is installed.
void preferTextFace()
{
    QFont font = QApplication::font();
    const QString family = font.family();
    if (family.compare(u"Sans Serif"_s, Qt::CaseInsensitive) != 0
        && family.compare(u"Sans"_s, Qt::CaseInsensitive) != 0 && !family.startsWith(u"DejaVu"_s)) {
        return;
    }
    for (const QString& wanted : { u"Inter"_s, u"Noto Sans"_s, u"Cantarell"_s }) {
        if (QFontDatabase::hasFamily(wanted)) {
            font.setFamilies({ wanted });
            QApplication::setFont(font);
            return;
        }
    }
}

/// A whole number from `least` on; without one a sentence about `option`, and nothing.
std::optional<int> numberIn(const QString& text, int least, const char* option)
{
    bool whole = false;
    const int number = text.toInt(&whole);
    if (whole && number >= least) {
        return number;
    }
    std::fprintf(stderr, "%s takes whole numbers from %d on, not \"%s\".\n", option, least,
                 qUtf8Printable(text));
    return std::nullopt;
}

/// A word that is none of those an option knows is a sentence.
bool isOneOf(const QString& word, const QStringList& known, const char* option)
{
    if (word.isEmpty() || known.contains(word)) {
        return true;
    }
    std::fprintf(stderr, "%s takes %s, not \"%s\".\n", option, qUtf8Printable(known.join(u", "_s)),
                 qUtf8Printable(word));
    return false;
}

bool parse(const QStringList& arguments, rankscope::StartOptions& options)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(u"Rankscope: a workbench for the state of linear-attention models."_s);
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(u"folder"_s, u"checkpoint folder to open; the bundled demo without one"_s,
                                 u"[folder]"_s);
    const QCommandLineOption plan(u"plan"_s, u"plan to load once the model is open"_s, u"file"_s);
    const QCommandLineOption theme(u"theme"_s, u"system, light or dark"_s, u"name"_s);
    const QCommandLineOption screenshot(
        u"screenshot"_s, u"write a picture of the window when all numbers are final, and quit"_s,
        u"file.png"_s);
    const QCommandLineOption pictures(
        u"pictures"_s,
        u"write pictures of every view and dialog in both themes, or in that of --theme, when all numbers "
        u"are final, and quit"_s,
        u"folder"_s);
    const QCommandLineOption size(
        u"size"_s, u"size of the window; repeated: with --pictures, one after the other"_s, u"WxH"_s);
    const QCommandLineOption kept(
        u"kept"_s, u"kept dims per layer to start with; repeated: one plan after the other"_s, u"48,40,…"_s);
    const QCommandLineOption layer(u"layer"_s, u"layer to select"_s, u"index"_s);
    const QCommandLineOption head(u"head"_s, u"head to select"_s, u"index"_s);
    const QCommandLineOption dialog(u"dialog"_s, u"export: the picture shows that dialog"_s, u"name"_s);
    const QCommandLineOption target(
        u"target"_s, u"with --dialog export: a folder to export into before the picture"_s, u"folder"_s);
    const QCommandLineOption moment(
        u"moment"_s,
        u"with --screenshot: take the picture not at the end but while the model is \"loading\", the last "
        u"plan's number is \"stale\" or \"partial\", after it was \"stopped\", or while the dialog that was "
        u"asked for is \"writing\" or \"verifying\""_s,
        u"name"_s);
    const QCommandLineOption text(u"text"_s, u"text to score on; that of the demo without one"_s, u"file"_s);
    const QCommandLineOption empty(u"empty"_s, u"open no model"_s);
    const QCommandLineOption run(
        u"run"_s,
        u"action to trigger once all numbers are final, by its id; may be repeated; \"list\" prints all ids"_s,
        u"id"_s);
    const QCommandLineOption benchmark(
        u"benchmark"_s, u"drive the window as a user would, print reaction times and stalls, and quit"_s);
    const QCommandLineOption json(u"json"_s, u"with --benchmark: one JSON object instead of a table"_s);
    const QCommandLineOption repeats(u"repeats"_s, u"with --benchmark: measurements of every edit"_s,
                                     u"count"_s, u"3"_s);
    const QCommandLineOption device(u"device"_s, u"cpu, cuda or cuda:N"_s, u"name"_s);
    parser.addOptions({ dialog, target, moment, text, empty, run, plan, theme, screenshot, pictures, size,
                        kept, layer, head, benchmark, json, repeats, device });
    parser.process(arguments);
    if (parser.positionalArguments().size() > 1) {
        std::fprintf(stderr, "Give one checkpoint folder at most.\n");
        return false;
    }
    options.folder = parser.positionalArguments().value(0);
    options.planFile = parser.value(plan);
    options.theme = parser.value(theme);
    options.dialog = parser.value(dialog);
    options.target = parser.value(target);
    options.moment = parser.value(moment);
    options.text = parser.value(text);
    options.empty = parser.isSet(empty);
    if (parser.isSet(moment)
        && (!QStringList { u"loading"_s, u"stale"_s, u"partial"_s, u"stopped"_s, u"writing"_s,
                           u"verifying"_s }
                 .contains(options.moment)
            || !parser.isSet(screenshot))) {
        std::fprintf(stderr,
                     "--moment takes loading, stale, partial, stopped, writing or verifying, together with "
                     "--screenshot.\n");
        return false;
    }
    if ((options.moment == u"writing"_s || options.moment == u"verifying"_s)
        && (options.dialog != u"export"_s || options.target.isEmpty())) {
        std::fprintf(stderr, "--moment %s takes --dialog export and --target, too.\n",
                     qUtf8Printable(options.moment));
        return false;
    }
    options.screenshot = parser.value(screenshot);
    options.pictures = parser.value(pictures);
    options.actions = parser.values(run);
    options.listActions = options.actions.contains(u"list"_s);
    options.benchmark = parser.isSet(benchmark);
    options.json = parser.isSet(json);
    options.freshSettings
        = parser.isSet(screenshot) || parser.isSet(pictures) || options.benchmark || options.listActions;
    if (parser.isSet(device)) {
        const rankscope::Result<rankscope::Device> wanted
            = rankscope::deviceFromString(parser.value(device).toStdString());
        if (!wanted) {
            std::fprintf(stderr, "%s\n", wanted.error().message.c_str());
            return false;
        }
        options.device = *wanted;
    }
    for (const QString& wanted : parser.values(size)) {
        const QStringList parts = wanted.split(u'x');
        options.sizes << QSize(parts.value(0).toInt(), parts.value(1).toInt());
        if (parts.size() != 2 || options.sizes.back().isEmpty()) {
            std::fprintf(stderr, "--size takes a width and a height, such as 1440x900.\n");
            return false;
        }
    }
    for (const QString& counts : parser.values(kept)) {
        std::vector<int>& perLayer = options.kept.emplace_back();
        for (const QString& part : counts.split(u',')) {
            const std::optional<int> count = numberIn(part, 1, "--kept");
            if (!count) {
                return false;
            }
            perLayer.push_back(*count);
        }
    }
    const auto take = [&parser](const QCommandLineOption& option, int least, int& to) {
        const QString name = u"--"_s + option.names().constFirst();
        const std::optional<int> number = parser.isSet(option)
            ? numberIn(parser.value(option), least, qUtf8Printable(name))
            : std::optional(to);
        to = number.value_or(to);
        return number.has_value();
    };
    return take(layer, 0, options.layer) && take(head, 0, options.head) && take(repeats, 1, options.repeats)
        && isOneOf(options.theme, { u"system"_s, u"light"_s, u"dark"_s }, "--theme")
        && isOneOf(options.dialog, { u"export"_s }, "--dialog");
}

} // namespace

int main(int argc, char** argv)
{
    if (!rankscope::chooseDisplay(argc, argv)) {
        return 2;
    }
    const auto log = std::make_shared<rankscope::LogQueue>();
    rankscope::installLogSinks(log);
    qInstallMessageHandler(forwardQtMessage);
    rankscope::WatchedApplication application(argc, argv);
    QApplication::setApplicationName(u"rankscope"_s);
    QApplication::setApplicationVersion(QStringLiteral(RANKSCOPE_VERSION));
    QApplication::setStyle(new rankscope::FlatStyle);
    QApplication::setWindowIcon(rankscope::applicationIcon());
    preferTextFace();
    rankscope::StartOptions options;
    if (!parse(QApplication::arguments(), options)) {
        return 2;
    }
    // The engine lane and the window share the cores: one is left to the window where there are more than
    // two.
    const int cores = QThread::idealThreadCount();
    rankscope::setEngineThreads(cores > 2 ? cores - 1 : cores);
    int code = 0;
    {
#ifdef NDEBUG
        const bool watched = options.benchmark || qEnvironmentVariableIsSet("RANKSCOPE_WATCHDOG");
#else
        const bool watched = true;
#endif
        rankscope::StallWatchdog watchdog;
        if (watched) {
            application.setWatchdog(&watchdog);
        }
        rankscope::Application window(std::move(options), log, watchdog);
        window.start();
        code = QApplication::exec();
        application.setWatchdog(nullptr);
    }
    qInstallMessageHandler(nullptr);
    return code;
}
