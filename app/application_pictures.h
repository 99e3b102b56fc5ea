// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/main_window.h"

#include <QList>
#include <QSize>
#include <QString>

#include <functional>

namespace rankscope {

struct PictureOptions {
    QString folder; ///< made if it is not there
    QString theme; ///< empty: light and dark
    QList<QSize> sizes; ///< of the window; empty: as it is
};

/// Writes pictures of the window with every view in front once, and of its dialogs, in every theme and size:
/// THEME-WxH[@2x]-SCENE.png. `settled` says that no number will change any more. Runs the event loop. The
/// exit code: 0, or 1 when a picture could not be taken or written.
[[nodiscard]] int takePictures(const PictureOptions& options, const WindowServices& services,
                               MainWindow& window, const std::function<bool()>& settled);

} // namespace rankscope
