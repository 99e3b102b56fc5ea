// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/quality.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QStackedLayout;

namespace rankscope {

class CandidateHistory;
class DeltaPlot;
class DialogPort;
class EmptyNote;
class LayerSelection;
class PlanDocument;
class TokenLosses;
class Workbench;
struct PerplexityEstimate;

/// What a quality view is built on.
struct QualitySources {
    Workbench& workbench;
    PlanDocument& document;
    CandidateHistory& candidates;
    TokenLosses& tokens;
    LayerSelection& selection;
};

/// Perplexity of baseline and candidate, their paired difference as it runs, how far the predictions moved,
/// and on how many windows all of that rests.
class QualityPanel : public QWidget {
    Q_OBJECT

public:
    QualityPanel(QualitySources sources, DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] DeltaPlot* plot() const { return m_plot; }
    [[nodiscard]] QComboBox* windowCount() const { return m_windowCount; }
    [[nodiscard]] QComboBox* windowLength() const { return m_windowLength; }
    [[nodiscard]] QWidget* numbers() const { return m_numbers; }
    /// All numbers with their intervals, tab separated.
    [[nodiscard]] QString numbersText() const;
    void copyNumbers();
    /// The next larger (1) or smaller (-1) choice of windows.
    void scoreMoreWindows(int direction);
    /// Why that cannot be: a sentence, or empty.
    [[nodiscard]] QString whyNotOtherWindows(int direction) const;

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void refresh();
    void refreshNumbers();
    void refreshAgreement();
    void refreshWindows();
    void refreshPlot();
    void chooseWindows();
    [[nodiscard]] QString emptySentence() const;
    [[nodiscard]] QString referenceName() const;
    void changeEvent(QEvent* event) override;

    QualitySources m_sources;
    QWidget* m_numbers;
    QLabel* m_baselineName;
    QLabel* m_baseline;
    QLabel* m_candidate;
    QLabel* m_delta;
    QLabel* m_kl;
    QLabel* m_sameTop;
    QLabel* m_advice;
    QComboBox* m_windowCount;
    QComboBox* m_windowLength;
    DeltaPlot* m_plot;
    EmptyNote* m_empty;
    QWidget* m_plotArea;
    QStackedLayout* m_stack;
};

} // namespace rankscope
