// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace rankscope {

/// One quantity that the window shows.
struct Definition {
    QString id; ///< "stableRank"; of a pruning method "method." and its id
    QString group;
    QString name;
    QString meaning; ///< HTML: formula and words
    QString range; ///< HTML: values and unit
    QString source; ///< who defines it so
};

/// Every quantity of the window; the methods are those of the registry.
[[nodiscard]] std::vector<Definition> definitions();
/// As a page, for Help > Definitions.
[[nodiscard]] QString definitionsHtml();
/// The definitions of these quantities for a tooltip, as HTML; `note` is plain text that follows them. The
/// ids have to exist.
[[nodiscard]] QString definitionTip(const QStringList& ids, const QString& note = {});

} // namespace rankscope
