// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"

#include <cmath>

namespace rankscope {

double Random::normal()
{
    double x = 0.0;
    double squared = 0.0;
    do {
        x = 2.0 * uniform() - 1.0;
        const double y = 2.0 * uniform() - 1.0;
        squared = x * x + y * y;
    } while (squared >= 1.0 || squared == 0.0);
    return x * std::sqrt(-2.0 * std::log(squared) / squared);
}

} // namespace rankscope
