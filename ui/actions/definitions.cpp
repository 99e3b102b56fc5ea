// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/definitions.h"

#include <QCoreApplication>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Definitions", text);
}

} // namespace

std::vector<Definition> definitions()
{
    const QString paper = tr("arXiv 2602.04852");
    const QString own = tr("Rankscope");
    const QString state = tr("State and its ranks");
    const QString plan = tr("Plan");
    const QString quality = tr("Quality");
    const QString method = tr("Importance of channels");
    return {
        { state, tr("State S"),
          tr("the matrix that a head carries from token to token: S ← α S (I − β k kᵀ) + β v kᵀ, with α = 1 "
             "for "
             "DeltaNet. Dk rows of key channels, Dv columns of values."),
          tr("fp32, [HV, Dk, Dv] per layer"), tr("DeltaNet, Gated DeltaNet") },
        { state, tr("State per sequence"), tr("Σ over layers of HV · kept · Dv · 4 bytes"), tr("bytes"),
          own },
        { state, tr("Singular values σ"),
          tr("of the state of one head after a token, descending. With several windows: the median, and the "
             "band of "
             "the quartiles. Values below the floor lie on the floor line."),
          tr("≥ 0; shown down to 10<sup>−4</sup> of the axis"), own },
        { state, tr("Stable rank"), tr("‖S‖²<sub>F</sub> / ‖S‖²<sub>2</sub> = Σσ² / σ₁²"),
          tr("1 … min(Dk, Dv)"), paper },
        { state, tr("Utilisation"), tr("stable rank / min(Dk, Dv)"), tr("0 … 100 %"), paper },
        { state, tr("Threshold rank"), tr("number of singular values above 10<sup>−4</sup> of the largest"),
          tr("0 … min(Dk, Dv)"), own },
        { state, tr("Entropy rank"), tr("exp(−Σ p ln p) with p = σ / Σσ"), tr("1 … min(Dk, Dv)"),
          tr("Roy and Vetterli 2007") },
        { plan, tr("Key channel"), tr("one of the Dk coordinates that q and k of a head share"),
          tr("0 … Dk − 1"), own },
        { plan, tr("Kept dims"), tr("how many key channels of each head of a layer stay"), tr("1 … Dk"),
          paper },
        { plan, tr("Prune ratio"), tr("fraction removed; kept = max(1, ⌊Dk (1 − ratio)⌋)"), tr("0 … 1"),
          paper },
        { plan,
          tr("Masked model"),
          tr("the same weights with the removed channels set to zero after the activation, and the query "
             "scale of the "
             "kept size: computes what the written checkpoint computes"),
          {},
          own },
        { method, tr("Strong RRQR"),
          tr("greedy pivots of a QR decomposition of the keys' Gram matrix, improved by Gu-Eisenstat swaps; "
             "the "
             "importance is |R<sub>ii</sub>| relative to the first"),
          tr("0 … 1"), paper },
        { method, tr("L1, L2"), tr("norm of the rows of q_proj and k_proj that make the channel"), tr("≥ 0"),
          paper },
        { method, tr("Wanda"),
          tr("Σ |weight| · ‖input‖<sub>2</sub> over the channel's rows, inputs from the "
             "calibration text"),
          tr("≥ 0"), tr("Sun et al. 2023") },
        { method, tr("Taylor"), tr("|Σ weight · gradient of the loss| over the channel's rows"), tr("≥ 0"),
          tr("Molchanov et al. 2019") },
        { method, tr("Share of the importance"), tr("Σ of the removed channels' scores / Σ of all"),
          tr("0 … 100 %"), own },
        { quality,
          tr("Calibration text, evaluation text"),
          tr("what selection may see; what only scoring sees. An overlap of the two is reported."),
          {},
          own },
        { quality,
          tr("NLL"),
          tr("mean over predicted tokens of −ln p(token | tokens before it in its window)"),
          tr("nats per token"),
          {} },
        { quality,
          tr("Perplexity"),
          tr("exp(NLL); with the tokenizer of the model, so not comparable between models"),
          tr("≥ 1"),
          {} },
        { quality, tr("Δ NLL"),
          tr("candidate minus baseline on the same windows: the mean of the paired differences. Coloured "
             "only when "
             "the interval excludes zero."),
          tr("nats per token"), own },
        { quality, tr("95 % interval"), tr("of the mean Δ: bootstrap over windows"), tr("nats per token"),
          own },
        { quality, tr("Δ alone"), tr("Δ NLL with only this layer pruned as planned"), tr("nats per token"),
          own },
        { quality, tr("Sensitivity"), tr("Δ NLL of one layer alone at a few kept sizes"),
          tr("nats per token"), own },
        { quality,
          tr("KL"),
          tr("Σ p<sub>dense</sub> ln(p<sub>dense</sub> / p<sub>candidate</sub>) over the "
             "vocabulary, mean over tokens"),
          tr("≥ 0, nats"),
          {} },
        { quality,
          tr("Top-1 agreement"),
          tr("tokens where both models put the same token first; Wilson interval"),
          tr("0 … 100 %"),
          {} },
        { quality, tr("Verification"),
          tr("logits of the written checkpoint, reopened by a fresh process, against those of the masked "
             "model on "
             "random tokens: rms(difference) / rms(masked)"),
          tr("passes below the stated bound"), own },
    };
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
        QString details = entry.range;
        if (!entry.source.isEmpty()) {
            details += (details.isEmpty() ? QString() : u" · "_s) + entry.source;
        }
        html += u"<tr><td width=\"26%\"><b>%1</b></td><td>%2%3</td></tr>"_s.arg(
            entry.name.toHtmlEscaped(), entry.meaning,
            details.isEmpty() ? QString() : u"<br><i>%1</i>"_s.arg(details));
    }
    return html + u"</table>"_s;
}

} // namespace rankscope
