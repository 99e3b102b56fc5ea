// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/state_panel.h"

#include "core/base/narrow.h"
#include "core/pruning/realise_plan.h"
#include "ui/actions/definitions.h"
#include "ui/document/plan_key.h"
#include "ui/document/token_ranks.h"
#include "ui/document/workbench.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/state_heatmap.h"
#include "ui/settings/settings.h"
#include "ui/theme/theme.h"
#include "ui/widgets/head_gallery.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSlider>
#include <QStackedLayout>
#include <QTimer>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

StatePanel::StatePanel(const StateSources& sources, QWidget* parent)
    : QWidget(parent)
    , m_workbench(sources.workbench)
    , m_ranks(sources.tokenRanks)
    , m_document(sources.document)
    , m_selection(sources.selection)
    , m_settings(sources.settings)
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_heatmap(new StateHeatmap(sources.dialogs, m_content))
    , m_gallery(new HeadGallery(m_content))
    , m_token(new QSlider(Qt::Horizontal, m_content))
    , m_tokenText(new QLabel(m_content))
    , m_range(new QComboBox(m_content))
    , m_allHeads(new QCheckBox(tr("All heads"), m_content))
    , m_readout(new QLabel(m_content))
    , m_galleryTimer(new QTimer(this))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    buildControls();
    m_galleryTimer->setInterval(0);
    connect(m_galleryTimer, &QTimer::timeout, this, &StatePanel::paintNextHead);
    connect(&m_ranks, &TokenRanks::changed, this, &StatePanel::refresh);
    connect(&m_selection, &LayerSelection::tokenChanged, this, &StatePanel::refreshState);
    connect(&m_selection, &LayerSelection::headChanged, this, &StatePanel::refreshState);
    connect(&m_selection, &LayerSelection::channelChanged, this,
            [this] { m_heatmap->setChannel(m_selection.channel()); });
    connect(&m_selection, &LayerSelection::hoverChanged, this, &StatePanel::refreshHover);
    connect(&m_document, &PlanDocument::planChanged, this, &StatePanel::refreshState);
    connect(&m_workbench, &Workbench::candidateChanged, this, &StatePanel::refreshState);
    connect(m_heatmap, &StateHeatmap::channelPicked, &m_selection, &LayerSelection::setChannel);
    connect(m_heatmap, &StateHeatmap::hovered, this, &StatePanel::hovered);
    connect(m_heatmap, &StateHeatmap::problem, this, &StatePanel::problem);
    connect(m_heatmap, &StateHeatmap::hoverMoved, this, [this](int channel) {
        LayerSelection::Hover hover;
        if (channel >= 0) {
            hover.layer = m_selection.currentLayer();
            hover.head = m_selection.head();
            hover.channel = channel;
        }
        m_selection.setHover(hover);
    });
    connect(m_gallery, &HeadGallery::headPicked, &m_selection, &LayerSelection::setHead);
    connect(m_gallery, &HeadGallery::hoverMoved, this, [this](int head) {
        LayerSelection::Hover hover;
        if (head >= 0) {
            hover.layer = m_selection.currentLayer();
            hover.head = head;
        }
        m_selection.setHover(hover);
        Q_EMIT hovered(describeHead(head));
    });
    refresh();
}

void StatePanel::buildControls()
{
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 4, 0, 6);
    layout->setSpacing(2);
    auto* pictures = new QHBoxLayout;
    pictures->setContentsMargins(6, 0, 4, 0);
    pictures->setSpacing(0);
    pictures->addWidget(m_gallery);
    pictures->addWidget(m_heatmap, 1);
    layout->addLayout(pictures, 1);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 0, 12, 0);
    row->setSpacing(10);
    auto* label = new QLabel(tr("After token"), m_content);
    label->setBuddy(m_token);
    row->addWidget(label);
    row->addWidget(m_token, 1);
    row->addWidget(m_tokenText);
    row->addWidget(m_range);
    row->addWidget(m_allHeads);
    row->addWidget(m_readout);
    layout->addLayout(row);
    m_token->setAccessibleName(tr("Token"));
    m_token->setMinimumWidth(56);
    // Words and numbers come and go in a fixed room, so that they do not move the docks.
    m_tokenText->setFixedWidth(fontMetrics().horizontalAdvance(u"9999 ·wordwor"_s));
    m_readout->setFixedWidth(fontMetrics().horizontalAdvance(u"‖ S ‖F 0.000"_s));
    m_readout->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_token->setPageStep(16);
    m_range->setAccessibleName(tr("Colour range"));
    m_range->addItem(tr("Window's range"), false);
    m_range->addItem(tr("Token's range"), true);
    m_range->setToolTip(definitionTip({ u"stateMap"_s }));
    m_allHeads->setToolTip(tr("Small pictures of the state of every head, each on its own range."));
    m_readout->setToolTip(
        tr("‖\u2009S\u2009‖_F: root of the sum of the squared entries of the shown state."));
    m_allHeads->setChecked(m_settings.get(setting::stateAllHeads) == u"1"_s);
    m_range->setCurrentIndex(m_settings.get(setting::stateRange) == u"token"_s ? 1 : 0);
    m_gallery->setVisible(m_allHeads->isChecked());
    connect(m_token, &QSlider::valueChanged, this, [this](int value) { m_selection.setToken(value - 1); });
    connect(m_allHeads, &QCheckBox::toggled, this, [this](bool on) {
        m_settings.set(setting::stateAllHeads, on ? u"1"_s : u"0"_s);
        m_gallery->setVisible(on);
        refreshState();
    });
    connect(m_range, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_settings.set(setting::stateRange, index == 1 ? u"token"_s : u"window"_s);
        refreshState();
    });
}

void StatePanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_ranks.setWatching(this, true);
    refresh();
}

void StatePanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_ranks.setWatching(this, false);
    m_galleryTimer->stop();
}

void StatePanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refreshState();
    }
}

int StatePanel::shownHead() const
{
    const std::shared_ptr<const StateTrajectory>& trajectory = m_ranks.shown().trajectory;
    return trajectory != nullptr ? std::min(m_selection.head(), trajectory->valueHeads() - 1) : 0;
}

std::vector<bool> StatePanel::removedChannels(int head) const
{
    const std::shared_ptr<const StateTrajectory>& trajectory = m_ranks.shown().trajectory;
    const int layer = trajectory->layer();
    if (!m_document.isPrunable(layer)) {
        return {};
    }
    const LayerSpec& spec = m_document.spec().layers[idx(layer)];
    const int keyHead = head / std::max(1, spec.valueHeads / std::max(1, spec.heads));
    const LayerPlan& plan = m_document.plan().layers[idx(layer)];
    const std::optional<PruningPlan>& realised = m_workbench.realisedPlan();
    if (plan.keepsAll()) {
        return {};
    }
    std::vector<int> kept;
    if (realised) {
        kept = realised->layers[idx(layer)].kept[idx(keyHead)];
    } else if (!isUnselected(plan, keyHead)) {
        kept = plan.kept[idx(keyHead)];
    } else if (isOfPlan(m_workbench.selector().get(), m_document.plan())) {
        kept = selectedChannels(plan, layer, keyHead, m_workbench.selector().get());
    } else {
        return {};
    }
    std::vector<bool> removed(idx(spec.keyDims), true);
    for (const int channel : kept) {
        removed[idx(channel)] = false;
    }
    return removed;
}

void StatePanel::refresh()
{
    if (!isVisible()) {
        return;
    }
    const QString note = m_ranks.note();
    m_stack->setCurrentWidget(note.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    m_empty->setText(note);
    if (!note.isEmpty()) {
        m_galleryTimer->stop();
        Q_EMIT captionChanged(QString());
        return;
    }
    const std::shared_ptr<const StateTrajectory>& trajectory = m_ranks.shown().trajectory;
    const QSignalBlocker block(m_token);
    m_token->setRange(1, std::max(1, static_cast<int>(trajectory->tokens())));
    m_gallery->setHeadCount(trajectory->valueHeads());
    refreshState();
}

void StatePanel::refreshState()
{
    const std::shared_ptr<const StateTrajectory>& trajectory = m_ranks.shown().trajectory;
    if (!isVisible() || trajectory == nullptr || trajectory->tokens() < 1) {
        return;
    }
    const int head = shownHead();
    const int token = m_ranks.token();
    const QSignalBlocker block(m_token);
    m_token->setValue(token + 1);
    const QString label = token < std::ssize(m_ranks.labels()) ? m_ranks.labels()[idx(token)] : QString();
    const int room = m_tokenText->width() - m_tokenText->fontMetrics().horizontalAdvance(u"99999 "_s);
    m_tokenText->setText(u"<b>%1</b> %2"_s.arg(token + 1).arg(
        m_tokenText->fontMetrics().elidedText(label, Qt::ElideRight, room).toHtmlEscaped()));
    m_tokenText->setToolTip(label);
    StateImage image;
    image.layer = trajectory->layer();
    image.head = head;
    image.token = token + 1;
    image.keyDims = trajectory->keyDims();
    image.valueDims = trajectory->valueDims();
    image.entries = trajectory->stateAfter(token + 1, head);
    const double typical = typicalMagnitude(image.entries);
    const bool ofToken = m_range->currentData().toBool();
    image.range = ofToken ? typical : std::max(typical, trajectory->windowMagnitude(head));
    image.range = image.range > 0.0 ? image.range : 1.0;
    image.removed = removedChannels(head);
    image.stale = m_ranks.trust() == Trust::Stale;
    double squares = 0.0;
    for (const double entry : image.entries) {
        squares += entry * entry;
    }
    m_readout->setText(u"<span style=\"color:%1\">‖\u2009S\u2009‖<sub>F</sub></span> <b>%2</b>"_s.arg(
        themeOf(palette()).muted.name(), QString::number(std::sqrt(squares), 'g', 3)));
    const auto removed = std::count(image.removed.begin(), image.removed.end(), true);
    m_heatmap->setState(std::move(image));
    m_heatmap->setChannel(m_selection.channel());
    m_gallery->setSelected(head);
    m_nextHead = 0;
    if (m_allHeads->isChecked()) {
        m_galleryTimer->start();
    }
    if (m_ranks.trust() == Trust::Stale) {
        Q_EMIT captionChanged(m_ranks.staleCaption());
        return;
    }
    QString caption = tr("layer %1 · head %2 · %3")
                          .arg(trajectory->layer())
                          .arg(head)
                          .arg(m_ranks.pruned() ? tr("pruned model") : tr("dense model"));
    if (removed > 0) {
        caption += tr(" · %1 rows go (hatched)").arg(removed);
    }
    Q_EMIT captionChanged(caption);
}

void StatePanel::paintNextHead()
{
    const std::shared_ptr<const StateTrajectory>& trajectory = m_ranks.shown().trajectory;
    if (trajectory == nullptr || m_nextHead >= trajectory->valueHeads()) {
        m_galleryTimer->stop();
        return;
    }
    const std::vector<double> entries = trajectory->stateAfter(m_ranks.token() + 1, m_nextHead);
    m_gallery->setPicture(m_nextHead, entries, trajectory->keyDims(), trajectory->valueDims(),
                          std::max(typicalMagnitude(entries), 1e-300));
    ++m_nextHead;
}

QString StatePanel::describeHead(int head) const
{
    const std::shared_ptr<const StateTrajectory>& trajectory = m_ranks.shown().trajectory;
    if (trajectory == nullptr || head < 0 || head >= trajectory->valueHeads()) {
        return {};
    }
    const std::vector<double> entries = trajectory->stateAfter(m_ranks.token() + 1, head);
    double squares = 0.0;
    for (const double entry : entries) {
        squares += entry * entry;
    }
    return tr("layer %1, head %2, after token %3: ‖\u2009S\u2009‖_F %4, colours from −%5 to %5")
        .arg(trajectory->layer())
        .arg(head)
        .arg(m_ranks.token() + 1)
        .arg(QString::number(std::sqrt(squares), 'g', 4), QString::number(typicalMagnitude(entries), 'g', 3));
}

void StatePanel::refreshHover()
{
    const LayerSelection::Hover& hover = m_selection.hover();
    const bool here = hover.layer < 0 || hover.layer == m_selection.currentLayer();
    m_gallery->setHoverMark(here ? hover.head : -1);
    m_heatmap->setHoverMark(here && (hover.head < 0 || hover.head == m_selection.head()) ? hover.channel
                                                                                         : -1);
}

} // namespace rankscope
