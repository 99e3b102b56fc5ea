// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QSlider;
class QStackedLayout;

namespace rankscope {

class DialogPort;
class EmptyNote;
class LayerSelection;
class PlanDocument;
class SpectrumPlot;
class Workbench;

/// Spectra of the selected layer at a chosen position, with the rank measures of the selected head.
class SpectraPanel : public QWidget {
    Q_OBJECT

public:
    SpectraPanel(Workbench& workbench, PlanDocument& document, LayerSelection& selection, DialogPort& dialogs,
                 QWidget* parent = nullptr);

    [[nodiscard]] SpectrumPlot* plot() const { return m_plot; }
    [[nodiscard]] QSlider* positionSlider() const { return m_position; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

private:
    void refresh();
    void refreshKept();
    void refreshRanks();
    [[nodiscard]] QString emptySentence() const;

    Workbench& m_workbench;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    SpectrumPlot* m_plot;
    QSlider* m_position;
    QLabel* m_positionText;
    QLabel* m_ranks;
};

} // namespace rankscope
