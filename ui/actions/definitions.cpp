// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/definitions.h"

#include "core/pruning/method_registry.h"

#include <QCoreApplication>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Definitions", text);
}

using List = std::vector<Definition>;

QString paper()
{
    return u"arXiv 2602.04852"_s;
}

void addState(List& list)
{
    const QString group = tr("State and its ranks");
    const QString own = tr("Rankscope");
    list.insert(
        list.end(),
        {
            { u"state"_s, group, tr("State S"),
              tr("The matrix that a head carries from token to token: S ← α (I − β k k<sup>T</sup>) S + "
                 "β\u00a0k\u00a0v<sup>T</sup>, with α = 1 for DeltaNet; the output is S<sup>T</sup> q / √Dk. "
                 "Dk rows "
                 "of "
                 "key "
                 "channels, Dv columns of values."),
              tr("fp32, [HV, Dk, Dv] per layer"), tr("DeltaNet, Yang et al. 2024; Gated DeltaNet 2025") },
            { u"stateBytes"_s, group, tr("State per sequence"),
              tr("Σ over layers of HV · kept · Dv · 4 bytes: the fp32 state that decoding one sequence "
                 "holds."),
              tr("bytes"), own },
            { u"singularValues"_s, group, tr("Singular values σ"),
              tr("Of the state of one head after a token, descending. With several windows: the median, and "
                 "the band of the quartiles. Values below the floor of the axis lie on the floor line."),
              tr("≥ 0; the floor is 3 to 6 decades below the top of the axis, as chosen"), own },
            { u"stableRank"_s, group, tr("Stable rank"),
              tr("‖\u2009S\u2009‖²<sub>F</sub> / ‖\u2009S\u2009‖²<sub>2</sub> = Σσ² / σ₁². Near 1 when one "
                 "direction dominates."),
              tr("1 … min(Dk, Dv)"), paper() },
            { u"utilisation"_s, group, tr("Utilisation"),
              tr("Stable rank / min(Dk, Dv), of the state after the token. The paper measures the state "
                 "before the token is absorbed, and divides by the pruned size once there is one; here the "
                 "divisor is always that of the open model."),
              tr("0 … 100 %"), paper() },
            { u"thresholdRank"_s, group, tr("Threshold rank"),
              tr("Number of singular values above 10<sup>−4</sup> of the largest: the numerical rank at that "
                 "tolerance."),
              tr("0 … min(Dk, Dv)"), own },
            { u"entropyRank"_s, group, tr("Entropy rank"),
              tr("exp(−Σ p ln p) with p = σ / Σσ: how many directions the state really mixes."),
              tr("1 … min(Dk, Dv)"), tr("Roy and Vetterli 2007, effective rank") },
            { u"stateMap"_s, group, tr("Colours of the state"),
              tr("Entries of S from −m to m, blue to orange, saturated beyond. m is the 99.5\u00a0% quantile "
                 "of "
                 "|S| "
                 "of the head: of its largest state in the window, so that tokens can be compared, or of "
                 "this "
                 "token's state."),
              tr("−m … m"), own },
        });
}

void addPlan(List& list)
{
    const QString group = tr("Plan");
    const QString own = tr("Rankscope");
    list.insert(
        list.end(),
        {
            { u"keyChannel"_s, group, tr("Key channel"),
              tr("One of the Dk coordinates that q and k of a head share: a row of its state."),
              tr("0 … Dk − 1"), paper() },
            { u"keptDims"_s, group, tr("Kept dims"),
              tr("How many key channels of each head of a layer stay."), tr("1 … Dk"), paper() },
            { u"pruneRatio"_s, group, tr("Prune ratio"),
              tr("Fraction removed; kept = max(1, ⌊Dk (1 − ratio)⌋), then the rule for useful sizes, if one "
                 "is "
                 "chosen."),
              tr("0 … 1"), paper() },
            { u"usefulSizes"_s,
              group,
              tr("Useful sizes"),
              tr("Multiples of 4 or 8 fill 16-byte loads of fp32 or bf16 rows, multiples of 16 the step of "
                 "the tensor cores. Own kernels: sizes for which a recurrence kernel was built, every 16 up "
                 "to "
                 "256 and every 64 beyond; a size between two of them takes as long as the larger."),
              {},
              own },
            { u"candidate"_s,
              group,
              tr("Candidate"),
              tr("A plan with its results. Each plan has one row per text and window length; the deltas of a "
                 "row are paired over the windows that both have."),
              {},
              own },
            { u"paretoFront"_s,
              group,
              tr("Pareto front"),
              tr("The candidates that no other one beats in both state bytes and loss: fewer bytes cost more "
                 "loss along the line."),
              {},
              tr("Pareto efficiency") },
            { u"maskedModel"_s,
              group,
              tr("Masked model"),
              tr("The same weights with the removed channels set to zero after the activation, and the query "
                 "scale of the kept size: computes what the written checkpoint computes."),
              {},
              own },
        });
}

void addMethods(List& list)
{
    const QString group = tr("Importance of channels");
    for (const MethodInfo& method : pruningMethods()) {
        // Descriptions end with their source.
        const QString mark = u" Source: "_s;
        const QString text = QString::fromUtf8(method.description);
        const qsizetype at = text.lastIndexOf(mark);
        list.push_back({ u"method."_s + QString::fromUtf8(method.id), group, QString::fromUtf8(method.label),
                         text.left(at).toHtmlEscaped(),
                         tr("score: %1").arg(QString::fromUtf8(method.scoreLabel).toHtmlEscaped()),
                         at < 0 ? QString() : text.mid(at + mark.size()).chopped(1) });
    }
    list.push_back({ u"importanceShare"_s, group, tr("Share of the importance"),
                     tr("Σ of the removed channels' scores / Σ of all."), tr("0 … 100 %"), tr("Rankscope") });
}

void addQuality(List& list)
{
    const QString group = tr("Quality");
    const QString own = tr("Rankscope");
    const QString nats = tr("nats per token");
    const QString bootstrap = tr("Efron 1979, percentile bootstrap");
    list.insert(
        list.end(),
        {
            { u"texts"_s,
              group,
              tr("Calibration text, evaluation text"),
              tr("What selection may see; what only scoring sees. An overlap of the two is reported."),
              {},
              own },
            { u"nll"_s, group, tr("NLL"),
              tr("Mean over predicted tokens of −ln p(token | tokens before it in its window); every window "
                 "starts from a zero state."),
              nats, tr("cross entropy, Shannon 1948") },
            { u"perplexity"_s, group, tr("Perplexity"),
              tr("exp(NLL); per token of the model's tokenizer, so not comparable between tokenizers."),
              tr("≥ 1"), tr("Jelinek et al. 1977") },
            { u"deltaNll"_s, group, tr("Δ NLL"),
              tr("Candidate minus reference on the same windows: the mean of the paired differences. The "
                 "reference is the dense model, or the candidate that is pinned. Coloured only when the "
                 "interval excludes zero."),
              nats, own },
            { u"interval"_s, group, tr("95 % interval"),
              tr("Of the mean Δ: 2.5 % and 97.5 % quantiles of 2000 resamples of the windows from a fixed "
                 "seed."),
              nats, bootstrap },
            { u"runningBand"_s, group, tr("Running mean and band"),
              tr("Mean Δ over the windows so far with its 95 % interval, from a bootstrap that grows by a "
                 "window at a time: each window counts a Poisson(1) number of times in each of 2000 "
                 "resamples."),
              nats, tr("Hanley and MacGibbon 2006, Poisson bootstrap") },
            { u"deltaAlone"_s, group, tr("Δ alone"), tr("Δ NLL with only this layer pruned as planned."),
              nats, own },
            { u"sensitivity"_s, group, tr("Sensitivity"),
              tr("Δ NLL of one layer alone at 1/8, 1/4, 1/2 and 3/4 of its key dims, on a few windows; drawn "
                 "on a square-root scale that all layers share."),
              nats, own },
            { u"estimatedDelta"_s, group, tr("≈ Δ NLL, from single-layer probes"),
              tr("The measured Δ of the present plan, moved along every layer's own sensitivity curve. An "
                 "estimate: losses of layers do not simply add up."),
              nats, own },
            { u"kl"_s, group, tr("KL"),
              tr("KL(dense ‖ pruned) = Σ p<sub>dense</sub> ln(p<sub>dense</sub> / p<sub>pruned</sub>) over "
                 "the vocabulary, mean over predicted tokens; the interval resamples windows."),
              tr("≥ 0, nats"), tr("Kullback and Leibler 1951") },
            { u"sameTop"_s, group, tr("Top-1 agreement"),
              tr("Share of predictions where both models put the same token first, with its 95 % Wilson "
                 "interval over tokens."),
              tr("0 … 100 %"), tr("Wilson 1927 (interval)") },
            { u"verification"_s, group, tr("Verification"),
              tr("Logits of the written checkpoint, reopened by a fresh process, against those of the masked "
                 "model on random tokens: rms(difference) / rms(masked)."),
              tr("passes below the stated bound"), own },
        });
}

QString detailsOf(const Definition& entry)
{
    return entry.range + (entry.range.isEmpty() || entry.source.isEmpty() ? QString() : u" · "_s)
        + entry.source.toHtmlEscaped();
}

} // namespace

std::vector<Definition> definitions()
{
    List list;
    addState(list);
    addPlan(list);
    addMethods(list);
    addQuality(list);
    return list;
}

QString definitionsHtml()
{
    QString html;
    QString group;
    for (const Definition& entry : definitions()) {
        if (entry.group != group) {
            html += (group.isEmpty() ? QString() : u"</table>"_s)
                + u"<h3>%1</h3><table cellpadding=\"3\">"_s.arg(entry.group.toHtmlEscaped());
            group = entry.group;
        }
        html += u"<tr><td width=\"26%\"><b>%1</b></td><td>%2<br><i>%3</i></td></tr>"_s.arg(
            entry.name.toHtmlEscaped(), entry.meaning, detailsOf(entry));
    }
    return html + u"</table>"_s;
}

QString definitionTip(const QStringList& ids, const QString& note)
{
    const List list = definitions();
    QString html;
    for (const QString& id : ids) {
        const auto found = std::ranges::find(list, id, &Definition::id);
        Q_ASSERT(found != list.end());
        if (found != list.end()) {
            html += u"<p><b>%1</b>: %2<br><i>%3</i></p>"_s.arg(found->name.toHtmlEscaped(), found->meaning,
                                                               detailsOf(*found));
        }
    }
    if (!note.isEmpty()) {
        html += u"<p>"_s + note.toHtmlEscaped().replace(u'\n', u"<br>"_s) + u"</p>"_s;
    }
    return html;
}

} // namespace rankscope
