// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <map>

namespace rankscope {

class DialogPort;
class Equaliser;
class LayerSelection;
class PlanDocument;
class SizeSnap;
class Workbench;

/// The faders of the key heads of the current layer: heads that keep fewer channels than their layer, down to
/// none. That costs quality and saves no memory, for the layer's state keeps its size: a question put to the
/// model, not a budget.
class HeadEqualiserPanel : public QWidget {
    Q_OBJECT

public:
    HeadEqualiserPanel(Workbench& workbench, PlanDocument& document, LayerSelection& selection,
                       SizeSnap& snap, DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] Equaliser* equaliser() const { return m_equaliser; }

Q_SIGNALS:
    void hovered(const QString& text);
    void captionChanged(const QString& caption);
    void problem(const QString& sentence);

private:
    void refresh();
    void setHeads(const std::map<int, int>& keptOfHead, quint64 gesture);
    void showMenu(int head, const QPoint& at);
    void showEvent(QShowEvent* event) override;
    /// Value heads per key head; several value heads may share one.
    [[nodiscard]] int group() const;

    Workbench& m_workbench;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    SizeSnap& m_snap;
    DialogPort& m_dialogs;
    Equaliser* m_equaliser;
    int m_shownLayer = -1;
};

} // namespace rankscope
