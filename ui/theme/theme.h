// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

#include <array>

namespace rankscope {

/// The colours of one look. Widgets find theirs through themeOf(palette()), so a change of palette is all it
/// takes.
struct Theme {
    bool dark = false;
    QColor window;
    QColor panel;
    QColor field; ///< headers and input fields
    QColor border;
    QColor grid;
    QColor text;
    QColor muted;
    QColor accent; ///< kept channels, selection
    QColor onAccent;
    QColor selectedRow;
    QColor removed; ///< always hatched as well
    QColor worse; ///< always with a sign as well
    QColor better;
    std::array<QColor, 8> heads;

    /// Colour of a head; repeats after eight (plots add dashes then).
    [[nodiscard]] QColor head(int index) const { return heads[static_cast<std::size_t>(index % 8)]; }
};

enum class ThemeChoice { System, Light, Dark };

[[nodiscard]] const Theme& lightTheme();
[[nodiscard]] const Theme& darkTheme();
/// The theme whose lightness the palette has.
[[nodiscard]] const Theme& themeOf(const QPalette& palette);
[[nodiscard]] QPalette paletteOf(const Theme& theme);

/// Mix of two colours; 0 gives `from`, 1 gives `to`.
[[nodiscard]] QColor mixed(const QColor& from, const QColor& to, double amount);

/// Ratio of the luminances of two opaque colours, 1 to 21 (WCAG 2.1); text is easy to read from 4.5 on.
[[nodiscard]] double contrastOf(const QColor& one, const QColor& other);
/// The colour of a number that is not final: as much lighter than `colour` as stays easy to read on `panel`.
[[nodiscard]] QColor partialTone(const QColor& colour, const QColor& panel);

/// A tenth smaller than `font`: axis text, captions.
[[nodiscard]] QFont smallFont(QFont font);
/// A quarter larger and bold: the four numbers that decide.
[[nodiscard]] QFont bigNumberFont(QFont font);

/// Installs the style and the palette of `choice` on the application; `systemPalette` decides for System.
void applyTheme(ThemeChoice choice, const QPalette& systemPalette);

} // namespace rankscope
