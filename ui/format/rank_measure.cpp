// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/format/rank_measure.h"

#include "ui/actions/definitions.h"

#include <QCoreApplication>

namespace rankscope {

using namespace Qt::StringLiterals;

double rankOf(const RankMeasures& ranks, RankMeasure measure)
{
    switch (measure) {
    case RankMeasure::Entropy:
        return ranks.entropyRank;
    case RankMeasure::Stable:
        return ranks.stableRank;
    case RankMeasure::Threshold:
        break;
    }
    return ranks.thresholdRank;
}

QString measureName(RankMeasure measure)
{
    switch (measure) {
    case RankMeasure::Entropy:
        return QCoreApplication::translate("RankMeasure", "entropy rank");
    case RankMeasure::Stable:
        return QCoreApplication::translate("RankMeasure", "stable rank");
    case RankMeasure::Threshold:
        break;
    }
    return QCoreApplication::translate("RankMeasure", "threshold rank");
}

QString measureDefinition(RankMeasure measure, const QString& note)
{
    return definitionTip({ measure == RankMeasure::Entropy      ? u"entropyRank"_s
                               : measure == RankMeasure::Stable ? u"stableRank"_s
                                                                : u"thresholdRank"_s },
                         note);
}

} // namespace rankscope
