// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDebug>
#include <QImage>
#include <QObject>
#include <QPaintEvent>
#include <QPixmap>
#include <QRegion>
#include <QScreen>
#include <QTest>
#include <QWidget>

#include <utility>

namespace rankscope::test {

/// What of a widget is painted.
class PaintSpy : public QObject {
public:
    explicit PaintSpy(QWidget& widget) { widget.installEventFilter(this); }

    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() == QEvent::Paint) {
            m_painted += static_cast<QPaintEvent*>(event)->region();
        }
        return false;
    }

    /// Waits until all of `least` has been painted; false when something outside `most` was painted, too.
    [[nodiscard]] bool paints(const QRegion& least, const QRegion& most)
    {
        const bool done = QTest::qWaitFor([&] { return least.subtracted(m_painted).isEmpty(); });
        const QRegion painted = std::exchange(m_painted, {});
        if (!done || !painted.subtracted(most).isEmpty()) {
            qWarning() << "painted" << painted << "instead of" << least << "to" << most;
            return false;
        }
        return true;
    }

private:
    QRegion m_painted;
};

/// Whether what repaints of parts have left on the screen is what painting all of it would draw. `window`: a
/// top-level widget.
[[nodiscard]] inline bool screenIsUpToDate(QWidget& window)
{
    return QTest::qWaitFor([&] {
        const QImage shown = window.screen()->grabWindow(window.winId()).toImage();
        const QImage drawn = window.grab().toImage();
        return shown.size() == drawn.size()
            && shown.convertToFormat(QImage::Format_RGB32) == drawn.convertToFormat(QImage::Format_RGB32);
    });
}

} // namespace rankscope::test
