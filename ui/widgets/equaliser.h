// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <functional>
#include <map>
#include <vector>

namespace rankscope {

/// One fader per layer, filled to the kept dims on a track of Dk. A drag sets a fader, a drag across faders
/// draws a curve, a drag with Shift moves all unlocked ones together; arrow keys move the focused one.
class Equaliser : public QWidget {
    Q_OBJECT

public:
    struct Fader {
        int layer = 0;
        int keyDims = 0; ///< 0: cannot be pruned
        int kept = 0;
        bool locked = false;
        double entropyRank = 0.0; ///< median over heads; 0 when not analysed
        double thresholdRank = 0.0; ///< median over heads; 0 when not analysed
    };

    explicit Equaliser(QWidget* parent = nullptr);

    void setFaders(std::vector<Fader> faders);
    void setCurrent(int layer);
    void setGestureSource(std::function<quint64()> source) { m_newGesture = std::move(source); }
    [[nodiscard]] QSize minimumSizeHint() const override { return QSize(160, 120); }
    [[nodiscard]] QSize sizeHint() const override { return QSize(360, 300); }

Q_SIGNALS:
    void edited(const std::map<int, int>& keptOfLayer, quint64 gesture);
    void layerPicked(int layer);
    void lockToggled(int layer, bool locked);
    void hovered(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] QRectF plotRect() const;
    [[nodiscard]] QRectF trackRect(int fader) const;
    [[nodiscard]] int faderAt(double x) const;
    [[nodiscard]] int keptAt(int fader, double y) const;
    [[nodiscard]] int largestKeyDims() const;
    void paintFader(QPainter& painter, int fader) const;
    void paintLegend(QPainter& painter) const;
    void dragTo(const QPointF& at);
    void nudge(int steps);

    std::vector<Fader> m_faders;
    std::vector<int> m_atStart; ///< kept dims when the gesture began, for the ghost and for moving all
    int m_current = -1;
    quint64 m_gesture = 0;
    int m_lastFader = -1;
    QPointF m_lastPoint;
    bool m_all = false;
    std::function<quint64()> m_newGesture;
};

} // namespace rankscope
