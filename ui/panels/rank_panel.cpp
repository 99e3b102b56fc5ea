// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/rank_panel.h"

#include "core/base/narrow.h"
#include "ui/document/token_ranks.h"
#include "ui/format/numbers.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/rank_plot.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/token_ribbon.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QLabel>
#include <QSpinBox>
#include <QStackedLayout>
#include <QTimer>
#include <QToolButton>

#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kPlayMs = 80; ///< per token: about reading speed

RankMeasure measureOf(const QComboBox& box)
{
    return static_cast<RankMeasure>(box.currentData().toInt());
}

} // namespace

RankPanel::RankPanel(TokenRanks& ranks, LayerSelection& selection, Settings& settings, DialogPort& dialogs,
                     QWidget* parent)
    : QWidget(parent)
    , m_ranks(ranks)
    , m_selection(selection)
    , m_settings(settings)
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_plot(new RankPlot(dialogs, m_content))
    , m_ribbon(new TokenRibbon(m_content))
    , m_measure(new QComboBox(m_content))
    , m_form(new QComboBox(m_content))
    , m_model(new QComboBox(m_content))
    , m_window(new QSpinBox(m_content))
    , m_play(new QToolButton(m_content))
    , m_readout(new QLabel(m_content))
    , m_playTimer(new QTimer(this))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    buildControls();
    m_playTimer->setInterval(kPlayMs);
    connect(m_playTimer, &QTimer::timeout, this, [this] {
        const auto count = static_cast<int>(m_ranks.labels().size());
        if (m_ranks.token() + 1 >= count) {
            togglePlay();
        } else {
            pickToken(m_ranks.token() + 1);
        }
    });
    connect(&m_ranks, &TokenRanks::changed, this, &RankPanel::refresh);
    connect(&m_selection, &LayerSelection::tokenChanged, this, &RankPanel::refreshSelection);
    connect(&m_selection, &LayerSelection::headChanged, this, [this] {
        refreshSelection();
        refreshRibbon();
    });
    connect(&m_selection, &LayerSelection::hoverChanged, this, &RankPanel::refreshHover);
    connect(m_plot, &RankPlot::tokenPicked, this, &RankPanel::pickToken);
    connect(m_plot, &RankPlot::headPicked, &m_selection, &LayerSelection::setHead);
    connect(m_plot, &RankPlot::hoverMoved, this, &RankPanel::setHover);
    connect(m_plot, &RankPlot::hovered, this, &RankPanel::hovered);
    connect(m_plot, &RankPlot::problem, this, &RankPanel::problem);
    connect(m_ribbon, &TokenRibbon::tokenPicked, this, &RankPanel::pickToken);
    connect(m_ribbon, &TokenRibbon::hoverMoved, this, [this](int token) {
        setHover(token, token >= 0 ? m_selection.head() : -1);
        Q_EMIT hovered(m_plot->describe(token, m_selection.head()));
    });
    refresh();
}

void RankPanel::buildControls()
{
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 4, 0, 6);
    layout->setSpacing(2);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 10, 0);
    row->setSpacing(6);
    for (const RankMeasure measure : { RankMeasure::Entropy, RankMeasure::Stable, RankMeasure::Threshold }) {
        m_measure->addItem(measureName(measure), static_cast<int>(measure));
        m_measure->setItemData(m_measure->count() - 1, measureDefinition(measure), Qt::ToolTipRole);
    }
    m_measure->setAccessibleName(tr("Rank measure"));
    m_form->addItem(tr("Map"), static_cast<int>(RankPlot::Form::Map));
    m_form->addItem(tr("Lines"), static_cast<int>(RankPlot::Form::Lines));
    m_form->setAccessibleName(tr("Map or lines"));
    m_form->setToolTip(tr("A map of heads and tokens in colour, or one line per head."));
    m_model->addItem(tr("Dense"), false);
    m_model->addItem(tr("Pruned"), true);
    m_model->setAccessibleName(tr("Dense or pruned model"));
    m_model->setToolTip(
        tr("The state of the dense model, or of the model under the present plan (also in State)."));
    m_window->setAccessibleName(tr("Evaluation window"));
    m_window->setToolTip(tr("Which window of the evaluation text is shown."));
    m_window->setPrefix(tr("window "));
    m_play->setCheckable(true);
    m_play->setAutoRaise(true);
    m_play->setText(u"▶"_s);
    m_play->setAccessibleName(tr("Play the tokens"));
    m_play->setToolTip(
        tr("Play or pause (Space). Arrow keys step, wheel zooms, drag pans or scrubs, double click "
           "shows all."));
    m_readout->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    for (QWidget* widget : std::initializer_list<QWidget*> { m_play, m_measure, m_form, m_model, m_window }) {
        row->addWidget(widget);
    }
    row->addWidget(m_readout, 1);
    layout->addLayout(row);
    layout->addWidget(m_plot, 1);
    auto* text = new QHBoxLayout;
    text->setContentsMargins(10, 0, 10, 0);
    text->addWidget(m_ribbon);
    layout->addLayout(text);

    m_measure->setCurrentIndex(
        std::max(0, m_measure->findData(m_settings.get(setting::rankMeasure).toInt())));
    m_form->setCurrentIndex(std::max(0, m_form->findData(m_settings.get(setting::rankForm).toInt())));
    m_ranks.setPruned(m_settings.get(setting::rankModel) == u"pruned"_s);
    m_model->setCurrentIndex(m_ranks.pruned() ? 1 : 0);
    const auto adopt = [this] {
        m_plot->setMeasure(measureOf(*m_measure));
        m_plot->setForm(static_cast<RankPlot::Form>(m_form->currentData().toInt()));
        m_measure->setToolTip(measureDefinition(measureOf(*m_measure)));
        m_plot->setToolTip(measureDefinition(measureOf(*m_measure),
                                             tr("Of every head after every token of the window. A click "
                                                "picks token and head.")));
    };
    adopt();
    const auto changed = [this, adopt] {
        adopt();
        m_settings.set(setting::rankMeasure, QString::number(m_measure->currentData().toInt()));
        m_settings.set(setting::rankForm, QString::number(m_form->currentData().toInt()));
        refresh();
    };
    connect(m_measure, &QComboBox::currentIndexChanged, this, changed);
    connect(m_form, &QComboBox::currentIndexChanged, this, changed);
    connect(m_model, &QComboBox::currentIndexChanged, this, [this] {
        const bool pruned = m_model->currentData().toBool();
        m_settings.set(setting::rankModel, pruned ? u"pruned"_s : u"dense"_s);
        m_ranks.setPruned(pruned);
    });
    connect(m_window, &QSpinBox::valueChanged, this, [this](int value) { m_selection.setWindow(value - 1); });
    connect(m_play, &QToolButton::clicked, this, &RankPanel::togglePlay);
}

bool RankPanel::isPlaying() const
{
    return m_playTimer->isActive();
}

void RankPanel::togglePlay()
{
    const auto count = static_cast<int>(m_ranks.labels().size());
    if (m_playTimer->isActive()) {
        m_playTimer->stop();
    } else if (count > 0) {
        if (m_ranks.token() + 1 >= count) {
            pickToken(0); // from the start again
        }
        m_playTimer->start();
    }
    m_play->setChecked(m_playTimer->isActive());
    m_play->setText(m_playTimer->isActive() ? u"❚❚"_s : u"▶"_s);
}

void RankPanel::stepToken(int by)
{
    const auto count = static_cast<int>(m_ranks.labels().size());
    if (count > 0) {
        pickToken(std::clamp(m_ranks.token() + by, 0, count - 1));
    }
}

void RankPanel::pickToken(int token)
{
    m_selection.setToken(token);
}

void RankPanel::setHover(int token, int head)
{
    LayerSelection::Hover hover;
    if (token >= 0) {
        hover.layer = m_selection.currentLayer();
        hover.head = head;
        hover.token = token;
        hover.window = m_selection.window();
    }
    m_selection.setHover(hover);
}

void RankPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_ranks.setWatching(this, true);
    refresh();
}

void RankPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_ranks.setWatching(this, false);
    if (isPlaying()) {
        togglePlay();
    }
}

void RankPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refreshSelection();
    }
}

void RankPanel::refresh()
{
    if (!isVisible()) {
        return;
    }
    const QString note = m_ranks.note();
    m_stack->setCurrentWidget(note.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    m_empty->setText(note);
    const QSignalBlocker block(m_window);
    m_window->setRange(1, std::max(1, m_ranks.windowCount()));
    m_window->setValue(m_selection.window() + 1);
    m_window->setSuffix(tr(" of %1").arg(std::max(1, m_ranks.windowCount())));
    const QSignalBlocker modelBlock(m_model);
    m_model->setCurrentIndex(m_ranks.pruned() ? 1 : 0);
    if (!note.isEmpty()) {
        Q_EMIT captionChanged(QString());
        return;
    }
    const Trust trust = m_ranks.trust();
    m_plot->setLabels(m_ranks.labels());
    m_plot->setSpectra(m_ranks.shown().spectra, trust == Trust::Stale);
    m_ribbon->setEnabled(trust != Trust::Stale);
    refreshSelection();
    refreshRibbon();
    const std::shared_ptr<const TokenSpectra>& spectra = m_ranks.shown().spectra;
    const int rank = m_ranks.shown().trajectory->rank();
    QString caption = tr("layer %1 · %2, log scale 1 to %3, same for all layers")
                          .arg(m_selection.currentLayer())
                          .arg(measureName(measureOf(*m_measure)))
                          .arg(rank);
    if (trust == Trust::Stale) {
        caption = m_ranks.staleCaption();
    } else if (trust == Trust::Partial) {
        const QString stopped = m_ranks.stopNote();
        caption = tr("layer %1").arg(m_selection.currentLayer());
        if (spectra != nullptr) {
            caption += tr(" · %1 of %2 tokens").arg(spectra->knownTokens).arg(spectra->tokens);
        }
        caption += !stopped.isEmpty() ? u" · "_s + stopped
            : spectra != nullptr      ? tr(" so far")
                                      : tr(" · computing…");
    }
    Q_EMIT captionChanged(caption);
}

void RankPanel::refreshSelection()
{
    const int token = m_ranks.token();
    m_plot->setSelected(token, m_selection.head());
    m_ribbon->setSelected(token);
    const std::shared_ptr<const TokenSpectra>& spectra = m_ranks.shown().spectra;
    const int head = m_selection.head();
    if (spectra == nullptr || token < 0 || head >= spectra->valueHeads || spectra->known[idx(token)] == 0) {
        m_readout->clear();
        return;
    }
    const QString muted = themeOf(palette()).muted.name();
    m_readout->setToolTip(
        measureDefinition(measureOf(*m_measure), tr("Of head %1 after the selected token.").arg(head)));
    m_readout->setText(
        tr("<span style=\"color:%1\">at</span> <b>%2</b><span style=\"color:%1\">:</span> <b>%3</b> "
           "<span style=\"color:%1\">of %4</span>")
            .arg(muted)
            .arg(token + 1)
            .arg(formatRank(rankOf(spectra->at(token, head), measureOf(*m_measure))))
            .arg(spectra->rank));
}

void RankPanel::refreshRibbon()
{
    const std::shared_ptr<const TokenSpectra>& spectra = m_ranks.shown().spectra;
    const int head = m_selection.head();
    std::vector<double> shares(m_ranks.labels().size(), std::nan(""));
    if (spectra != nullptr && head < spectra->valueHeads && spectra->rank > 1) {
        for (std::size_t token = 0; token < shares.size() && token < spectra->known.size(); ++token) {
            if (spectra->known[token] != 0) {
                const double rank
                    = rankOf(spectra->at(static_cast<std::int64_t>(token), head), measureOf(*m_measure));
                shares[token] = std::log2(std::max(1.0, rank)) / std::log2(spectra->rank);
            }
        }
    }
    m_ribbon->setTokens(m_ranks.labels(), std::move(shares));
}

void RankPanel::refreshHover()
{
    const LayerSelection::Hover& hover = m_selection.hover();
    const bool here = hover.layer < 0 || hover.layer == m_selection.currentLayer();
    const int token = hover.window < 0 || hover.window == m_selection.window() ? hover.token : -1;
    m_plot->setHoverMark(token, here ? hover.head : -1);
    m_ribbon->setHoverMark(token);
}

} // namespace rankscope
