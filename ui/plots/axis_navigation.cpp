// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/axis_navigation.h"

#include "ui/plots/draw_once.h"
#include "ui/plots/qcp.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace rankscope {

namespace {

constexpr double kWheelFactor = 0.8; ///< of the range, per notch
constexpr double kClosest = 0.02; ///< share of the whole range

double inward(const QCPAxis& axis, double value)
{
    return axis.scaleType() == QCPAxis::stLogarithmic ? std::log(std::max(value, 1e-300)) : value;
}

double outward(const QCPAxis& axis, double value)
{
    return axis.scaleType() == QCPAxis::stLogarithmic ? std::exp(value) : value;
}

/// In the axis' own measure; a range that was zoomed in and out again is off by roundings.
bool showsAll(double span, double first, double end)
{
    return span >= (end - first) * (1.0 - 1e-9);
}

struct Navigator {
    QCPAxisRect* area;
    AxisNavigation navigation;
    QPoint last;
    std::vector<QCPAxis*> dragged;

    /// The axes that the pointer means; empty outside the rect.
    [[nodiscard]] std::vector<QCPAxis*> axesAt(const QPoint& at) const
    {
        QCPAxis* x = area->axis(QCPAxis::atBottom);
        QCPAxis* y = area->axis(QCPAxis::atLeft);
        const QRect inner = area->rect();
        if (!area->outerRect().contains(at)) {
            return {};
        }
        if (inner.contains(at)) {
            return { x, y };
        }
        if (at.y() > inner.bottom() && at.x() >= inner.left()) {
            return { x };
        }
        return at.x() < inner.left() && at.y() <= inner.bottom() ? std::vector { y }
                                                                 : std::vector<QCPAxis*>();
    }
    /// Sets lower..upper in the axis' own measure, kept inside the whole.
    void place(QCPAxis& axis, double lower, double upper) const
    {
        const QCPRange all = navigation.whole(axis);
        const double first = inward(axis, all.lower);
        const double end = inward(axis, all.upper);
        const double span = std::clamp(upper - lower, (end - first) * kClosest, end - first);
        const double start = std::clamp(lower, first, std::max(first, end - span));
        axis.setRange(outward(axis, start), outward(axis, start + span));
        navigation.moved(axis, showsAll(span, first, end));
    }
};

} // namespace

void installNavigation(QCustomPlot& plot, QCPAxisRect& area, AxisNavigation navigation)
{
    plot.setInteractions(QCP::iNone);
    plot.setNoAntialiasingOnDrag(true);
    auto navigator = std::make_shared<Navigator>(Navigator { &area, std::move(navigation), {}, {} });
    QObject::connect(&plot, &QCustomPlot::mouseWheel, &plot, [navigator, &plot](QWheelEvent* event) {
        const QPoint at = event->position().toPoint();
        const double factor = std::pow(kWheelFactor, event->angleDelta().y() / 120.0);
        for (QCPAxis* axis : navigator->axesAt(at)) {
            const QCPRange range = axis->range();
            const double anchor
                = inward(*axis, axis->pixelToCoord(axis->orientation() == Qt::Horizontal ? at.x() : at.y()));
            navigator->place(*axis, anchor + (inward(*axis, range.lower) - anchor) * factor,
                             anchor + (inward(*axis, range.upper) - anchor) * factor);
        }
        drawSoon(plot);
    });
    QObject::connect(&plot, &QCustomPlot::mousePress, &plot, [navigator](QMouseEvent* event) {
        navigator->last = event->position().toPoint();
        navigator->dragged = event->button() == Qt::LeftButton ? navigator->axesAt(navigator->last)
                                                               : std::vector<QCPAxis*>();
    });
    QObject::connect(&plot, &QCustomPlot::mouseMove, &plot, [navigator, &plot](QMouseEvent* event) {
        if (!(event->buttons() & Qt::LeftButton) || navigator->dragged.empty()) {
            return;
        }
        const QPoint at = event->position().toPoint();
        for (QCPAxis* axis : navigator->dragged) {
            const bool across = axis->orientation() == Qt::Horizontal;
            const double shift
                = inward(*axis, axis->pixelToCoord(across ? navigator->last.x() : navigator->last.y()))
                - inward(*axis, axis->pixelToCoord(across ? at.x() : at.y()));
            const QCPRange range = axis->range();
            navigator->place(*axis, inward(*axis, range.lower) + shift, inward(*axis, range.upper) + shift);
        }
        navigator->last = at;
        drawSoon(plot);
    });
    QObject::connect(&plot, &QCustomPlot::mouseRelease, &plot,
                     [navigator](QMouseEvent*) { navigator->dragged.clear(); });
    QObject::connect(&plot, &QCustomPlot::mouseDoubleClick, &plot, [navigator, &plot](QMouseEvent* event) {
        for (QCPAxis* axis : navigator->axesAt(event->position().toPoint())) {
            const QCPRange all = navigator->navigation.whole(*axis);
            axis->setRange(all);
            navigator->navigation.moved(*axis, true);
        }
        drawSoon(plot);
    });
}

bool zoomAxis(QCPAxis& axis, double factor, double anchor, const QCPRange& whole)
{
    const double first = inward(axis, whole.lower);
    const double end = inward(axis, whole.upper);
    const double at = inward(axis, anchor);
    const double lower = at + (inward(axis, axis.range().lower) - at) * factor;
    const double upper = at + (inward(axis, axis.range().upper) - at) * factor;
    const double span = std::clamp(upper - lower, (end - first) * kClosest, end - first);
    const double start = std::clamp(lower, first, std::max(first, end - span));
    axis.setRange(outward(axis, start), outward(axis, start + span));
    drawSoon(*axis.parentPlot());
    return showsAll(span, first, end);
}

} // namespace rankscope
