// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QStackedLayout;

namespace rankscope {

class DeltaPlot;
class DialogPort;
class EmptyNote;
class PlanDocument;
class Workbench;

/// Perplexity of baseline and candidate and their paired difference, as it runs.
class QualityPanel : public QWidget {
    Q_OBJECT

public:
    QualityPanel(Workbench& workbench, PlanDocument& document, DialogPort& dialogs,
                 QWidget* parent = nullptr);

    [[nodiscard]] DeltaPlot* plot() const { return m_plot; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

private:
    void refresh();
    void changeEvent(QEvent* event) override;

    Workbench& m_workbench;
    PlanDocument& m_document;
    QLabel* m_baseline;
    QLabel* m_candidate;
    QLabel* m_basis;
    DeltaPlot* m_plot;
    EmptyNote* m_empty;
    QWidget* m_plotArea;
    QStackedLayout* m_stack;
};

} // namespace rankscope
