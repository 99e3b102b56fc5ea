// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/size_snap.h"

#include "core/plan/pruning_plan.h"
#include "ui/settings/settings.h"

#include <QCoreApplication>

#include <algorithm>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

const std::pair<SizeRule, QString>& nameOf(SizeRule rule)
{
    static const std::pair<SizeRule, QString> kNames[] = { { SizeRule::Any, u"any"_s },
                                                           { SizeRule::MultiplesOf4, u"4"_s },
                                                           { SizeRule::MultiplesOf8, u"8"_s },
                                                           { SizeRule::MultiplesOf16, u"16"_s },
                                                           { SizeRule::OwnKernel, u"kernel"_s } };
    return *std::ranges::find(kNames, rule, &std::pair<SizeRule, QString>::first);
}

} // namespace

SizeSnap::SizeSnap(Settings& settings, QObject* parent)
    : QObject(parent)
    , m_settings(settings)
{
    const QString name = settings.get(setting::sizeRule);
    for (const SizeRule rule :
         { SizeRule::MultiplesOf4, SizeRule::MultiplesOf8, SizeRule::MultiplesOf16, SizeRule::OwnKernel }) {
        if (nameOf(rule).second == name) {
            m_rule = rule;
        }
    }
}

void SizeSnap::setRule(SizeRule rule)
{
    if (rule != m_rule) {
        m_rule = rule;
        m_settings.set(setting::sizeRule, nameOf(rule).second);
        Q_EMIT ruleChanged();
    }
}

int SizeSnap::snapped(int keptKeyDims, int keyDims) const
{
    if (keyDims < 1) {
        return keptKeyDims;
    }
    keptKeyDims = std::clamp(keptKeyDims, 1, keyDims);
    return m_rule == SizeRule::Any ? keptKeyDims
                                   : snapKeyDims(keptKeyDims, sizes(keyDims), SnapRule::Nearest);
}

int SizeSnap::proposal(double pruneRatio, int keyDims) const
{
    return keyDims < 1 ? 0 : snapped(keptKeyDimsForRatio(keyDims, pruneRatio), keyDims);
}

QString SizeSnap::label(SizeRule rule)
{
    switch (rule) {
    case SizeRule::MultiplesOf4:
        return tr("multiples of 4");
    case SizeRule::MultiplesOf8:
        return tr("multiples of 8");
    case SizeRule::MultiplesOf16:
        return tr("multiples of 16");
    case SizeRule::OwnKernel:
        return tr("sizes with own kernels");
    case SizeRule::Any:
        break;
    }
    return tr("any size");
}

QString SizeSnap::description(SizeRule rule)
{
    switch (rule) {
    case SizeRule::MultiplesOf4:
        return tr("Rows of four fp32 values: 16 bytes, the width of one load.");
    case SizeRule::MultiplesOf8:
        return tr("Rows of eight bf16 values, 16 bytes: below that, matrix products fall back to slower "
                  "kernels when heads × kept dims is not a multiple of 8.");
    case SizeRule::MultiplesOf16:
        return tr("The step of the tensor cores, and of the recurrence kernels up to 256.");
    case SizeRule::OwnKernel:
        return tr("Sizes for which a recurrence kernel was built (every 16 up to 256, every 64 beyond): a "
                  "size between two of them is as slow as the larger.");
    case SizeRule::Any:
        break;
    }
    return tr("Every size: the state shrinks with each channel, the speed in steps.");
}

QString sizeReason(int keptKeyDims, const LayerSpec& layer)
{
    const auto say = [](const char* text) { return QCoreApplication::translate("SizeReason", text); };
    const int kernel = kernelKeyDims(keptKeyDims);
    const int divisor = keptKeyDims % 16 == 0 ? 16 : keptKeyDims % 8 == 0 ? 8 : keptKeyDims % 4 == 0 ? 4 : 1;
    QString text = divisor > 1 ? say("%1: a multiple of %2").arg(keptKeyDims).arg(divisor)
                               : say("%1: an odd size").arg(keptKeyDims);
    text += kernel == keptKeyDims ? say(", has its own kernel")
                                  : say(", runs in the kernel for %1 and takes as long as %1").arg(kernel);
    const int width = layer.heads * keptKeyDims;
    if (width % 8 != 0) {
        text += say("; %1 heads × %2 = %3 channels are not a multiple of 8: slower matrix products")
                    .arg(layer.heads)
                    .arg(keptKeyDims)
                    .arg(width);
    }
    return text;
}

} // namespace rankscope
