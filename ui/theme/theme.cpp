// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include <QApplication>

#include <algorithm>
#include <cmath>

namespace rankscope {

namespace {

Theme makeLight()
{
    Theme theme;
    theme.window = QColor(0xee, 0xf0, 0xf3);
    theme.panel = QColor(0xff, 0xff, 0xff);
    theme.field = QColor(0xf7, 0xf8, 0xfa);
    theme.border = QColor(0xd5, 0xda, 0xe1);
    theme.grid = QColor(0xe8, 0xeb, 0xef);
    theme.text = QColor(0x1d, 0x23, 0x30);
    theme.muted = QColor(0x5f, 0x6b, 0x7c);
    theme.accent = QColor(0x24, 0x63, 0xc9);
    theme.onAccent = QColor(0xff, 0xff, 0xff);
    theme.selectedRow = QColor(0xdb, 0xe7, 0xfb);
    theme.removed = QColor(0xc3, 0xca, 0xd4);
    theme.worse = QColor(0xb5, 0x47, 0x08);
    theme.better = QColor(0x0b, 0x6e, 0x4f);
    theme.heads = { QColor(0x00, 0x72, 0xb2), QColor(0xe6, 0x9f, 0x00), QColor(0x00, 0x9e, 0x73),
                    QColor(0xcc, 0x79, 0xa7), QColor(0x56, 0xb4, 0xe9), QColor(0xd5, 0x5e, 0x00),
                    QColor(0x7f, 0x7f, 0x7f), QColor(0x33, 0x22, 0x88) };
    return theme;
}

Theme makeDark()
{
    Theme theme;
    theme.dark = true;
    theme.window = QColor(0x14, 0x16, 0x1a);
    theme.panel = QColor(0x1c, 0x1f, 0x26);
    theme.field = QColor(0x22, 0x26, 0x2e);
    theme.border = QColor(0x32, 0x38, 0x44);
    theme.grid = QColor(0x2a, 0x2f, 0x39);
    theme.text = QColor(0xe7, 0xea, 0xf0);
    theme.muted = QColor(0x9a, 0xa5, 0xb6);
    theme.accent = QColor(0x79, 0xa8, 0xff);
    theme.onAccent = QColor(0x14, 0x16, 0x1a);
    theme.selectedRow = QColor(0x26, 0x3a, 0x5e);
    theme.removed = QColor(0x4a, 0x52, 0x61);
    theme.worse = QColor(0xf0, 0xa3, 0x5e);
    theme.better = QColor(0x5f, 0xc7, 0xa0);
    theme.heads = { QColor(0x4f, 0xa8, 0xe0), QColor(0xf5, 0xb8, 0x2e), QColor(0x35, 0xc7, 0x9b),
                    QColor(0xe8, 0x9b, 0xc6), QColor(0x8f, 0xd0, 0xf5), QColor(0xff, 0x8a, 0x4c),
                    QColor(0xa8, 0xa8, 0xa8), QColor(0x9d, 0x8c, 0xf0) };
    return theme;
}

} // namespace

const Theme& lightTheme()
{
    static const Theme theme = makeLight();
    return theme;
}

const Theme& darkTheme()
{
    static const Theme theme = makeDark();
    return theme;
}

const Theme& themeOf(const QPalette& palette)
{
    return palette.color(QPalette::Active, QPalette::Window).lightness() < 128 ? darkTheme() : lightTheme();
}

QPalette paletteOf(const Theme& theme)
{
    QPalette palette;
    palette.setColor(QPalette::Window, theme.window);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Base, theme.panel);
    palette.setColor(QPalette::AlternateBase, theme.field);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::PlaceholderText, theme.muted);
    palette.setColor(QPalette::Button, theme.field);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.worse);
    palette.setColor(QPalette::Highlight, theme.accent);
    palette.setColor(QPalette::HighlightedText, theme.onAccent);
    palette.setColor(QPalette::Link, theme.accent);
    palette.setColor(QPalette::LinkVisited, theme.accent);
    palette.setColor(QPalette::ToolTipBase, theme.panel);
    palette.setColor(QPalette::ToolTipText, theme.text);
    palette.setColor(QPalette::Light, theme.panel);
    palette.setColor(QPalette::Midlight, theme.grid);
    palette.setColor(QPalette::Mid, theme.border);
    palette.setColor(QPalette::Dark, mixed(theme.border, theme.text, 0.25));
    palette.setColor(QPalette::Shadow, theme.border);
    const QColor disabled = mixed(theme.muted, theme.panel, 0.35);
    for (const QPalette::ColorRole role : { QPalette::WindowText, QPalette::Text, QPalette::ButtonText }) {
        palette.setColor(QPalette::Disabled, role, disabled);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, theme.removed);
    return palette;
}

QColor mixed(const QColor& from, const QColor& to, double amount)
{
    const auto channel = [amount](int a, int b) { return static_cast<int>(a + (b - a) * amount + 0.5); };
    return QColor(channel(from.red(), to.red()), channel(from.green(), to.green()),
                  channel(from.blue(), to.blue()), channel(from.alpha(), to.alpha()));
}

double contrastOf(const QColor& one, const QColor& other)
{
    const auto luminance = [](const QColor& colour) {
        const auto linear = [](double part) {
            return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
            + 0.0722 * linear(colour.blueF());
    };
    const double first = luminance(one);
    const double second = luminance(other);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QColor partialTone(const QColor& colour, const QColor& panel)
{
    constexpr double kLeastContrast = 4.5;
    for (double amount = 0.38; amount > 0.0; amount -= 0.02) {
        const QColor tone = mixed(colour, panel, amount);
        if (contrastOf(tone, panel) >= kLeastContrast) {
            return tone;
        }
    }
    return colour;
}

namespace {

QFont scaled(QFont font, double factor)
{
    if (font.pixelSize() > 0) {
        font.setPixelSize(qMax(1, qRound(font.pixelSize() * factor)));
    } else {
        font.setPointSizeF(font.pointSizeF() * factor);
    }
    return font;
}

} // namespace

QFont smallFont(QFont font)
{
    return scaled(std::move(font), 11.0 / 12.0);
}

QFont bigNumberFont(QFont font)
{
    font = scaled(std::move(font), 15.0 / 12.0);
    font.setBold(true);
    return font;
}

void applyTheme(ThemeChoice choice, const QPalette& systemPalette)
{
    const Theme& theme = choice == ThemeChoice::Light ? lightTheme()
        : choice == ThemeChoice::Dark                 ? darkTheme()
                                                      : themeOf(systemPalette);
    QApplication::setPalette(paletteOf(theme));
}

} // namespace rankscope
