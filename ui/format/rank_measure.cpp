// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/format/rank_measure.h"

#include <QCoreApplication>

namespace rankscope {

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

QString measureDefinition(RankMeasure measure)
{
    switch (measure) {
    case RankMeasure::Entropy:
        return QCoreApplication::translate(
            "RankMeasure",
            "Entropy rank: exp(−Σ p ln p) with p = σ/Σσ, from 1 to min(Dk, Dv).\n"
            "How many directions the state really mixes. (Roy and Vetterli 2007, effective rank)");
    case RankMeasure::Stable:
        return QCoreApplication::translate(
            "RankMeasure",
            "Stable rank: ‖S‖²_F / ‖S‖²₂ = Σσ² / σ₁², from 1 to min(Dk, Dv).\n"
            "Near 1 when one direction dominates. (arXiv 2602.04852; divided by min(Dk, Dv) it is the "
            "utilisation)");
    case RankMeasure::Threshold:
        break;
    }
    return QCoreApplication::translate(
        "RankMeasure",
        "Threshold rank: the number of singular values above 10⁻⁴ of the largest.\n"
        "What numerical linear algebra would call the rank at that tolerance.");
}

} // namespace rankscope
