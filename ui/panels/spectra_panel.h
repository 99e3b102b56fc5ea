// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/spectra_summary.h"
#include "ui/panels/state_sources.h"

#include <QWidget>

#include <array>

class QCheckBox;
class QComboBox;
class QLabel;
class QSlider;
class QStackedLayout;

namespace rankscope {

class EmptyNote;
class SpectrumPlot;

/// Spectra of the selected layer after a chosen token: medians over several windows at some positions, or one
/// window at every token; with the rank measures of the selected head, and the pruned model over the dense
/// one.
class SpectraPanel : public QWidget {
    Q_OBJECT

public:
    explicit SpectraPanel(StateSources sources, QWidget* parent = nullptr);

    [[nodiscard]] SpectrumPlot* plot() const { return m_plot; }
    [[nodiscard]] QSlider* positionSlider() const { return m_position; }
    [[nodiscard]] QComboBox* basisBox() const { return m_basis; }
    [[nodiscard]] QComboBox* floorBox() const { return m_floor; }
    [[nodiscard]] QCheckBox* overlayBox() const { return m_overlay; }
    [[nodiscard]] EmptyNote* emptyNote() const { return m_empty; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void buildControls();
    void connectAll();
    void refresh();
    void refreshWanted();
    void onSlider(int value);
    void onToken();
    /// One window at every token, instead of medians over windows.
    [[nodiscard]] bool ofOneWindow() const;
    /// Index of the analysed position that is shown.
    [[nodiscard]] int position() const;
    [[nodiscard]] QString emptySentence() const;
    void showRanks(const HeadSpectrum* dense, const HeadSpectrum* pruned, int rank);

    StateSources m_sources;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    SpectrumPlot* m_plot;
    QSlider* m_position;
    QLabel* m_positionText;
    QComboBox* m_basis;
    QComboBox* m_floor;
    QCheckBox* m_overlay;
    QLabel* m_rankTitle;
    std::array<QLabel*, 3> m_ranks {}; ///< stable, entropy, threshold: each with its definition
};

} // namespace rankscope
