// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Shared by the two files of RankPlot: what is drawn, and what the hand does.
#include "core/base/narrow.h"
#include "ui/plots/rank_plot.h"
#include "ui/plots/token_labels.h"

#include <QPointF>
#include <QSharedPointer>

#include <algorithm>
#include <cmath>

class QCPAxisTicker;
class QCPAxisTickerText;
class QCPColorMap;
class QCPColorScale;
class QCPGraph;
class QCPItemRect;
class QCPMarginGroup;

namespace rankscope {

struct RankPlot::Impl {
    /// More heads than this: a band of quantiles and the selected head.
    static constexpr int kMostLines = 16;

    DialogPort& dialogs;
    QCustomPlot* plot = nullptr;
    QCPColorMap* map = nullptr;
    QCPColorScale* scale = nullptr;
    QCPMarginGroup* margins = nullptr;
    TokenLabels tokens;
    QSharedPointer<QCPAxisTickerText> headNames;
    QSharedPointer<QCPAxisTicker> binaryTicker;
    std::vector<QCPGraph*> lines;
    QCPGraph* low = nullptr;
    QCPGraph* high = nullptr;
    QCPItemRect* cursor = nullptr;
    QCPItemRect* cell = nullptr;
    QCPItemRect* hover = nullptr;
    std::shared_ptr<const TokenSpectra> spectra;
    std::vector<QString> labels;
    RankMeasure measure = RankMeasure::Entropy;
    Form form = Form::Map;
    bool isStale = false;
    int token = -1;
    int head = 0;
    int hoverToken = -1;
    int hoverHead = -1;
    double lower = -0.5;
    double upper = 0.5;
    bool userRange = false;
    enum class Drag { None, Scrub, Pan } drag = Drag::None;
    QPointF pressedAt;
    double pressedLower = 0.0;
    double pressedUpper = 0.0;
    bool moved = false;

    explicit Impl(DialogPort& port)
        : dialogs(port)
    {
    }
    [[nodiscard]] int count() const { return spectra != nullptr ? static_cast<int>(spectra->tokens) : 0; }
    [[nodiscard]] int heads() const { return spectra != nullptr ? spectra->valueHeads : 0; }
    /// Rank of the nearest known token, at least 1: what is drawn.
    [[nodiscard]] double drawn(std::int64_t known, int atHead) const
    {
        return known < 0 ? std::nan("") : std::max(1.0, rankOf(spectra->at(known, atHead), measure));
    }
};

} // namespace rankscope
