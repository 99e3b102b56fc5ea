// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/plan_sizing.h"

#include "core/base/narrow.h"
#include "ui/format/numbers.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

std::vector<int> unlockedLayers(const PruningPlan& plan)
{
    std::vector<int> layers;
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        if (plan.layers[idx(layer)].keyDims > 0 && !plan.layers[idx(layer)].locked) {
            layers.push_back(layer);
        }
    }
    return layers;
}

std::int64_t bytesOf(const ModelSpec& spec, const PruningPlan& plan, const std::vector<int>& layers)
{
    std::int64_t bytes = 0;
    for (const int layer : layers) {
        bytes += spec.layers[idx(layer)].stateBytes(plan.layers[idx(layer)].keptKeyDims);
    }
    return bytes;
}

std::vector<LayerShare> sharesOf(const ModelSpec& spec, const PruningPlan& plan,
                                 const std::vector<int>& layers, SizeRule rule)
{
    std::vector<LayerShare> shares;
    for (const int layer : layers) {
        shares.push_back(
            { sizesOfRule(rule, plan.layers[idx(layer)].keyDims), spec.layers[idx(layer)].stateBytes(1) });
    }
    return shares;
}

SizesOfLayers named(const std::vector<int>& layers, const std::vector<int>& sizes)
{
    SizesOfLayers result;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        result[layers[i]] = sizes[i];
    }
    return result;
}

} // namespace

SizesOfLayers sizesForRatio(const PruningPlan& plan, double pruneRatio, SizeRule rule)
{
    SizesOfLayers sizes;
    for (const int layer : unlockedLayers(plan)) {
        const int keyDims = plan.layers[idx(layer)].keyDims;
        sizes[layer] = snapKeyDims(keptKeyDimsForRatio(keyDims, pruneRatio), sizesOfRule(rule, keyDims),
                                   SnapRule::Nearest);
    }
    return sizes;
}

SizesOfLayers sizesForBudget(const ModelSpec& spec, const PruningPlan& plan, std::int64_t budgetBytes,
                             SizeRule rule)
{
    const std::vector<int> layers = unlockedLayers(plan);
    const std::int64_t room
        = budgetBytes - (plan.stateBytes(spec) - bytesOf(spec, plan, layers)); // locked ones come first
    std::vector<int> steps; // the distinct Dk: at the fractions k / Dk some layer gains a channel
    for (const int layer : layers) {
        steps.push_back(plan.layers[idx(layer)].keyDims);
    }
    std::ranges::sort(steps);
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    SizesOfLayers best;
    std::int64_t bestBytes = -1;
    for (const int denominator : steps) {
        for (int numerator = 0; numerator <= denominator; ++numerator) {
            SizesOfLayers sizes;
            std::int64_t bytes = 0;
            for (const int layer : layers) {
                const int keyDims = plan.layers[idx(layer)].keyDims;
                const auto share = narrow<int>(std::int64_t { keyDims } * numerator / denominator); // floor
                sizes[layer] = snapKeyDims(std::max(1, share), sizesOfRule(rule, keyDims), SnapRule::Down);
                bytes += spec.layers[idx(layer)].stateBytes(sizes[layer]);
            }
            if (best.empty() || (bytes <= room && bytes > bestBytes)) {
                best = std::move(sizes);
                bestBytes = bytes;
            }
        }
    }
    return best;
}

SizesOfLayers sizesBySensitivity(const ModelSpec& spec, const PruningPlan& plan,
                                 const std::vector<std::vector<CostPoint>>& costs, SizeRule rule)
{
    const std::vector<int> layers = unlockedLayers(plan);
    const std::int64_t budget = bytesOf(spec, plan, layers);
    std::vector<std::vector<CostPoint>> curves;
    for (const int layer : layers) {
        curves.push_back(costs[idx(layer)]);
    }
    std::vector<LayerShare> shares = sharesOf(spec, plan, layers, rule);
    std::int64_t least = 0;
    std::vector<LayerShare> measured = shares;
    for (std::size_t i = 0; i < measured.size(); ++i) {
        std::erase_if(measured[i].sizes, [&](int size) { return size < curves[i].front().keptKeyDims; });
        least += measured[i].rowBytes * measured[i].sizes.front();
    }
    if (least <= budget) {
        shares = std::move(measured);
    }
    return named(layers, shareByCost(shares, curves, budget));
}

SizesOfLayers sizesByRank(const ModelSpec& spec, const PruningPlan& plan, const SpectraSummary& spectra,
                          SizeRule rule)
{
    const std::vector<int> layers = unlockedLayers(plan);
    std::vector<double> weights;
    for (const int layer : layers) {
        const bool known = layer < std::ssize(spectra.layers) && spectra.layers[idx(layer)].heads > 0;
        weights.push_back(known ? std::max(1.0, spectra.layers[idx(layer)].entropy.high) : 1.0);
    }
    return named(layers,
                 shareInProportion(sharesOf(spec, plan, layers, rule), weights, bytesOf(spec, plan, layers)));
}

SizesOfLayers sizesSnapped(const PruningPlan& plan, SizeRule rule)
{
    SizesOfLayers sizes;
    for (const int layer : unlockedLayers(plan)) {
        const LayerPlan& planned = plan.layers[idx(layer)];
        sizes[layer] = planned.keptKeyDims == planned.keyDims
            ? planned.keyDims
            : snapKeyDims(planned.keptKeyDims, sizesOfRule(rule, planned.keyDims), SnapRule::Nearest);
    }
    return sizes;
}

std::vector<int> keptWith(const PruningPlan& plan, const SizesOfLayers& sizes)
{
    std::vector<int> kept;
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        const auto found = sizes.find(layer);
        kept.push_back(found != sizes.end() ? found->second : plan.layers[idx(layer)].keptKeyDims);
    }
    return kept;
}

QString budgetText(const StateBudget& budget)
{
    return budget.percent ? QString::number(*budget.percent, 'g', 6) + u" %"_s : formatBytes(budget.bytes);
}

std::optional<StateBudget> parseBudget(const QString& text, std::int64_t fullBytes, const QString& shown)
{
    static const QRegularExpression kPattern(
        u"^\\s*([0-9]+(?:[.,][0-9]+)?)\\s*(%|b|bytes|k|kb|kib|m|mb|mib|g|gb|gib)?\\s*$"_s,
        QRegularExpression::CaseInsensitiveOption);
    const QRegularExpressionMatch match = kPattern.match(QString(text).remove(QChar(0x2009)));
    if (!match.hasMatch()) {
        return std::nullopt;
    }
    const double value = match.captured(1).replace(u',', u'.').toDouble();
    const QString typed = match.captured(2);
    const QString unit = (typed.isEmpty() ? kPattern.match(shown).captured(2) : typed).toLower();
    double factor = 1.0;
    if (unit == u"%") {
        factor = static_cast<double>(fullBytes) / 100.0;
    } else if (unit.startsWith(u'k')) {
        factor = 1024.0;
    } else if (unit.startsWith(u'm')) {
        factor = 1024.0 * 1024.0;
    } else if (unit.startsWith(u'g')) {
        factor = 1024.0 * 1024.0 * 1024.0;
    }
    const double bytes = value * factor;
    if (bytes > 9e15) {
        return std::nullopt;
    }
    return StateBudget { static_cast<std::int64_t>(std::llround(bytes)),
                         unit == u"%" ? std::optional(value) : std::nullopt };
}

} // namespace rankscope
