// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QWidget>

#include <functional>
#include <vector>

class QAbstractSpinBox;
class QDoubleSpinBox;
class QSlider;

namespace rankscope {

/// A slider and a number that show the same value. Every change carries the gesture it belongs to: a whole
/// drag is one, a burst of key presses or wheel steps is one, a typed number is one.
class RatioEditor : public QWidget {
    Q_OBJECT

public:
    explicit RatioEditor(QWidget* parent = nullptr);

    /// `decimals` 0 for counts. The slider has one step per `step`.
    void setScale(double minimum, double maximum, double step, int decimals);
    /// Values that the slider stops at, ascending; empty: every step. Typed numbers are taken as they are.
    void setStops(std::vector<double> stops) { m_stops = std::move(stops); }
    void setSuffix(const QString& suffix);
    /// Where gesture numbers come from: PlanDocument::newGesture.
    void setGestureSource(std::function<quint64()> source) { m_newGesture = std::move(source); }
    /// Shows a value without emitting anything.
    void setValue(double value);
    [[nodiscard]] double value() const { return m_value; }
    /// The value at a position of the slider.
    [[nodiscard]] double valueAt(int position) const { return m_minimum + position * m_step; }
    /// What is edited from now on is something else: the next edit is a gesture of its own.
    void endGesture();
    void setNames(const QString& accessibleName, const QString& toolTip);

    [[nodiscard]] QSlider* slider() const { return m_slider; }
    [[nodiscard]] QDoubleSpinBox* number() const { return m_number; }

Q_SIGNALS:
    void edited(double value, quint64 gesture);

private:
    void onSlider(int position);
    void onNumber(double value);
    void emitEdit(double value);
    [[nodiscard]] double stopFor(double value) const;

    QSlider* m_slider;
    QDoubleSpinBox* m_number;
    double m_minimum = 0.0;
    double m_step = 1.0;
    double m_value = 0.0;
    std::vector<double> m_stops;
    bool m_updating = false;
    quint64 m_gesture = 0;
    QElapsedTimer m_sinceChange;
    std::function<quint64()> m_newGesture;
};

} // namespace rankscope
