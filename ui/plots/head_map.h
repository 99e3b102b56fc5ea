// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/spectra_summary.h"
#include "ui/format/rank_measure.h"

#include <QWidget>

#include <memory>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// Rank of every head of every layer as a map: layers down, heads across, log2 colours from 1 to the largest
/// min(Dk, Dv) of the model. Layers without a state are hatched.
class HeadMap : public QWidget {
    Q_OBJECT

public:
    explicit HeadMap(DialogPort& dialogs, QWidget* parent = nullptr);
    ~HeadMap() override;

    /// `position`: index into the analysed positions.
    void setSpectra(std::shared_ptr<const SpectraSummary> spectra, int position);
    void setMeasure(RankMeasure measure);
    /// Of an earlier text or device: drawn pale.
    void setStale(bool stale);
    void setSelected(int layer, int head);
    /// -1: nothing.
    void setHoverMark(int layer, int head);
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;
    [[nodiscard]] QString describe(int layer, int head) const;
    /// Centre of a cell in coordinates of the plot.
    [[nodiscard]] QPointF cellCentre(int layer, int head) const;

Q_SIGNALS:
    void headPicked(int layer, int head);
    /// By double click or Enter: show its detail.
    void headOpened(int layer, int head);
    void hoverMoved(int layer, int head);
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Impl;
    void build();
    void refresh();
    void refreshTexts();
    void refreshMarks();
    [[nodiscard]] std::pair<int, int> cellAt(const QPointF& at) const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
