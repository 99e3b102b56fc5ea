// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QStackedLayout;

namespace rankscope {

class DialogPort;
class EmptyNote;
class ImportancePlot;
class LayerSelection;
class PlanDocument;
class Workbench;

/// Importance of the channels of the selected head under the plan's method.
class ImportancePanel : public QWidget {
    Q_OBJECT

public:
    ImportancePanel(Workbench& workbench, PlanDocument& document, LayerSelection& selection,
                    DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] ImportancePlot* plot() const { return m_plot; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);

private:
    void refresh();
    [[nodiscard]] QString emptySentence() const;

    Workbench& m_workbench;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    EmptyNote* m_empty;
    ImportancePlot* m_plot;
    QStackedLayout* m_stack;
    quint64 m_gesture = 0;
};

} // namespace rankscope
