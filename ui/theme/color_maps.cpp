// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/color_maps.h"

#include "ui/theme/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace rankscope {

namespace {

QColor interpolated(std::span<const QRgb> stops, double share)
{
    const double last = static_cast<double>(stops.size() - 1);
    const double at = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) * last : 0.0;
    const auto below = static_cast<std::size_t>(std::min(at, last - 1.0));
    return mixed(QColor(stops[below]), QColor(stops[below + 1]), at - static_cast<double>(below));
}

} // namespace

QColor cividis(double share)
{
    static constexpr std::array<QRgb, 10> kStops {
        0xff00224e, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173,
        0xff8a8678, 0xffa59c74, 0xffc3b369, 0xffe1cc55, 0xfffee838
    };
    return interpolated(kStops, share);
}

QColor diverging(const Theme& theme, double share)
{
    static constexpr std::array<QRgb, 7> kLight { 0xff0a3f87, 0xff2f79c4, 0xff9cc3e8, 0xfff7f7f7,
                                                  0xfff6bf94, 0xffdb7626, 0xff8f4206 };
    static constexpr std::array<QRgb, 7> kDark { 0xffa9d2ff, 0xff4b96e6, 0xff274e7d, 0xff20242b,
                                                 0xff74451f, 0xffe58a3c, 0xffffd0a3 };
    return interpolated(theme.dark ? kDark : kLight, (share + 1.0) / 2.0);
}

QColor inkOn(const QColor& background)
{
    const double luminance
        = 0.2126 * background.redF() + 0.7152 * background.greenF() + 0.0722 * background.blueF();
    return luminance > 0.45 ? QColor(Qt::black) : QColor(Qt::white);
}

} // namespace rankscope
