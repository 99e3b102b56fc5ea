// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/ratio_editor.h"

#include <QBoxLayout>
#include <QDoubleSpinBox>
#include <QSlider>

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {
/// Key presses and wheel steps closer than this are one gesture.
constexpr qint64 kBurstMs = 600;
}

RatioEditor::RatioEditor(QWidget* parent)
    : QWidget(parent)
    , m_slider(new QSlider(Qt::Horizontal, this))
    , m_number(new QDoubleSpinBox(this))
    , m_newGesture([next = quint64 { 0 }]() mutable { return ++next; })
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_number);
    m_number->setKeyboardTracking(false);
    m_number->setAlignment(Qt::AlignRight);
    m_slider->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_slider->setMinimumWidth(60);
    setFocusProxy(m_slider);
    setScale(0.0, 1.0, 0.01, 2);
    connect(m_slider, &QSlider::valueChanged, this, &RatioEditor::onSlider);
    connect(m_slider, &QSlider::sliderPressed, this, [this] { m_gesture = m_newGesture(); });
    connect(m_slider, &QSlider::sliderReleased, this, [this] { m_gesture = 0; });
    connect(m_number, &QDoubleSpinBox::valueChanged, this, &RatioEditor::onNumber);
}

void RatioEditor::setScale(double minimum, double maximum, double step, int decimals)
{
    m_updating = true;
    m_minimum = minimum;
    m_step = step;
    m_slider->setRange(0, static_cast<int>(std::lround((maximum - minimum) / step)));
    m_slider->setPageStep(std::max(1, m_slider->maximum() / 8));
    m_number->setDecimals(decimals);
    m_number->setRange(minimum, maximum);
    m_number->setSingleStep(step);
    m_updating = false;
    setValue(m_value);
}

void RatioEditor::setSuffix(const QString& suffix)
{
    m_number->setSuffix(suffix);
}

void RatioEditor::setNames(const QString& accessibleName, const QString& toolTip)
{
    m_slider->setAccessibleName(accessibleName);
    m_number->setAccessibleName(accessibleName);
    m_slider->setToolTip(toolTip);
    m_number->setToolTip(toolTip);
}

void RatioEditor::setValue(double value)
{
    m_updating = true;
    m_value = value;
    m_number->setValue(value);
    m_slider->setValue(static_cast<int>(std::lround((value - m_minimum) / m_step)));
    m_updating = false;
}

void RatioEditor::endGesture()
{
    m_gesture = m_slider->isSliderDown() ? m_newGesture() : 0;
}

void RatioEditor::onSlider(int position)
{
    if (!m_updating) {
        emitEdit(stopFor(m_minimum + position * m_step));
    }
}

/// The nearest stop; a step that would fall back to where it came from goes on to the next one.
double RatioEditor::stopFor(double value) const
{
    if (m_stops.empty()) {
        return value;
    }
    const auto above = std::ranges::lower_bound(m_stops, value);
    auto nearest = above == m_stops.end() ? above - 1 : above;
    if (nearest != m_stops.begin() && value - *(nearest - 1) < *nearest - value) {
        --nearest;
    }
    if (*nearest == m_value && !m_slider->isSliderDown()) {
        if (value > m_value && nearest + 1 != m_stops.end()) {
            ++nearest;
        } else if (value < m_value && nearest != m_stops.begin()) {
            --nearest;
        }
    }
    return *nearest;
}

void RatioEditor::onNumber(double value)
{
    if (!m_updating) {
        emitEdit(value);
    }
}

void RatioEditor::emitEdit(double value)
{
    const bool burst = m_sinceChange.isValid() && m_sinceChange.elapsed() < kBurstMs;
    if (!m_slider->isSliderDown() && (!burst || m_gesture == 0)) {
        m_gesture = m_newGesture();
    }
    m_sinceChange.start();
    setValue(value);
    Q_EMIT edited(value, m_gesture);
}

} // namespace rankscope
