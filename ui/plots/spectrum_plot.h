// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/spectra_summary.h"

#include <QWidget>

#include <memory>
#include <optional>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// Singular values of one layer's state, one curve per head on a log scale with the quartile band over
/// windows, rank markers of the heads, the kept dims as a line. The legend stands above the plot.
class SpectrumPlot : public QWidget {
    Q_OBJECT

public:
    explicit SpectrumPlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~SpectrumPlot() override;

    void setSpectra(std::shared_ptr<const SpectraSummary> spectra);
    /// `position`: index; negative for the last.
    void show(int layer, int head, int position);
    /// No line when the layer keeps everything or cannot be pruned.
    void setKept(std::optional<int> kept);
    void fit();

    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;

Q_SIGNALS:
    void headClicked(int head);
    /// What lies under the cursor, for the status bar; empty when it leaves.
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Impl;
    void refresh();
    void refreshLegend();
    void onMouseMove(const QPointF& at);
    void onDoubleClick(const QPointF& at);
    [[nodiscard]] int headNear(const QPointF& at) const;
    [[nodiscard]] const std::vector<HeadSpectrum>* heads() const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
