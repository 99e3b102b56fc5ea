// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/draw_once.h"

#include "ui/plots/qcp.h"

#include <QEvent>
#include <QStringList>

#include <utility>

namespace rankscope {

namespace {

class DrawOnce : public QObject {
public:
    explicit DrawOnce(QCustomPlot& plot)
        : QObject(&plot)
        , m_plot(plot)
    {
        plot.installEventFilter(this);
    }

    static DrawOnce& of(QCustomPlot& plot)
    {
        for (QObject* child : plot.children()) {
            if (auto* found = dynamic_cast<DrawOnce*>(child)) {
                return *found;
            }
        }
        return *new DrawOnce(plot);
    }

    void drawLayer(const QString& layer)
    {
        if (!m_layers.contains(layer)) {
            m_layers << layer;
        }
        m_plot.update();
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
        if (event->type() == QEvent::Paint && (m_resized || !m_layers.isEmpty())) {
            // This draws buffers that are painted right after; the update that it asks for is this one.
            m_plot.setAttribute(Qt::WA_UpdatesDisabled, true);
            if (m_resized) {
                m_plot.replot(QCustomPlot::rpQueuedRefresh);
            } else {
                for (const QString& layer : std::as_const(m_layers)) {
                    m_plot.layer(layer)->replot();
                }
            }
            m_plot.setAttribute(Qt::WA_UpdatesDisabled, false);
            m_resized = false;
            m_layers.clear();
        }
        return false;
    }

private:
    QCustomPlot& m_plot;
    bool m_resized = false;
    QStringList m_layers; ///< to be drawn
};

} // namespace

void drawResizedOnce(QCustomPlot& plot)
{
    DrawOnce::of(plot);
}

void drawLayerOnce(QCustomPlot& plot, const QString& layer)
{
    DrawOnce::of(plot).drawLayer(layer);
}

void drawOverlayOnce(QCustomPlot& plot)
{
    drawLayerOnce(plot, QStringLiteral("overlay"));
}

} // namespace rankscope
