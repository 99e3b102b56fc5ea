// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_theme.h"

#include "ui/format/numbers.h"
#include "ui/plots/draw_once.h"
#include "ui/plots/qcp.h"
#include "ui/theme/color_maps.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

/// Of the widget around the plot: that hears of another palette first, and then dresses the plot.
const Theme& themeAround(const QCustomPlot& plot)
{
    return themeOf(plot.parentWidget() != nullptr ? plot.parentWidget()->palette() : plot.palette());
}

} // namespace

void applyPlotTheme(QCustomPlot& plot)
{
    drawResizedOnce(plot);
    const Theme& theme = themeAround(plot);
    const QFont font = smallFont(plot.font());
    plot.setBackground(QBrush(theme.panel));
    for (QCPAxis* axis : { plot.xAxis, plot.yAxis, plot.xAxis2, plot.yAxis2 }) {
        axis->setBasePen(QPen(theme.border, 1.0));
        axis->setTickPen(QPen(theme.border, 1.0));
        axis->setSubTickPen(QPen(Qt::NoPen));
        axis->setTickLabelColor(theme.muted);
        axis->setLabelColor(theme.muted);
        axis->setTickLabelFont(font);
        axis->setLabelFont(font);
        axis->setSelectedBasePen(QPen(theme.accent, 1.0));
        axis->setSelectedTickLabelColor(theme.text);
        axis->setSelectedLabelColor(theme.text);
        axis->setTickLengthIn(0);
        axis->setTickLengthOut(3);
        axis->setLabelPadding(4);
        axis->grid()->setPen(QPen(theme.grid, 1.0));
        axis->grid()->setZeroLinePen(QPen(theme.border, 1.0));
        axis->grid()->setSubGridVisible(false);
    }
}

void setAxisLabel(QCPAxis& axis, const QString& label)
{
    if (axis.label() != label) {
        axis.setLabel(label);
    }
}

void makeLogarithmic(QCPAxis& axis)
{
    axis.setScaleType(QCPAxis::stLogarithmic);
    const QSharedPointer<QCPAxisTickerLog> ticker(new QCPAxisTickerLog);
    ticker->setSubTickCount(0);
    axis.setTicker(ticker);
    axis.setNumberFormat(QStringLiteral("eb"));
    axis.setNumberPrecision(0);
}

void makeIntegral(QCPAxis& axis)
{
    class IntegerTicker : public QCPAxisTicker {
    protected:
        double getTickStep(const QCPRange& range) override
        {
            return std::max(1.0, std::round(QCPAxisTicker::getTickStep(range)));
        }
    };
    axis.setTicker(QSharedPointer<QCPAxisTicker>(new IntegerTicker));
}

void makeBinary(QCPAxis& axis)
{
    axis.setScaleType(QCPAxis::stLogarithmic);
    const QSharedPointer<QCPAxisTickerLog> ticker(new QCPAxisTickerLog);
    ticker->setLogBase(2.0);
    ticker->setSubTickCount(0);
    axis.setTicker(ticker);
    axis.setNumberFormat(QStringLiteral("g"));
    axis.setNumberPrecision(6);
}

void applyScaleTheme(QCPColorScale& scale)
{
    const QCustomPlot& plot = *scale.parentPlot();
    const Theme& theme = themeAround(plot);
    for (const QCPAxis::AxisType side :
         { QCPAxis::atLeft, QCPAxis::atRight, QCPAxis::atTop, QCPAxis::atBottom }) {
        for (QCPAxis* axis : scale.axis()->axisRect()->axes(side)) {
            axis->setBasePen(QPen(theme.border, 1.0));
            axis->setTickPen(QPen(theme.border, 1.0));
            axis->setSubTickPen(Qt::NoPen);
            axis->setTickLengthIn(0);
            axis->setTickLengthOut(3);
            axis->setTickLabelFont(smallFont(plot.font()));
            axis->setTickLabelColor(theme.muted);
            axis->setLabelFont(smallFont(plot.font()));
            axis->setLabelColor(theme.muted);
        }
    }
}

QCPColorGradient cividisGradient()
{
    QCPColorGradient gradient;
    gradient.clearColorStops();
    gradient.setLevelCount(256);
    for (int stop = 0; stop <= 18; ++stop) {
        gradient.setColorStopAt(stop / 18.0, cividis(stop / 18.0));
    }
    return gradient;
}

QCPColorGradient divergingGradient(const Theme& theme)
{
    QCPColorGradient gradient;
    gradient.clearColorStops();
    gradient.setLevelCount(255); // odd: zero has a colour of its own
    for (int stop = -12; stop <= 12; ++stop) {
        gradient.setColorStopAt((stop + 12) / 24.0, diverging(theme, stop / 12.0));
    }
    return gradient;
}

int tickDecimals(double step)
{
    constexpr int kMost = 6;
    int decimals
        = std::clamp(static_cast<int>(-std::floor(std::log10(std::max(1e-9, step)) + 1e-9)), 0, kMost);
    const double scaled = step * std::pow(10.0, decimals);
    if (std::abs(scaled - std::round(scaled)) > 1e-3 && decimals < kMost) {
        ++decimals; // 0.025: with two decimals its multiples would be wrong
    }
    return decimals;
}

void makeSigned(QCPAxis& axis)
{
    class SignedTicker : public QCPAxisTicker {
    protected:
        QString getTickLabel(double tick, const QLocale&, QChar, int) override
        {
            return std::abs(tick) < m_step * 1e-6 ? QStringLiteral("0")
                                                  : formatSigned(tick, tickDecimals(m_step));
        }
        double getTickStep(const QCPRange& range) override
        {
            m_step = QCPAxisTicker::getTickStep(range);
            return m_step;
        }

    private:
        double m_step = 1.0;
    };
    axis.setTicker(QSharedPointer<QCPAxisTicker>(new SignedTicker));
}

} // namespace rankscope
