// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Shared by the files of SpectrumPlot: what is drawn, and its legend and texts.
#include "core/base/narrow.h"
#include "ui/plots/spectrum_plot.h"

#include <QColor>

#include <algorithm>
#include <cmath>
#include <vector>

class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCPItemTracer;

namespace rankscope {

struct SpectrumPlot::Impl {
    /// More heads than this: bands over the heads and the selected head.
    static constexpr int kMostHeads = 16;

    struct HeadGraphs {
        QCPGraph* curve = nullptr;
        QCPGraph* low = nullptr;
        QCPGraph* high = nullptr;
        QCPGraph* pruned = nullptr;
        QCPGraph* entropy = nullptr; ///< marker on the axis
    };
    /// One line of the legend.
    struct Entry {
        QString text;
        QColor colour;
        bool bold = false;
    };

    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    SpectrumView view;
    int floorExponent = -4;
    int hoverHead = -1;
    int readIndex = 1; ///< of the value that was read out last, from 1
    bool userX = false;
    bool userY = false;
    std::vector<HeadGraphs> heads;
    QCPGraph* outer[2] = {}; ///< 10 and 90 % over the heads
    QCPGraph* inner[2] = {}; ///< 25 and 75 %
    QCPGraph* middle = nullptr;
    QCPGraph* stableMark = nullptr;
    QCPGraph* thresholdMark = nullptr;
    QCPGraph* hoverCurve = nullptr;
    QCPItemStraightLine* keptLine = nullptr;
    QCPItemText* keptText = nullptr;
    QCPItemTracer* tracer = nullptr;
    std::vector<QCPItemText*> legendTexts;
    QPointF pressedAt;
    double top = 1.0;
    double floor = 1e-4;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
    [[nodiscard]] int count() const { return static_cast<int>(view.heads.size()); }
    [[nodiscard]] bool banded() const { return count() > kMostHeads; }
    [[nodiscard]] int rank() const
    {
        return view.heads.empty() ? 1 : std::max(1, static_cast<int>(view.heads.front().median.size()));
    }
    [[nodiscard]] double drawn(double value) const { return std::max(value, floor); }
    [[nodiscard]] std::vector<Entry> entries(const QPalette& palette) const;
};

} // namespace rankscope
