// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <memory>
#include <vector>

class QCustomPlot;

namespace rankscope {

class DialogPort;

/// Importance of the key channels of one head, sorted; kept and removed by fill and by hatching; a cut line
/// that can be dragged.
class ImportancePlot : public QWidget {
    Q_OBJECT

public:
    explicit ImportancePlot(DialogPort& dialogs, QWidget* parent = nullptr);
    ~ImportancePlot() override;

    struct Data {
        int layer = -1;
        int head = -1;
        std::vector<double> scores; ///< [Dk] by channel
        std::vector<int> kept; ///< ascending channels
        QString scoreLabel;
        bool editable = true;
    };
    void setData(Data shown);
    [[nodiscard]] QCustomPlot* plot() const;
    [[nodiscard]] QString csv() const;

Q_SIGNALS:
    void cutDragged(int kept, bool first);
    void hovered(const QString& text);
    void problem(const QString& sentence);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Impl;
    void refresh();
    void onMouse(const QPointF& at, bool pressed, bool released);
    std::unique_ptr<Impl> m_impl;
};

} // namespace rankscope
