// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

namespace rankscope {

/// One quantity that the window shows.
struct Definition {
    QString group;
    QString name;
    QString meaning; ///< HTML: formula and words
    QString range; ///< values and unit
    QString source; ///< who defines it so
};

/// Every quantity of the window.
[[nodiscard]] std::vector<Definition> definitions();
/// As a page, for Help > Definitions.
[[nodiscard]] QString definitionsHtml();

} // namespace rankscope
