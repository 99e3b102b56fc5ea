// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/resize_once.h"

#include "ui/plots/qcp.h"

#include <QEvent>

namespace rankscope {

namespace {

class ResizeOnce : public QObject {
public:
    explicit ResizeOnce(QCustomPlot& plot)
        : QObject(&plot)
        , m_plot(plot)
    {
        plot.installEventFilter(this);
    }

    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (watched != &m_plot) {
            return false;
        }
        if (event->type() == QEvent::Resize) {
            m_plot.setViewport(m_plot.rect());
            m_resized = true;
            m_plot.update();
            return true; // the plot's own handler would draw at once
        }
        if (event->type() == QEvent::Paint && m_resized) {
            m_resized = false;
            m_plot.replot(QCustomPlot::rpQueuedRefresh); // draws the buffers that are painted next
        }
        return false;
    }

private:
    QCustomPlot& m_plot;
    bool m_resized = false;
};

} // namespace

void drawResizedOnce(QCustomPlot& plot)
{
    for (const QObject* child : plot.children()) {
        if (dynamic_cast<const ResizeOnce*>(child) != nullptr) {
            return;
        }
    }
    new ResizeOnce(plot);
}

} // namespace rankscope
