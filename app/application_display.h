// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

class QMessageLogContext;
class QString;

namespace rankscope {

/// Before the application object is made: with none of DISPLAY, WAYLAND_DISPLAY and QT_QPA_PLATFORM, what
/// needs no screen (help, pictures, benchmark) is drawn offscreen. False, with a sentence on stderr, when a
/// window is wanted and there is no display.
[[nodiscard]] bool chooseDisplay(int argc, const char* const* argv);

/// True for what Qt says about a display that cannot be had, or where there is no desktop session, and for
/// the offscreen platform's complaints about what it cannot do: nobody needs to read it. When no platform is
/// left, ends the program with our own sentence instead of an abort.
[[nodiscard]] bool swallowDisplayMessage(QtMsgType type, const QMessageLogContext& context,
                                         const QString& text);

} // namespace rankscope
