// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/quality.h"

#include <QWidget>

#include <memory>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// The paired difference in nats over the evaluation windows: a point per window, the running mean and its
/// interval.
class DeltaPlot : public QWidget {
    Q_OBJECT

public:
    explicit DeltaPlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~DeltaPlot() override;

    /// `reference`: name of what the differences are taken against.
    void setData(const std::vector<RunningDelta::Point>& points, int windowsTotal, int windowLength,
                 Trust trust, const QString& reference);
    /// Window under the pointer in another view; -1: none.
    void setHoverMark(int window);
    void fit();
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;

Q_SIGNALS:
    void hovered(const QString& text);
    /// A point was clicked, or Enter pressed on it; 0-based.
    void windowClicked(int window);
    /// Under the pointer, or reached by the arrow keys; -1 for none.
    void windowHovered(int window);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Impl;
    void refresh();
    void showWindow(int window);
    void refreshMark();
    [[nodiscard]] int windowAt(const QPointF& at) const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
