// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <map>

namespace rankscope {

class DialogPort;
class Equaliser;
class LayerProbes;
class LayerSelection;
class PlanDocument;
class SizeSnap;
class Workbench;

/// The faders of all layers: kept dims drawn by hand, with ranks and sensitivities where they are known.
class EqualiserPanel : public QWidget {
    Q_OBJECT

public:
    EqualiserPanel(Workbench& workbench, PlanDocument& document, LayerProbes& probes,
                   LayerSelection& selection, SizeSnap& snap, DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] Equaliser* equaliser() const { return m_equaliser; }

Q_SIGNALS:
    void hovered(const QString& text);
    void captionChanged(const QString& caption);
    void problem(const QString& sentence);

private:
    void refresh();
    void showEvent(QShowEvent* event) override;
    void resetLayer(int layer, quint64 gesture);
    void showMenu(int layer, const QPoint& at);

    Workbench& m_workbench;
    PlanDocument& m_document;
    LayerProbes& m_probes;
    LayerSelection& m_selection;
    SizeSnap& m_snap;
    DialogPort& m_dialogs;
    Equaliser* m_equaliser;
};

} // namespace rankscope
