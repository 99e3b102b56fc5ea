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

    void setData(const std::vector<RunningDelta::Point>& points, int windowsTotal, int windowLength,
                 Trust trust);
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Impl;
    void refresh();
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
