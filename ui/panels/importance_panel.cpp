// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/importance_panel.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/document/channel_choice.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/dock_panel.h"
#include "ui/plots/channel_map_plot.h"
#include "ui/plots/importance_plot.h"
#include "ui/settings/settings.h"
#include "ui/theme/flat_style.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QPushButton>
#include <QStackedLayout>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr const char16_t* kScopeNames[] = { u"head", u"layer", u"map" };

QString nameOf(ImportancePanel::Scope scope)
{
    return QString::fromUtf16(kScopeNames[static_cast<std::size_t>(scope)]);
}

} // namespace

ImportancePanel::ImportancePanel(ChannelChoice& choice, PlanDocument& document, LayerSelection& selection,
                                 Settings& settings, DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_choice(choice)
    , m_document(document)
    , m_selection(selection)
    , m_settings(settings)
    , m_empty(new EmptyNote(this))
    , m_content(new QWidget(this))
    , m_stack(new QStackedLayout(this))
    , m_plot(new ImportancePlot(dialogs, m_content))
    , m_map(new ChannelMapPlot(dialogs, m_content))
    , m_scope(new QComboBox(m_content))
    , m_order(new QComboBox(m_content))
    , m_other(new QComboBox(m_content))
    , m_headOnly(new QCheckBox(tr("Head only"), m_content))
    , m_headSwitch(new QPushButton(m_content))
    , m_reset(new QPushButton(u"↺"_s, m_content))
{
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    buildControls();
    connectPlot(m_plot);
    connectPlot(m_map);
    connect(m_plot, &ImportancePlot::cutDragged, this, [this](int head, int kept, bool first) {
        if (first) {
            m_gesture = m_document.newGesture();
            if (head != m_choice.head()) {
                pick(head, -1, false);
            }
        }
        const int keyDims = m_choice.channels().keyDims;
        cutTo(head, m_snap && kept > 0 ? m_snap(kept, keyDims) : kept);
    });
    connect(&m_choice, &ChannelChoice::changed, this, &ImportancePanel::refresh);
    connect(&m_selection, &LayerSelection::channelChanged, this, [this] {
        if (!m_picking) {
            m_anchor = m_selection.channel();
            m_selected = m_anchor >= 0 ? std::vector<int> { m_anchor } : std::vector<int> {};
        }
        refreshMarks();
    });
    connect(&m_selection, &LayerSelection::hoverChanged, this, &ImportancePanel::showMarks);
    // The cut keys of another head or layer are another gesture.
    connect(&m_selection, &LayerSelection::layersChanged, this, [this] { m_sinceCutKey.invalidate(); });
    connect(&m_selection, &LayerSelection::headChanged, this, [this] { m_sinceCutKey.invalidate(); });
    refresh();
}

void ImportancePanel::buildControls()
{
    auto* layout = new QVBoxLayout(m_content);
    layout->setContentsMargins(0, 4, 0, 2);
    layout->setSpacing(2);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 10, 0);
    row->setSpacing(6);
    m_scope->addItem(tr("Head"), static_cast<int>(Scope::Head));
    m_scope->addItem(tr("Layer"), static_cast<int>(Scope::Layer));
    m_scope->addItem(tr("Map"), static_cast<int>(Scope::Map));
    m_scope->setAccessibleName(tr("What is shown: head, layer or map"));
    m_scope->setToolTip(
        tr("The channels of the selected head, of all heads of the layer on one scale, or a map of heads "
           "and channels."));
    m_order->addItem(tr("Sorted"), true);
    m_order->addItem(tr("In place"), false);
    m_order->setAccessibleName(tr("Order of the channels"));
    m_order->setToolTip(tr("The most important channel first, or every channel where it is in the head."));
    m_other->addItem(tr("Compare…"), QString());
    m_other->setItemData(0, tr("No second method"), Qt::ToolTipRole);
    for (const MethodInfo& method : pruningMethods()) {
        m_other->addItem(tr("and %1").arg(QString::fromUtf8(method.label)), QString::fromUtf8(method.id));
        m_other->setItemData(m_other->count() - 1, QString::fromUtf8(method.description), Qt::ToolTipRole);
    }
    m_other->setAccessibleName(tr("Second method to compare with"));
    m_headOnly->setToolTip(
        tr("The cut moves this head alone. A head that keeps fewer channels than its layer has zero "
           "rows in the state: it costs quality but saves no memory. Switch it off to follow the "
           "layer again."));
    m_headSwitch->setObjectName(u"headSwitch"_s);
    m_headSwitch->setAccessibleName(tr("Switch the head off or on"));
    m_headSwitch->setToolTip(
        tr("What if this head had no state? Removes all its channels; once more brings them back "
           "(H, or undo). A question only: its rows of the state stay, as zeros, so that it frees no bytes "
           "and makes no export smaller."));
    // Whatever they say and whether they can be used, both keep their size: the docks stay where they are.
    int widest = 0;
    for (const bool off : { false, true }) {
        showHeadSwitch(off);
        widest = std::max(widest, m_headSwitch->sizeHint().width());
    }
    m_headSwitch->setFixedWidth(widest);
    m_reset->setFixedWidth(fontMetrics().height() * 2);
    m_reset->setAccessibleName(tr("Reset head"));
    m_reset->setToolTip(
        tr("Forget the forced channels and the size of this head: layer and method decide again"));
    for (QWidget* widget : std::initializer_list<QWidget*> { m_scope, m_order, m_other, m_headOnly }) {
        row->addWidget(widget);
    }
    row->addStretch(1);
    row->addWidget(m_reset);
    row->addWidget(m_headSwitch);
    layout->addLayout(row);
    auto* views = new QWidget(m_content);
    m_views = new QStackedLayout(views);
    m_views->addWidget(m_plot);
    m_views->addWidget(m_map);
    layout->addWidget(views, 1);

    connect(m_scope, &QComboBox::activated, this,
            [this] { setScope(static_cast<Scope>(m_scope->currentData().toInt())); });
    connect(m_order, &QComboBox::activated, this, [this] { setSorted(m_order->currentData().toBool()); });
    connect(m_other, &QComboBox::activated, this,
            [this] { setOtherMethod(m_other->currentData().toString()); });
    connect(m_headOnly, &QCheckBox::toggled, this, [this](bool only) {
        const LayerPlan* layer = layerPlan();
        const HeadEdit* edit = layer != nullptr ? layer->editOf(m_choice.head()) : nullptr;
        if (!only && edit != nullptr && edit->keptKeyDims) {
            m_document.setHeadsKept(m_choice.channels().layer, { { m_choice.head(), std::nullopt } },
                                    m_document.newGesture());
        }
    });
    connect(m_headSwitch, &QPushButton::clicked, this, &ImportancePanel::toggleHead);
    connect(m_reset, &QPushButton::clicked, this, &ImportancePanel::resetHead);

    const QString scope = m_settings.get(setting::importanceScope);
    for (const Scope each : { Scope::Head, Scope::Layer, Scope::Map }) {
        if (scope == nameOf(each)) {
            setScope(each);
        }
    }
    setSorted(m_settings.get(setting::importanceOrder) != u"place"_s);
    if (const QString other = m_settings.get(setting::importanceOther); m_other->findData(other) > 0) {
        setOtherMethod(other);
    }
}

void ImportancePanel::connectPlot(ChannelPlot* plot)
{
    connect(plot, &ChannelPlot::picked, this, &ImportancePanel::pick);
    connect(plot, &ChannelPlot::hoverMoved, this, [this](int head, int channel) {
        const int layer = m_choice.channels().layer;
        m_selection.setHover(head < 0 || layer < 0
                                 ? LayerSelection::Hover {}
                                 : LayerSelection::Hover { layer, m_choice.valueHeadOf(head), channel, -1 });
    });
    connect(plot, &ChannelPlot::hovered, this, &ImportancePanel::hovered);
    connect(plot, &ChannelPlot::problem, this, &ImportancePanel::problem);
    connect(plot, &ChannelPlot::menuWanted, this, &ImportancePanel::fillMenu);
    plot->focusProxy()->installEventFilter(this);
}

ImportancePanel::Scope ImportancePanel::scope() const
{
    return static_cast<Scope>(m_scope->currentData().toInt());
}

void ImportancePanel::setScope(Scope scope)
{
    m_scope->setCurrentIndex(m_scope->findData(static_cast<int>(scope)));
    m_settings.set(setting::importanceScope, nameOf(scope));
    m_choice.setWholeLayer(scope != Scope::Head);
    m_plot->setWholeLayer(scope == Scope::Layer);
    m_views->setCurrentWidget(shownPlot());
    Q_EMIT captionChanged(caption());
}

void ImportancePanel::setSorted(bool sorted)
{
    m_order->setCurrentIndex(m_order->findData(sorted));
    m_settings.set(setting::importanceOrder, sorted ? u"importance"_s : u"place"_s);
    m_plot->setSorted(sorted);
    m_map->setSorted(sorted);
}

void ImportancePanel::setOtherMethod(const QString& methodId)
{
    m_other->setCurrentIndex(std::max(0, m_other->findData(methodId)));
    m_settings.set(setting::importanceOther, methodId);
    m_choice.setOtherMethod(methodId);
}

bool ImportancePanel::cutsHeadOnly() const
{
    return m_headOnly->isChecked();
}

ChannelPlot* ImportancePanel::shownPlot() const
{
    return scope() == Scope::Map ? static_cast<ChannelPlot*>(m_map) : m_plot;
}

const LayerPlan* ImportancePanel::layerPlan() const
{
    const int layer = m_choice.channels().layer;
    return layer >= 0 && layer < std::ssize(m_document.plan().layers) ? &m_document.plan().layers[idx(layer)]
                                                                      : nullptr;
}

void ImportancePanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_dirty) {
        refresh();
    }
}

void ImportancePanel::refresh()
{
    const QString& note = m_choice.note();
    m_empty->setText(note);
    m_stack->setCurrentWidget(note.isEmpty() ? m_content : static_cast<QWidget*>(m_empty));
    Q_EMIT captionChanged(caption());
    refreshControls();
    m_dirty = !isVisible();
    if (!m_dirty) {
        m_plot->setChannels(m_choice.channels());
        m_map->setChannels(m_choice.channels());
        refreshMarks();
    }
    Q_EMIT stateChanged();
}

void ImportancePanel::refreshControls()
{
    const LayerPlan* layer = layerPlan();
    const HeadEdit* edit = layer != nullptr ? layer->editOf(m_choice.head()) : nullptr;
    const bool off = layer != nullptr && layer->keptKeyDimsOf(m_choice.head()) == 0;
    // A head with a size of its own is cut on its own; another head is not, unless asked for.
    static constexpr const char* kOwn = "ownCut";
    const bool own = edit != nullptr && edit->keptKeyDims && *edit->keptKeyDims > 0;
    const QSignalBlocker block(m_headOnly);
    if (own || m_headOnly->property(kOwn).toBool()) {
        m_headOnly->setChecked(own);
    }
    m_headOnly->setProperty(kOwn, own);
    const bool editable = canEditHead();
    m_headOnly->setEnabled(editable && !off);
    m_headSwitch->setEnabled(editable);
    showHeadSwitch(off);
    m_reset->setEnabled(canResetHead());
    const MethodInfo* method = findMethod(m_choice.otherMethod().toStdString());
    m_other->setToolTip(!m_choice.otherNote().isEmpty() ? m_choice.otherNote()
                            : method != nullptr
                            ? QString::fromUtf8(method->description)
                            : tr("Draw the importance of a second method as dots and count "
                                 "the channels that both keep."));
}

void ImportancePanel::showHeadSwitch(bool off)
{
    m_headSwitch->setText(off ? tr("Switch head on") : tr("Switch head off"));
    setPrimary(m_headSwitch, off);
}

QString ImportancePanel::caption() const
{
    const LayerChannels& layer = m_choice.channels();
    if (layer.layer < 0) {
        return {};
    }
    QString text = scope() == Scope::Head
        ? tr("layer %1 · head %2 · %3").arg(layer.layer).arg(m_choice.head()).arg(layer.methodLabel)
        : tr("layer %1 · %2").arg(layer.layer).arg(layer.methodLabel);
    if (const LayerPlan* plan = layerPlan();
        plan != nullptr && scope() == Scope::Head && plan->keptKeyDimsOf(m_choice.head()) == 0) {
        return text + tr(" · off: a what-if, frees no bytes");
    }
    if (m_choice.otherMethod().isEmpty()) {
        return text + tr(" · drag the cut, click a channel twice to force it") + QChar(0x9c) + text
            + tr(" · drag the cut") + QChar(0x9c) + text;
    }
    if (layer.otherLabel.isEmpty()) {
        return text + u" · "_s
            + (m_choice.otherNote().isEmpty() ? tr("preparing the second method…") : m_choice.otherNote());
    }
    int same = 0;
    int kept = 0;
    for (int head = 0; head < std::ssize(layer.heads); ++head) {
        if (layer.known(head) && (scope() != Scope::Head || head == m_choice.head())) {
            same += layer.heads[idx(head)].agreement();
            kept += narrow<int>(layer.heads[idx(head)].kept.size());
        }
    }
    return text + tr(" · %1 keeps %2 of %3 the same").arg(layer.otherLabel).arg(same).arg(kept);
}

void ImportancePanel::refreshMarks()
{
    showMarks();
    Q_EMIT stateChanged();
}

void ImportancePanel::showMarks()
{
    if (m_dirty || m_choice.channels().layer < 0) {
        return;
    }
    ChannelPlot::Marks marks;
    marks.head = m_choice.head();
    marks.channel = m_selection.channel();
    marks.selected = m_selected;
    const LayerSelection::Hover& hover = m_selection.hover();
    if (hover.layer == m_choice.channels().layer && hover.head >= 0) {
        marks.hover = { m_choice.keyHeadOf(hover.head), hover.channel };
    }
    m_plot->setMarks(marks);
    m_map->setMarks(marks);
}

QString ImportancePanel::whyNotEditHead() const
{
    if (!m_choice.note().isEmpty()) {
        return m_choice.note();
    }
    const LayerPlan* layer = layerPlan();
    if (layer == nullptr || m_choice.channels().layer != m_selection.currentLayer()) {
        return tr("The channels of the layer are not there yet.");
    }
    return layer->locked ? tr("Layer %1 is locked.").arg(m_choice.channels().layer) : QString();
}

QString ImportancePanel::whyNotForce(ChannelForce force) const
{
    if (QString why = whyNotEditHead(); !why.isEmpty()) {
        return why;
    }
    if (m_selected.empty()) {
        return tr("Select channels in Importance first.");
    }
    const bool changes = std::any_of(m_selected.begin(), m_selected.end(), [&](int channel) {
        return channelForce(*layerPlan(), m_choice.head(), channel) != force;
    });
    return changes                    ? QString()
        : force == ChannelForce::Free ? tr("The method decides about the selected channels already.")
        : force == ChannelForce::In   ? tr("The selected channels are forced in already.")
                                      : tr("The selected channels are forced out already.");
}

QString ImportancePanel::whyNotResetHead() const
{
    const QString why = whyNotEditHead();
    return why.isEmpty() && layerPlan()->editOf(m_choice.head()) == nullptr
        ? tr("Nothing was decided about this head alone.")
        : why;
}

QString ImportancePanel::whyNotResetLayer() const
{
    const QString why = whyNotEditHead();
    return why.isEmpty() && layerPlan()->headEdits.empty() && layerPlan()->kept.empty()
        ? tr("Nothing was decided about single heads of this layer.")
        : why;
}

void ImportancePanel::forceSelection(ChannelForce force)
{
    if (canForce()) {
        m_document.forceChannels(m_choice.channels().layer, m_choice.head(), m_selected, force);
    }
}

void ImportancePanel::toggleHead()
{
    if (canEditHead()) {
        const int head = m_choice.head();
        m_document.setHeadOn(m_choice.channels().layer, head, layerPlan()->keptKeyDimsOf(head) == 0);
    }
}

void ImportancePanel::resetHead()
{
    if (canEditHead()) {
        m_document.resetHead(m_choice.channels().layer, m_choice.head());
    }
}

void ImportancePanel::resetLayer()
{
    if (canEditHead()) {
        m_document.resetHeads({ m_choice.channels().layer });
    }
}

void ImportancePanel::cutTo(int head, int kept)
{
    const int layer = m_choice.channels().layer;
    if (layer < 0) {
        return;
    }
    if (cutsHeadOnly()) {
        m_document.setHeadsKept(layer, { { head, kept } }, m_gesture);
    } else {
        m_document.setKept({ layer }, kept, m_gesture);
    }
}

} // namespace rankscope
