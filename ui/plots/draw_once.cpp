// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/draw_once.h"

#include "ui/plots/qcp.h"

#include <QBackingStore>
#include <QBasicTimer>
#include <QCoreApplication>
#include <QEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QPointer>
#include <QStringList>
#include <QTimerEvent>

#include <deque>
#include <utility>

namespace rankscope {

namespace {

/// Of `parent`, made when there is none.
template <typename Child, typename Parent> Child& childOf(Parent& parent)
{
    for (QObject* child : parent.children()) {
        if (auto* found = dynamic_cast<Child*>(child)) {
            return *found;
        }
    }
    return *new Child(parent);
}

/// Inside a paint event: whether it fills the window, and not somebody's picture of the widget.
bool paintsTheWindow(QWidget& widget)
{
    QBackingStore* store = widget.backingStore();
    const QPainter painter(&widget);
    return store != nullptr && painter.paintEngine()->paintDevice() == store->paintDevice();
}

class DrawOnce;

/// Of all plots of the application: one is drawn per turn of the event loop.
class DrawQueue : public QObject {
public:
    explicit DrawQueue(QCoreApplication& application)
        : QObject(&application)
    {
    }
    void add(DrawOnce& plot)
    {
        m_plots.emplace_back(&plot);
        m_timer.start(0, this);
    }

protected:
    void timerEvent(QTimerEvent* event) override;

private:
    std::deque<QPointer<DrawOnce>> m_plots;
    QBasicTimer m_timer;
};

class DrawOnce : public QObject {
public:
    explicit DrawOnce(QCustomPlot& plot)
        : QObject(&plot)
        , m_plot(plot)
    {
        plot.installEventFilter(this);
        plot.setPlottingHint(QCP::phImmediateRefresh, false); // it would paint all of the window each time
    }

    void drawLayer(const QString& layer)
    {
        if (!m_layers.contains(layer)) {
            m_layers << layer;
        }
        m_plot.update();
    }

    void drawAll()
    {
        m_old = true;
        if (!m_resized && isSeen()) {
            wait();
        }
    }

    void layOut()
    {
        if (m_plot.viewport() != m_plot.rect()) { // a hidden plot hears of its size when it is shown
            m_plot.setViewport(m_plot.rect());
            m_toLayOut = true;
        }
        if (std::exchange(m_toLayOut, false)) {
            for (const auto phase : { QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins,
                                      QCPLayoutElement::upLayout }) {
                m_plot.plotLayout()->update(phase);
            }
        }
    }

    /// Its turn in the queue.
    void takeTurn()
    {
        m_waiting = false;
        if (!isSeen()) {
            return;
        }
        if (m_old) {
            draw();
        }
        m_plot.update(); // a picture taken meanwhile has drawn the plot, but not in the window
    }

    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (watched != &m_plot) {
            return false;
        }
        if (event->type() == QEvent::Resize) {
            m_plot.setViewport(m_plot.rect());
            m_old = true;
            m_resized = true;
            m_toLayOut = true;
            m_plot.update(); // which is when the layout has come to rest
            return true; // the plot's own handler would draw at once
        }
        if (event->type() == QEvent::Paint && m_old && paintsTheWindow(m_plot)) {
            m_resized = false;
            wait();
        } else if (event->type() == QEvent::Paint && (m_old || !m_layers.isEmpty())) {
            draw();
        }
        return false;
    }

private:
    [[nodiscard]] bool isSeen() const { return m_plot.isVisible() && !m_plot.visibleRegion().isEmpty(); }
    void wait()
    {
        if (!std::exchange(m_waiting, true)) {
            childOf<DrawQueue>(*QCoreApplication::instance()).add(*this);
        }
    }
    void draw()
    {
        // In a paint event the update that drawing asks for is the one that is going on.
        m_plot.setAttribute(Qt::WA_UpdatesDisabled, true);
        if (m_old) {
            m_plot.replot(QCustomPlot::rpQueuedRefresh);
        } else {
            for (const QString& layer : std::as_const(m_layers)) {
                m_plot.layer(layer)->replot();
            }
        }
        m_plot.setAttribute(Qt::WA_UpdatesDisabled, false);
        m_old = false;
        m_resized = false;
        m_toLayOut = false;
        m_layers.clear();
    }

    QCustomPlot& m_plot;
    bool m_old = false; ///< all of it is to be drawn
    bool m_resized = false; ///< since it was painted in the window
    bool m_toLayOut = false; ///< has another size than its layout
    bool m_waiting = false; ///< in the queue
    QStringList m_layers; ///< to be drawn
};

void DrawQueue::timerEvent(QTimerEvent* event)
{
    if (event->timerId() != m_timer.timerId()) {
        QObject::timerEvent(event);
        return;
    }
    const QPointer<DrawOnce> next = m_plots.front();
    m_plots.pop_front();
    if (m_plots.empty()) {
        m_timer.stop();
    }
    if (next != nullptr) {
        next->takeTurn();
    }
}

} // namespace

void drawSoon(QCustomPlot& plot)
{
    childOf<DrawOnce>(plot).drawAll();
}

void drawResizedOnce(QCustomPlot& plot)
{
    childOf<DrawOnce>(plot);
}

void layOutResized(QCustomPlot& plot)
{
    childOf<DrawOnce>(plot).layOut();
}

void drawLayerOnce(QCustomPlot& plot, const QString& layer)
{
    childOf<DrawOnce>(plot).drawLayer(layer);
}

void drawOverlayOnce(QCustomPlot& plot)
{
    drawLayerOnce(plot, QStringLiteral("overlay"));
}

} // namespace rankscope
