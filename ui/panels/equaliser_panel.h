// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/spectra_summary.h"

#include <QWidget>

#include <memory>

namespace rankscope {

class Equaliser;
class LayerSelection;
class PlanDocument;

/// Connects the equaliser with the plan, the analysed ranks and the selection.
class EqualiserPanel : public QWidget {
    Q_OBJECT

public:
    EqualiserPanel(PlanDocument& document, LayerSelection& selection, QWidget* parent = nullptr);

    void setSpectra(std::shared_ptr<const SpectraSummary> spectra);
    [[nodiscard]] Equaliser* equaliser() const { return m_equaliser; }

Q_SIGNALS:
    void hovered(const QString& text);

private:
    void refresh();

    PlanDocument& m_document;
    LayerSelection& m_selection;
    std::shared_ptr<const SpectraSummary> m_spectra;
    Equaliser* m_equaliser;
};

} // namespace rankscope
