// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/quality_panel.h"

#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/delta_plot.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QStackedLayout>

namespace rankscope {

using namespace Qt::StringLiterals;

QualityPanel::QualityPanel(Workbench& workbench, PlanDocument& document, DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_baseline(new QLabel(this))
    , m_candidate(new QLabel(this))
    , m_basis(new QLabel(this))
    , m_plot(nullptr)
    , m_empty(new EmptyNote(this))
    , m_plotArea(new QWidget(this))
    , m_stack(new QStackedLayout(m_plotArea))
{
    m_plot = new DeltaPlot(dialogs, m_plotArea);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 6);
    layout->setSpacing(2);
    auto* grid = new QGridLayout;
    grid->setContentsMargins(10, 0, 10, 0);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    const auto addRow = [&](int row, const QString& name, QLabel* value) {
        auto* label = new QLabel(name, this);
        label->setForegroundRole(QPalette::PlaceholderText);
        grid->addWidget(label, row, 0);
        grid->addWidget(value, row, 1);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    };
    addRow(0, tr("Baseline"), m_baseline);
    addRow(1, tr("Candidate"), m_candidate);
    addRow(2, tr("Basis"), m_basis);
    layout->addLayout(grid);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_plot);
    layout->addWidget(m_plotArea, 1);
    connect(&m_workbench, &Workbench::baselineChanged, this, &QualityPanel::refresh);
    connect(&m_workbench, &Workbench::candidateChanged, this, &QualityPanel::refresh);
    connect(&m_workbench, &Workbench::textsChanged, this, &QualityPanel::refresh);
    connect(&m_document, &PlanDocument::planChanged, this, &QualityPanel::refresh);
    connect(m_plot, &DeltaPlot::hovered, this, &QualityPanel::hovered);
    connect(m_plot, &DeltaPlot::problem, this, &QualityPanel::problem);
    refresh();
}

void QualityPanel::refresh()
{
    const Theme& theme = themeOf(palette());
    const auto describe = [&](const std::shared_ptr<const PerplexityEstimate>& estimate, Trust trust) {
        if (estimate == nullptr || trust == Trust::Missing) {
            return QString(u"–"_s);
        }
        const QString colour = trust == Trust::Final ? theme.text.name() : theme.muted.name();
        QString text
            = u"<span style=\"color:%1\"><b>%2</b></span> <span style=\"color:%3\">ppl · %4 nats%5</span>"_s
                  .arg(colour, formatPerplexity(estimate->perplexity()), theme.muted.name(),
                       QString::number(estimate->meanNll(), 'f', 4),
                       trust == Trust::Partial
                           ? tr(" · %1 of %2").arg(estimate->windows()).arg(estimate->windowsTotal)
                           : trust == Trust::Stale ? tr(" · earlier plan")
                                                   : QString());
        return text;
    };
    m_baseline->setText(describe(m_workbench.baseline(), m_workbench.baselineTrust()));
    m_candidate->setText(describe(m_workbench.candidate(), m_workbench.candidateTrust()));
    if (const std::shared_ptr<const TokenWindows>& text = m_workbench.texts().evaluation) {
        m_basis->setText(u"<span style=\"color:%1\">%2</span>"_s.arg(
            theme.muted.name(),
            tr("%1 windows × %2 tokens · %3 · %4")
                .arg(text->count)
                .arg(text->length)
                .arg(QString::fromUtf8(shortName(m_workbench.dtype())),
                     QString::fromStdString(toString(m_workbench.device())))));
        m_basis->setToolTip(tr("%1: %2 tokens, %3 of them beyond the last whole window")
                                .arg(QString::fromStdString(text->sourceName), formatCount(text->textTokens),
                                     formatCount(text->droppedTokens)));
    } else {
        m_basis->setText(u"–"_s);
    }
    QString sentence = m_workbench.overview() != nullptr ? m_workbench.blockingSentence() : QString();
    if (sentence.isEmpty() && m_workbench.candidate() == nullptr) {
        if (m_workbench.overview() == nullptr) {
            sentence = tr("No model open.");
        } else if (m_workbench.baseline() == nullptr) {
            sentence = m_workbench.baselineNote().isEmpty() ? tr("Waiting for the baseline…")
                                                            : m_workbench.baselineNote();
        } else if (m_document.isOpen() && m_document.plan().keepsAll()) {
            sentence
                = tr("The plan keeps everything. Lower a fader, a ratio or the cut: its cost appears here.");
        } else {
            sentence = tr("Waiting for the first window…");
        }
    }
    m_empty->setText(sentence);
    m_stack->setCurrentWidget(sentence.isEmpty() ? static_cast<QWidget*>(m_plot) : m_empty);
    const RunningDelta& delta = m_workbench.delta();
    const std::shared_ptr<const PerplexityEstimate>& candidate = m_workbench.candidate();
    m_plot->setData(delta.points(), candidate != nullptr ? candidate->windowsTotal : 0,
                    candidate != nullptr ? candidate->length : 0, m_workbench.candidateTrust());
    switch (m_workbench.candidateTrust()) {
    case Trust::Partial:
        Q_EMIT captionChanged(tr("running"));
        break;
    case Trust::Stale:
        Q_EMIT captionChanged(tr("from an earlier plan"));
        break;
    case Trust::Final:
        Q_EMIT captionChanged(tr("final · Δ and 95 % interval"));
        break;
    case Trust::Missing:
        Q_EMIT captionChanged(m_workbench.baselineTrust() == Trust::Partial ? tr("running") : QString());
        break;
    }
}

void QualityPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refresh();
    }
}

} // namespace rankscope
