// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/spectra_summary.h"

#include <QWidget>

#include <memory>
#include <optional>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// What the spectrum plot shows: one layer after one token.
struct SpectrumView {
    int layer = -1;
    int head = 0; ///< the selected one
    std::int64_t token = 0; ///< the state after this many tokens
    int windows = 0; ///< that the medians and quartiles rest on
    std::vector<HeadSpectrum> heads; ///< empty: nothing
    std::vector<HeadSpectrum> pruned; ///< the same of the pruned model; empty: no overlay
    bool prunedStale = false; ///< of an earlier plan
    bool stale = false;
    float largest = 0.0F; ///< of all layers: the common top of the axis
    std::optional<int> kept; ///< kept dims as a line; none when nothing is removed
};

/// Singular values of one layer's state, one curve per head on a log scale with the quartile band over
/// windows; markers of the three rank definitions; the pruned model dotted over the dense one; the kept dims
/// as a line. The arrow keys read the values out and change the head, + and − zoom. More than 16 heads become
/// bands of quantiles over the heads with the selected head. The legend stands above the plot.
class SpectrumPlot : public QWidget {
    Q_OBJECT

public:
    explicit SpectrumPlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~SpectrumPlot() override;

    void setView(SpectrumView view);
    /// Values below 10^exponent of the axis' top are drawn on the floor line. -3 .. -6.
    void setFloor(int exponent);
    /// Head under the pointer in another view; -1: none.
    void setHoverMark(int head);
    void fit();

    [[nodiscard]] const SpectrumView& view() const;
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;
    /// The legend as text, for access and tests.
    [[nodiscard]] QStringList legend() const;

Q_SIGNALS:
    void headClicked(int head);
    /// -1 when the pointer is over none.
    void headHovered(int head);
    /// What lies under the cursor, for the status bar; empty when it leaves.
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Impl;
    void build();
    void refresh();
    void refreshCurves();
    void refreshHover();
    void refreshBands();
    void refreshMarks();
    void refreshKeptLine();
    void refreshLegend();
    void onMouseMove(const QPointF& at);
    void showValue(int head, int index);
    void hideValue();
    [[nodiscard]] int headNear(const QPointF& at) const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
