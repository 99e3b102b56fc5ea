// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layer_selection.h"

#include <algorithm>

namespace rankscope {

LayerSelection::LayerSelection(QObject* parent)
    : QObject(parent)
{
}

void LayerSelection::reset(int layerCount, int currentLayer)
{
    m_layerCount = layerCount;
    m_current = layerCount > 0 ? std::clamp(currentLayer, 0, layerCount - 1) : -1;
    m_layers.clear();
    if (m_current >= 0) {
        m_layers.push_back(m_current);
    }
    m_head = 0;
    m_position = -1;
    m_channel = -1;
    m_token = -1;
    m_window = 0;
    m_hover = {};
    Q_EMIT layersChanged();
    Q_EMIT headChanged();
    Q_EMIT positionChanged();
    Q_EMIT channelChanged();
    Q_EMIT tokenChanged();
    Q_EMIT windowChanged();
    Q_EMIT hoverChanged();
}

void LayerSelection::setLayers(std::vector<int> layers, int current)
{
    if (current >= m_layerCount) {
        return;
    }
    if (current >= 0 && std::find(layers.begin(), layers.end(), current) == layers.end()) {
        layers.push_back(current);
    }
    std::sort(layers.begin(), layers.end());
    if (layers == m_layers && current == m_current) {
        return;
    }
    m_layers = std::move(layers);
    const bool moved = current != m_current;
    m_current = current;
    Q_EMIT layersChanged();
    if (moved) {
        setChannel(-1);
    }
}

void LayerSelection::setCurrentLayer(int layer)
{
    if (layer >= 0 && layer < m_layerCount) {
        setLayers({ layer }, layer);
    }
}

void LayerSelection::setHead(int head)
{
    if (head != m_head && head >= 0) {
        m_head = head;
        Q_EMIT headChanged();
        setChannel(-1);
    }
}

void LayerSelection::setPosition(int position)
{
    if (position != m_position) {
        m_position = position;
        Q_EMIT positionChanged();
    }
}

void LayerSelection::setChannel(int channel)
{
    if (channel != m_channel) {
        m_channel = channel;
        Q_EMIT channelChanged();
    }
}

void LayerSelection::setToken(int token)
{
    if (token != m_token) {
        m_token = token;
        Q_EMIT tokenChanged();
    }
}

void LayerSelection::setWindow(int window)
{
    if (window != m_window && window >= 0) {
        m_window = window;
        Q_EMIT windowChanged();
    }
}

void LayerSelection::setHover(const Hover& hover)
{
    if (!(hover == m_hover)) {
        m_hover = hover;
        Q_EMIT hoverChanged();
    }
}

} // namespace rankscope
