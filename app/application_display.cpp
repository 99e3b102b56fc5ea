// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application_display.h"

#include <QGuiApplication>
#include <QString>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// As of a command line that cannot be carried out.
constexpr int kNoDisplayCode = 2;

enum class Need { Window, Picture, Text };

/// Before anything is parsed, since parsing needs the application object; "--name=value" counts as "--name".
Need needOf(int argc, const char* const* argv)
{
    static constexpr std::array<std::string_view, 5> kText { "-h", "--help", "--help-all", "-v",
                                                             "--version" };
    static constexpr std::array<std::string_view, 3> kPicture { "--screenshot", "--pictures", "--benchmark" };
    Need need = Need::Window;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        const std::string_view name = argument.substr(0, argument.find('='));
        const bool list = argument == "--run=list"
            || (argument == "--run" && i + 1 < argc && std::strcmp(argv[i + 1], "list") == 0);
        if (list || std::find(kText.begin(), kText.end(), name) != kText.end()) {
            return Need::Text;
        }
        if (std::find(kPicture.begin(), kPicture.end(), name) != kPicture.end()) {
            need = Need::Picture;
        }
    }
    return need;
}

void sayNoDisplay()
{
    const QByteArray display = qgetenv("DISPLAY") + qgetenv("WAYLAND_DISPLAY");
    std::fprintf(stderr,
                 "rankscope: no window can open, because %s%s; --screenshot and --benchmark work without a "
                 "display, and so does rankscope-cli.\n",
                 display.isEmpty() ? "there is no display (DISPLAY and WAYLAND_DISPLAY are empty)"
                                   : "the display does not answer: ",
                 display.constData());
}

} // namespace

bool chooseDisplay(int argc, const char* const* argv)
{
    if (!qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
        return true;
    }
    const Need need = needOf(argc, argv);
    const bool display
        = !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY");
    if (need == Need::Text || (need == Need::Picture && !display)) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        return true;
    }
    if (!display) {
        sayNoDisplay();
    }
    return display;
}

bool swallowDisplayMessage(QtMsgType type, const QMessageLogContext& context, const QString& text)
{
    if (type == QtFatalMsg && text.contains(u"platform plugin"_s)) {
        sayNoDisplay();
        std::fflush(stderr);
        std::_Exit(kNoDisplayCode);
    }
    const bool starting = QGuiApplication::platformName().isEmpty();
    if (starting && context.category != nullptr && std::strncmp(context.category, "qt.qpa", 6) == 0) {
        return true;
    }
    return (QGuiApplication::platformName() == u"offscreen"_s
            && text.startsWith(u"This plugin does not support"_s))
        || text.startsWith(u"QStandardPaths: XDG_RUNTIME_DIR not set"_s); // as over ssh: Qt makes one
}

} // namespace rankscope
