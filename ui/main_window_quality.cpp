// SPDX-License-Identifier: GPL-3.0-or-later
// What things cost: commands on candidates and evaluation, and the numbers of the strip.
#include "ui/actions/action_registry.h"
#include "ui/document/candidate_history.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/main_window.h"
#include "ui/panels/compare_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/panels/text_score_panel.h"
#include "ui/panels/token_loss_panel.h"
#include "ui/widgets/status_strip.h"

#include <QAction>

namespace rankscope {

using namespace Qt::StringLiterals;

void MainWindow::buildQualityActions()
{
    ActionRegistry& actions = *m_actions;
    const QString runMenu = tr("Run");
    actions.add(u"quality.moreWindows"_s, runMenu, tr("Score &more windows"), QKeySequence(u"Ctrl++"_s),
                [this] { m_qualityPanel->scoreMoreWindows(1); });
    actions.add(u"quality.fewerWindows"_s, runMenu, tr("Score &fewer windows"), QKeySequence(u"Ctrl+-"_s),
                [this] { m_qualityPanel->scoreMoreWindows(-1); });
    actions.add(u"quality.addText"_s, runMenu, tr("Compare on a further &text…"), {},
                [this] { m_textScorePanel->addText(); });
    actions.add(u"quality.copyTexts"_s, runMenu, tr("&Copy the texts as a table"), {},
                [this] { m_textScorePanel->copyTable(); });
    actions.add(u"quality.copy"_s, runMenu, tr("Copy the &quality numbers"), {},
                [this] { m_qualityPanel->copyNumbers(); });
    actions.add(u"quality.copyTokens"_s, runMenu, tr("Copy the tokens that &changed most"), {},
                [this] { m_tokenLossPanel->copyTable(); });
    const QString group = tr("Candidates");
    const auto add = [&](const QString& id, const QString& text, void (ComparePanel::*run)()) {
        connect(actions.add(id, group, text, {}, {}), &QAction::triggered, m_comparePanel, run);
    };
    add(u"compare.load"_s, tr("&Load the selected candidate"), &ComparePanel::reloadSelected);
    add(u"compare.pin"_s, tr("Take deltas against the &selected candidate"), &ComparePanel::pinSelected);
    actions.add(u"compare.unpin"_s, group, tr("Take deltas against the &dense model"), {},
                [this] { m_candidates->pin(0); });
    add(u"compare.rename"_s, tr("&Rename the selected candidate"), &ComparePanel::renameSelected);
    add(u"compare.remove"_s, tr("Re&move the selected candidate"), &ComparePanel::deleteSelected);
    add(u"compare.copy"_s, tr("&Copy the candidates as a table"), &ComparePanel::copyTable);
    add(u"compare.export"_s, tr("&Export the candidates…"), &ComparePanel::exportTable);
    QAction* plot = actions.add(u"compare.plot"_s, group, tr("Candidates as a &Pareto plot"), {}, {});
    plot->setCheckable(true);
    connect(plot, &QAction::toggled, m_comparePanel, &ComparePanel::showPlot);
    connect(m_candidates, &CandidateHistory::marksChanged, this, &MainWindow::refreshNumbers);
}

void MainWindow::refreshNumbers()
{
    const Workbench& workbench = m_services.workbench;
    const PlanDocument& document = m_services.document;
    const auto perplexity = [](const std::shared_ptr<const PerplexityEstimate>& estimate) {
        return estimate != nullptr && estimate->windows() > 0 ? formatPerplexity(estimate->perplexity())
                                                              : u"–"_s;
    };
    const auto trustOf = [](const std::shared_ptr<const PerplexityEstimate>& estimate, Trust trust) {
        return estimate == nullptr ? Trust::Missing : trust;
    };
    // With a pinned candidate of the same windows, that is what everything is held against.
    const CandidateRecord* pinned = m_candidates->find(m_candidates->pinnedId());
    const bool usesPinned = pinned != nullptr && !pinned->isDense() && m_candidates->isComparable(*pinned);
    m_strip->baseline()->setContent(
        usesPinned ? tr("baseline: %1")
                         .arg(fontMetrics().elidedText(pinned->name, Qt::ElideRight,
                                                       fontMetrics().averageCharWidth() * 18))
                   : tr("baseline perplexity"),
        perplexity(usesPinned ? pinned->estimate : workbench.baseline()), {},
        trustOf(workbench.baseline(), workbench.baselineTrust()), NumberTile::Tone::Plain);
    const bool dense = !document.isOpen() || document.plan().keepsAll();
    const Trust candidateTrust = trustOf(workbench.candidate(), workbench.candidateTrust());
    // A wider caption while a new number is on its way would make the strip tremble during a drag.
    const bool stays = candidateTrust == Trust::Stale
        && !(workbench.candidateNote().isEmpty() && workbench.blockingSentence().isEmpty());
    m_strip->candidate()->setContent(stays ? tr("candidate, out of date") : tr("candidate"),
                                     perplexity(workbench.candidate()), {}, candidateTrust,
                                     NumberTile::Tone::Plain);
    const std::optional<PairedDelta>& delta = workbench.delta().delta();
    if (delta && workbench.candidate() != nullptr) {
        const Trust trust
            = workbench.baselineTrust() == Trust::Partial && candidateTrust == Trust::Final && !usesPinned
            ? Trust::Partial
            : candidateTrust;
        const NumberTile::Tone tone = !delta->significant() ? NumberTile::Tone::Plain
            : delta->meanNll > 0.0                          ? NumberTile::Tone::Worse
                                                            : NumberTile::Tone::Better;
        m_strip->delta()->setContent(
            tr("Δ NLL, 95 % interval, %1 tokens").arg(formatCount(workbench.delta().tokens())),
            formatSigned(delta->meanNll, 3),
            tr("nats [%1, %2]").arg(formatSigned(delta->low, 3), formatSigned(delta->high, 3)), trust, tone);
    } else {
        m_strip->delta()->setContent(tr("Δ NLL, 95 % interval"), u"–"_s,
                                     dense && document.isOpen() ? tr("nothing removed") : QString(),
                                     Trust::Missing, NumberTile::Tone::Plain);
    }
    for (NumberTile* tile : { m_strip->baseline(), m_strip->candidate(), m_strip->delta() }) {
        tile->setStaleReason(workbench.staleReason());
    }
    if (document.isOpen()) {
        const std::int64_t before = document.spec().stateBytes();
        const std::int64_t after = document.stateBytes();
        m_strip->state()->setContent(
            tr("state per sequence"), formatBytes(after),
            tr("of %1 (%2)")
                .arg(formatBytes(before),
                     formatPercentChange(static_cast<double>(before), static_cast<double>(after))),
            Trust::Final, NumberTile::Tone::Plain);
    } else {
        m_strip->state()->setContent(tr("state per sequence"), u"–"_s, {}, Trust::Missing,
                                     NumberTile::Tone::Plain);
    }
}

} // namespace rankscope
