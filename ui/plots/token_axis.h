// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/plots/qcp.h"

#include <QFontMetricsF>

#include <vector>

namespace rankscope {

/// Ticks of an axis of tokens: every token's text, or every n-th as soon as texts would touch.
class TokenTicker : public QCPAxisTicker {
public:
    void setLabels(const std::vector<QString>& labels, const QFont& font);
    /// Pixels that the visible range of the axis has.
    void setPixels(double pixels) { m_pixels = pixels; }
    /// Every n-th token of `range` gets its text.
    [[nodiscard]] int strideFor(const QCPRange& range) const;

protected:
    QVector<double> createTickVector(double tickStep, const QCPRange& range) override;
    QString getTickLabel(double tick, const QLocale& locale, QChar formatChar, int precision) override;
    int getSubTickCount(double) override { return 0; }

private:
    std::vector<QString> m_labels; ///< elided
    std::vector<double> m_widths;
    double m_pixels = 100.0;
};

} // namespace rankscope
