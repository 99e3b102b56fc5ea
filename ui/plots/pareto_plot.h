// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QWidget>

#include <memory>
#include <span>
#include <vector>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// A candidate in the plane of state size and loss.
struct ParetoPoint {
    int id = 0;
    QString name;
    double stateBytes = 0.0;
    double delta = 0.0; ///< nats per token against the pinned candidate
    double low = 0.0; ///< 95 % interval
    double high = 0.0;
    bool current = false;
    bool pinned = false;
};

/// Indices of the points that no other point beats in both size and loss, smallest state first. Of equal
/// points the first counts.
[[nodiscard]] std::vector<std::size_t> paretoFront(std::span<const ParetoPoint> points);

/// State bytes against loss: whiskers are intervals, the front is a line with what it dominates filled.
class ParetoPlot : public QWidget {
    Q_OBJECT

public:
    explicit ParetoPlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~ParetoPlot() override;

    /// `reference`: name of what deltas are taken against. `leftOut`: candidates of other windows.
    void setPoints(std::vector<ParetoPoint> points, const QString& reference, int leftOut);
    void setSelected(int id);
    /// Candidate under the pointer in another view; -1: none.
    void setHoverMark(int id);
    void fit();
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;

Q_SIGNALS:
    void clicked(int id);
    void activated(int id);
    void hovered(const QString& text);
    /// Of the candidate under the pointer; -1 for none.
    void pointHovered(int id);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Impl;
    void refresh();
    void showPoint(int at);
    [[nodiscard]] int nearest(const QPointF& at) const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
