// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/panels/state_sources.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QComboBox;
class QLabel;
class QSlider;
class QStackedLayout;
class QTimer;

namespace rankscope {

class EmptyNote;
class HeadGallery;
class StateHeatmap;

/// The state matrix of the selected head after the selected token, with small pictures of all heads.
class StatePanel : public QWidget {
    Q_OBJECT

public:
    explicit StatePanel(const StateSources& sources, QWidget* parent = nullptr);

    [[nodiscard]] StateHeatmap* heatmap() const { return m_heatmap; }
    [[nodiscard]] HeadGallery* gallery() const { return m_gallery; }
    [[nodiscard]] EmptyNote* emptyNote() const { return m_empty; }
    [[nodiscard]] QSlider* tokenSlider() const { return m_token; }
    [[nodiscard]] QComboBox* rangeBox() const { return m_range; }

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
    void refresh();
    void refreshState();
    void refreshHover();
    /// For the status bar.
    [[nodiscard]] QString describeHead(int head) const;
    void paintNextHead();
    [[nodiscard]] std::vector<bool> removedChannels(int head) const;
    [[nodiscard]] int shownHead() const;

    Workbench& m_workbench;
    TokenRanks& m_ranks;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    Settings& m_settings;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    StateHeatmap* m_heatmap;
    HeadGallery* m_gallery;
    QSlider* m_token;
    QLabel* m_tokenText;
    QComboBox* m_range;
    QCheckBox* m_allHeads;
    QLabel* m_readout;
    QTimer* m_galleryTimer; ///< paints one head per turn of the event loop
    int m_nextHead = 0;
};

} // namespace rankscope
