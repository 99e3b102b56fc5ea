// SPDX-License-Identifier: GPL-3.0-or-later
// What a control of the plan panel would give, and the edits that share out a budget.
#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/document/layer_probes.h"
#include "ui/document/method_change.h"
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/models/override_list_model.h"
#include "ui/panels/plan_panel.h"
#include "ui/theme/theme.h"
#include "ui/widgets/ratio_editor.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPushButton>
#include <QSlider>
#include <QStyle>
#include <QStyleOptionSlider>
#include <QTableView>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

QString PlanPanel::previewText() const
{
    return m_preview->accessibleName();
}

/// "184 of 384 dims · 184 KiB (−52 %)".
QString PlanPanel::sizesText(const std::vector<int>& kept) const
{
    std::int64_t dims = 0;
    std::int64_t full = 0;
    for (std::size_t layer = 0; layer < kept.size(); ++layer) {
        dims += kept[layer];
        full += m_document.plan().layers[layer].keyDims;
    }
    const std::int64_t bytes = stateBytesOf(m_document.spec(), kept);
    const std::int64_t fullBytes = m_document.spec().stateBytes();
    return tr("%1 of %2 dims · %3 (%4)")
        .arg(formatCount(dims), formatCount(full), formatBytes(bytes),
             formatPercentChange(static_cast<double>(fullBytes), static_cast<double>(bytes)));
}

/// With "≈ +0.110 nats, from single-layer probes", or what was measured.
QString PlanPanel::outcome(const std::vector<int>& kept, bool estimated) const
{
    QString text = sizesText(kept);
    if (estimated) {
        if (const std::optional<double> delta = m_probes.estimate(kept)) {
            text += u" · "_s + tr("≈ %1 nats, from single-layer probes").arg(formatSigned(*delta, 3));
        }
    } else if (const std::optional<PairedDelta> delta = m_workbench.denseDelta();
               delta && m_workbench.candidateTrust() == Trust::Final) {
        text += u" · "_s + tr("measured %1 nats against dense").arg(formatSigned(delta->meanNll, 3));
    }
    return text;
}

/// The sizes stay as they are; whether its loss is known, and what it would take.
QString PlanPanel::outcomeOfMethod(const PruningPlan& plan) const
{
    QStringList parts { sizesText(keptWith(plan, {})) };
    if (plan.keepsAll()) {
        parts << tr("no difference while nothing is removed");
        return parts.join(u" · "_s);
    }
    const MethodInfo* method = findMethod(plan.method);
    if (const std::optional<double> loss = m_workbench.knownLoss(plan)) {
        parts << tr("measured %1 nats against dense").arg(formatSigned(*loss, 3));
    } else if (method != nullptr && method->needsStatistics && m_workbench.statistics() == nullptr) {
        parts << tr("other channels, once it has read the calibration text");
    } else {
        parts << tr("other channels, to be selected and measured");
    }
    const auto kept = std::ranges::count_if(
        plan.layers, [](const LayerPlan& layer) { return layer.locked && !layer.kept.empty(); });
    if (kept > 0) {
        parts << (kept == 1 ? tr("1 locked layer keeps its own")
                            : tr("%1 locked layers keep their own").arg(kept));
    }
    return parts.join(u" · "_s);
}

void PlanPanel::previewMethod(int index)
{
    const std::string id = m_method->itemData(index).toString().toStdString();
    if (!m_document.isOpen() || id == m_document.plan().method) {
        preview(std::nullopt, {});
        return;
    }
    const QString name = m_method->itemText(index);
    m_previewSource = name;
    showPreview(tr("%1 would give").arg(name),
                outcomeOfMethod(withMethod(m_document.plan(), id, m_workbench.selectedPlan())), true);
    Q_EMIT hovered(m_method->itemData(index, Qt::ToolTipRole).toString());
}

void PlanPanel::showPreview(const QString& head, const QString& body, bool ofProposal)
{
    const Theme& theme = themeOf(palette());
    m_preview->setText(u"<span style=\"color:%1\"><b>%2</b></span> <span style=\"color:%3\">%4</span>"_s.arg(
        ofProposal ? theme.accent.name() : theme.muted.name(), head.toHtmlEscaped(),
        ofProposal ? theme.text.name() : theme.muted.name(), body.toHtmlEscaped()));
    m_preview->setAccessibleName(head + u": "_s + body);
}

void PlanPanel::preview(const std::optional<SizesOfLayers>& sizes, const QString& what)
{
    const bool ended = !m_previewSource.isEmpty() && !sizes;
    m_previewSource = sizes ? what : QString();
    if (!m_document.isOpen()) {
        m_preview->setText({});
        m_preview->setAccessibleName({});
        return;
    }
    const PruningPlan& plan = m_document.plan();
    const std::vector<int> kept = keptWith(plan, sizes.value_or(SizesOfLayers {}));
    showPreview(sizes ? tr("%1 would give").arg(what) : tr("Now"), outcome(kept, sizes.has_value()),
                sizes.has_value());
    if (sizes) {
        QStringList changes;
        for (const auto& [layer, size] : *sizes) {
            const int now = plan.layers[idx(layer)].keptKeyDims;
            if (now != size) {
                changes << tr("layer %1: %2 → %3").arg(layer).arg(now).arg(size);
            }
        }
        Q_EMIT hovered(changes.isEmpty() ? tr("changes nothing") : changes.join(u", "_s));
    } else if (ended) {
        Q_EMIT hovered({}); // otherwise the status bar says what another view put there
    }
}

void PlanPanel::previewOver(QWidget* widget, const QString& what, Proposal proposal)
{
    m_previews.push_back({ widget, what, std::move(proposal) });
    widget->installEventFilter(this);
}

void PlanPanel::previewRatio(double ratio)
{
    preview(sizesForRatio(m_document.plan(), ratio, m_snap.rule()), tr("Ratio %1").arg(formatRatio(ratio)));
}

/// What was asked for, and what came of it.
void PlanPanel::refreshBudget()
{
    const std::optional<StateBudget>& asked = m_document.plan().requestedBudget;
    const std::int64_t bytes = m_document.stateBytes();
    m_budgetShown = asked ? budgetText(*asked) : formatBytes(bytes);
    if (!m_budget->hasFocus() || !m_budget->isModified()) {
        m_budget->setText(m_budgetShown);
    }
    const Theme& theme = themeOf(palette());
    const QString full = formatBytes(m_document.spec().stateBytes());
    const bool over = asked && bytes > asked->bytes;
    const QString text = !asked ? tr("of %1").arg(full)
        : over ? tr("→ %1, %2 over").arg(formatBytes(bytes), formatBytes(bytes - asked->bytes))
               : tr("→ %1 of %2").arg(formatBytes(bytes), full);
    m_budgetOf->setText(
        u"<span style=\"color:%1\">%2</span>"_s.arg((over ? theme.worse : theme.muted).name(), text));
    m_budgetOf->setAccessibleName(text);
    m_budgetOf->setToolTip(
        !asked     ? QString()
            : over ? tr("Asked for: at most %1 (%2). The plan has %3, because layers were changed "
                        "or snapped afterwards. Enter in the field goes back to what fits.")
                         .arg(budgetText(*asked), formatBytes(asked->bytes), formatBytes(bytes))
                   : tr("Asked for: at most %1 (%2). The sizes that fit come to %3.")
                         .arg(budgetText(*asked), formatBytes(asked->bytes), formatBytes(bytes)));
}

std::optional<StateBudget> PlanPanel::typedBudget() const
{
    const std::optional<StateBudget>& asked = m_document.plan().requestedBudget;
    if (asked && !m_budget->isModified()) {
        return asked; // not rounded as the field shows it
    }
    return parseBudget(m_budget->text(), m_document.spec().stateBytes(), m_budgetShown);
}

std::optional<SizesOfLayers> PlanPanel::budgetSizes() const
{
    if (!m_document.isOpen()) {
        return std::nullopt;
    }
    const std::optional<StateBudget> budget = typedBudget();
    return budget
        ? std::optional(sizesForBudget(m_document.spec(), m_document.plan(), budget->bytes, m_snap.rule()))
        : std::nullopt;
}

QString PlanPanel::budgetProblem() const
{
    if (!m_document.isOpen()) {
        return {};
    }
    const std::optional<SizesOfLayers> sizes = budgetSizes();
    if (!sizes) {
        return tr("\"%1\" is no budget: type \"240 KiB\" or \"60 %\".").arg(m_budget->text());
    }
    PruningPlan plan = m_document.plan();
    for (const auto& [layer, size] : *sizes) {
        setKeptCount(plan.layers[idx(layer)], size);
    }
    const std::int64_t least = plan.stateBytes(m_document.spec());
    return least > typedBudget()->bytes
        ? tr("%1 is too little: with these locks and sizes the smallest state has %2.")
              .arg(m_budget->text().simplified(), formatBytes(least))
        : QString();
}

void PlanPanel::showBudgetProblem(const QString& sentence)
{
    preview(std::nullopt, {});
    m_previewSource = sentence; // stays until there is something else to show
    m_preview->setText(u"<span style=\"color:%1\">%2</span>"_s.arg(themeOf(palette()).worse.name(),
                                                                   sentence.toHtmlEscaped()));
    m_preview->setAccessibleName(sentence);
}

void PlanPanel::applyBudget()
{
    if (!m_budget->isModified() && !m_document.plan().requestedBudget) {
        return; // what stands there is the plan's size, rounded
    }
    if (const QString wrong = budgetProblem(); !wrong.isEmpty()) {
        showBudgetProblem(wrong);
        m_budget->selectAll();
        return;
    }
    const std::optional<SizesOfLayers> sizes = budgetSizes();
    if (sizes) {
        // The ratio that comes to these sizes, so that the overrides list compares with it.
        double ratio = 0.0;
        for (const auto& [layer, size] : *sizes) {
            // A hair above the size, so that the floor in keptKeyDimsForRatio cannot fall below it.
            ratio = std::max(ratio, 1.0 - (size + 1e-6) / m_document.plan().layers[idx(layer)].keyDims);
        }
        const StateBudget budget = *typedBudget();
        m_document.setBudget(budget, *sizes, ratio, m_document.newGesture(),
                             tr("budget of %1").arg(budgetText(budget)));
    }
    m_budget->setModified(false);
    refresh();
    m_budget->selectAll();
}

std::optional<SizesOfLayers> PlanPanel::sensitivitySizes() const
{
    if (!m_document.isOpen() || !m_probes.haveCosts()) {
        return std::nullopt;
    }
    std::vector<std::vector<CostPoint>> costs;
    for (int layer = 0; layer < m_document.spec().layerCount(); ++layer) {
        costs.push_back(m_probes.costs(layer));
    }
    return sizesBySensitivity(m_document.spec(), m_document.plan(), costs, m_snap.rule());
}

std::optional<SizesOfLayers> PlanPanel::rankSizes() const
{
    if (!m_document.isOpen() || m_workbench.spectra() == nullptr) {
        return std::nullopt;
    }
    return sizesByRank(m_document.spec(), m_document.plan(), *m_workbench.spectra(), m_snap.rule());
}

QString PlanPanel::whyNotBySensitivity() const
{
    if (!m_document.isOpen()) {
        return tr("Open a model first.");
    }
    if (!m_probes.haveCosts()) {
        const QString note = m_probes.note();
        return note.isEmpty() ? tr("The layers have not been measured yet.") : note;
    }
    return whyNothingToShare();
}

QString PlanPanel::whyNotByRank() const
{
    if (!m_document.isOpen()) {
        return tr("Open a model first.");
    }
    if (m_workbench.spectraTrust() != Trust::Final) {
        return !m_workbench.spectraNote().isEmpty() ? m_workbench.spectraNote()
            : m_workbench.spectra() == nullptr
            ? tr("There are no spectra yet.")
            : tr("The spectra are of an earlier text or device; the new ones are being computed.");
    }
    return whyNothingToShare();
}

QString PlanPanel::whyNothingToShare() const
{
    const PruningPlan& plan = m_document.plan();
    if (plan.keepsAll()) {
        return tr("Set a ratio or a budget first: there is nothing to share out.");
    }
    const auto free = std::count_if(plan.layers.begin(), plan.layers.end(), [](const LayerPlan& layer) {
        return layer.keyDims > 0 && !layer.locked;
    });
    return free < 2 ? tr("There are no two unlocked layers to share between.") : QString();
}

void PlanPanel::distributeBySensitivity()
{
    if (const std::optional<SizesOfLayers> sizes = sensitivitySizes()) {
        m_document.setSizes(*sizes, std::nullopt, 0, tr("distribute by sensitivity"));
    }
}

void PlanPanel::distributeByRank()
{
    if (const std::optional<SizesOfLayers> sizes = rankSizes()) {
        m_document.setSizes(*sizes, std::nullopt, 0, tr("distribute by rank"));
    }
}

bool PlanPanel::eventFilter(QObject* watched, QEvent* event)
{
    const bool begins = event->type() == QEvent::Enter || event->type() == QEvent::FocusIn;
    const bool ends = event->type() == QEvent::Leave || event->type() == QEvent::FocusOut;
    for (const Preview& each : m_previews) {
        if (watched == each.widget && (begins || ends) && m_document.isOpen()) {
            preview(begins && each.widget->isEnabled() ? each.proposal() : std::nullopt, each.what);
        }
    }
    QSlider* slider = m_ratio->slider();
    if (watched == slider && m_document.isOpen()) {
        if (event->type() == QEvent::MouseMove && !slider->isSliderDown()) {
            QStyleOptionSlider option;
            option.initFrom(slider);
            const int handle = slider->style()->pixelMetric(QStyle::PM_SliderLength, &option, slider);
            const int at = qRound(static_cast<QMouseEvent*>(event)->position().x()) - handle / 2;
            const int position = QStyle::sliderValueFromPosition(slider->minimum(), slider->maximum(), at,
                                                                 slider->width() - handle);
            previewRatio(m_ratio->valueAt(position));
        } else if (event->type() == QEvent::Leave) {
            preview(std::nullopt, {});
        }
    }
    if (watched == m_method->view() && event->type() == QEvent::Hide) {
        preview(std::nullopt, {});
    }
    if (watched == m_content && event->type() == QEvent::Resize) {
        fitOverrides();
    }
    if (watched == m_ratio->number() && event->type() == QEvent::FocusOut) {
        preview(std::nullopt, {});
    }
    // A combo box would look for an entry of that letter.
    if ((watched == m_overrideView || watched == m_method || watched == m_rule)
        && event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        copyTable();
        return true;
    }
    if (watched == m_overrideView && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Delete) {
            m_overrides->reset(m_overrides->entryAt(m_overrideView->currentIndex()));
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace rankscope
