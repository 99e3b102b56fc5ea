// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

class QFont;

namespace rankscope {

/// What stands under an axis of tokens: every token's text, or every n-th as soon as texts would touch;
/// numbers once they are too far apart to be read as text.
class TokenLabels {
public:
    void setLabels(const std::vector<QString>& labels, const QFont& font);
    /// Lays out tokens lower..upper (fractions of tokens at the ends) over that many pixels.
    void layOut(double lower, double upper, double pixels);

    [[nodiscard]] int stride() const { return m_stride; }
    [[nodiscard]] const std::vector<int>& ticks() const { return m_ticks; }
    /// With the present stride: the elided text, or the token's number from 1.
    [[nodiscard]] QString text(int token) const;
    /// Pixels that the text of a token takes.
    [[nodiscard]] double width(int token) const { return m_widths[static_cast<std::size_t>(token)]; }

private:
    std::vector<QString> m_labels; ///< elided
    std::vector<double> m_widths;
    std::vector<int> m_ticks;
    int m_stride = 1;
};

} // namespace rankscope
