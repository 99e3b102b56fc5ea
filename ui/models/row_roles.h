// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Qt>

namespace rankscope {

/// What RowDelegate asks of a model beside the usual roles.
enum RowRole {
    ToneRole = Qt::UserRole + 50, ///< int: 1 worse, -1 better, 0 neither
    MutedRole, ///< bool: of lesser weight, or stale
    StrongRole, ///< bool: bold
};

} // namespace rankscope
