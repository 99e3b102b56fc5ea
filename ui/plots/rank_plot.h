// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/state_trajectory.h"
#include "ui/format/rank_measure.h"

#include <QWidget>

#include <memory>
#include <vector>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// Rank of each head's state after each token of one window: a map of heads and tokens in colour, or one line
/// per head; the scale is log2 from 1 to min(Dk, Dv), the same for all layers. The text stands under the
/// axis.
class RankPlot : public QWidget {
    Q_OBJECT

public:
    enum class Form { Map, Lines };

    explicit RankPlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~RankPlot() override;

    void setSpectra(std::shared_ptr<const TokenSpectra> spectra, bool stale);
    /// One label per token.
    void setLabels(const std::vector<QString>& labels);
    void setMeasure(RankMeasure measure);
    void setForm(Form form);
    /// Selected cell; token -1: none.
    void setSelected(int token, int head);
    /// What the pointer is over in another view; -1: nothing.
    void setHoverMark(int token, int head);
    /// Shows all tokens.
    void fit();
    /// The visible tokens, first and last.
    [[nodiscard]] std::pair<int, int> visibleTokens() const;
    [[nodiscard]] Form form() const;
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;
    /// "token 17 “·sea”: head 2 entropy rank 12.3".
    [[nodiscard]] QString describe(int token, int head) const;

Q_SIGNALS:
    void tokenPicked(int token);
    void headPicked(int head);
    /// Token and head under the pointer; -1 when it leaves.
    void hoverMoved(int token, int head);
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Impl;
    void build();
    void refresh();
    void refreshData();
    void refreshAxes();
    void refreshMarks();
    void onPress(const QPointF& at);
    void onMove(const QPointF& at, bool pressed);
    void zoom(const QPointF& at, double steps);
    void setRange(double lower, double upper);
    [[nodiscard]] int tokenAt(const QPointF& at) const;
    [[nodiscard]] int headAt(const QPointF& at) const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
