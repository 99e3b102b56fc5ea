// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <vector>

namespace rankscope {

/// The one selection that all views share: layers (one of them current), a head, a key channel, an analysed
/// position, a token; and what the pointer is over, so that linked views can mark it.
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
    /// A key channel of the current layer's head (0..Dk-1); -1 for none. Reset by a new layer or head.
    void setChannel(int channel);
    /// Index of a token within the shown window; -1 means the last.
    void setToken(int token);
    /// Which evaluation window the views of tokens show; 0 is the first. Keeps the token.
    void setWindow(int window);
    /// What the pointer is over; -1 for "nothing of that kind".
    struct Hover {
        int layer = -1;
        int head = -1;
        int channel = -1;
        int token = -1;
        int window = -1; ///< of the evaluation text
        int candidate = -1; ///< id of a record of the history

        friend bool operator==(const Hover&, const Hover&) = default;
    };
    void setHover(const Hover& hover);

    [[nodiscard]] int layerCount() const { return m_layerCount; }
    [[nodiscard]] int currentLayer() const { return m_current; }
    [[nodiscard]] const std::vector<int>& layers() const { return m_layers; }
    [[nodiscard]] int head() const { return m_head; }
    [[nodiscard]] int position() const { return m_position; }
    [[nodiscard]] int channel() const { return m_channel; }
    [[nodiscard]] int token() const { return m_token; }
    [[nodiscard]] int window() const { return m_window; }
    [[nodiscard]] const Hover& hover() const { return m_hover; }

Q_SIGNALS:
    void layersChanged();
    void headChanged();
    void positionChanged();
    void channelChanged();
    void tokenChanged();
    void windowChanged();
    void hoverChanged();

private:
    int m_layerCount = 0;
    int m_current = -1;
    std::vector<int> m_layers;
    int m_head = 0;
    int m_position = -1;
    int m_channel = -1;
    int m_token = -1;
    int m_window = 0;
    Hover m_hover;
};

} // namespace rankscope
