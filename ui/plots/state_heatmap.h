// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// One head's state after some token.
struct StateImage {
    int layer = -1;
    int head = 0;
    std::int64_t token = 0; ///< the state after this many tokens
    int keyDims = 0;
    int valueDims = 0;
    std::vector<double> entries; ///< [Dk, Dv] row-major
    double range = 1.0; ///< entries are drawn on -range..range
    std::vector<bool> removed; ///< [Dk] channels that the plan removes; empty: none
    bool stale = false;
};

/// The state matrix as a map: key channels down, value dims across, blue - neutral - orange centred on 0,
/// with the norm of each row as a bar beside it. Removed channels are hatched.
class StateHeatmap : public QWidget {
    Q_OBJECT

public:
    explicit StateHeatmap(DialogPort& dialogs, QWidget* parent = nullptr);
    ~StateHeatmap() override;

    void setState(StateImage state);
    /// -1: none.
    void setChannel(int channel);
    void setHoverMark(int channel);
    void fit();
    [[nodiscard]] const StateImage& state() const;
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;
    [[nodiscard]] QString describe(int channel, int valueDim) const;

Q_SIGNALS:
    void channelPicked(int channel);
    void hoverMoved(int channel);
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Impl;
    void build();
    void refresh();
    void refreshMarks();
    [[nodiscard]] int channelAt(const QPointF& at) const;
    [[nodiscard]] int valueDimAt(const QPointF& at) const;
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
