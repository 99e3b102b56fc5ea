// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <vector>

namespace rankscope {

/// The one selection that all views share: layers (one of them current), a head, an analysed position.
class LayerSelection : public QObject {
    Q_OBJECT

public:
    explicit LayerSelection(QObject* parent = nullptr);

    void reset(int layerCount, int currentLayer);
    /// `layers` may be empty; `current` is added to them.
    void setLayers(std::vector<int> layers, int current);
    void setCurrentLayer(int layer);
    void setHead(int head);
    /// Index into the analysed positions; -1 means the last.
    void setPosition(int position);

    [[nodiscard]] int layerCount() const { return m_layerCount; }
    [[nodiscard]] int currentLayer() const { return m_current; }
    [[nodiscard]] const std::vector<int>& layers() const { return m_layers; }
    [[nodiscard]] int head() const { return m_head; }
    [[nodiscard]] int position() const { return m_position; }

Q_SIGNALS:
    void layersChanged();
    void headChanged();
    void positionChanged();

private:
    int m_layerCount = 0;
    int m_current = -1;
    std::vector<int> m_layers;
    int m_head = 0;
    int m_position = -1;
};

} // namespace rankscope
