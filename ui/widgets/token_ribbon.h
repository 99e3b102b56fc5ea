// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

#include <vector>

namespace rankscope {

/// One line of text around the selected token, each token on the colour of its value: readable however far
/// the plot above is zoomed out.
class TokenRibbon : public QWidget {
    Q_OBJECT

public:
    explicit TokenRibbon(QWidget* parent = nullptr);

    /// Share of the colour map per token, 0..1; NaN for unknown.
    void setTokens(std::vector<QString> labels, std::vector<double> shares);
    void setSelected(int token);
    void setHoverMark(int token);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return QSize(80, sizeHint().height()); }
    [[nodiscard]] int tokenAt(int x) const;

Q_SIGNALS:
    void tokenPicked(int token);
    void hoverMoved(int token);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Box {
        int token = 0;
        double left = 0.0;
        double width = 0.0;
    };
    /// Boxes of the tokens that fit, the selected one at the left third.
    [[nodiscard]] std::vector<Box> boxes() const;

    std::vector<QString> m_labels;
    std::vector<double> m_shares;
    int m_selected = -1;
    int m_hover = -1;
};

} // namespace rankscope
