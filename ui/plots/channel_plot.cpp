// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/channel_plot.h"

#include "core/base/narrow.h"
#include "ui/plots/qcp.h"
#include "ui/plots/view_export.h"

#include <QBoxLayout>
#include <QMenu>

#include <algorithm>
#include <numeric>

namespace rankscope {

using namespace Qt::StringLiterals;

ChannelPlot::ChannelPlot(DialogPort& dialogs, const QString& exportName, QWidget* parent)
    : QWidget(parent)
    , m_dialogs(dialogs)
    , m_plot(new QCustomPlot(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 0, 10, 2);
    layout->addWidget(m_plot);
    m_plot->setMinimumHeight(96);
    m_plot->setMouseTracking(true);
    m_plot->setFocusPolicy(Qt::StrongFocus);
    setFocusProxy(m_plot);
    connect(m_plot, &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        if (event->button() != Qt::LeftButton) {
            return;
        }
        m_taken = press(event->position());
        if (const ChannelAt at = channelAt(event->position()); !m_taken && at.head >= 0) {
            Q_EMIT picked(at.head, at.channel, event->modifiers() & Qt::ShiftModifier);
        }
    });
    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (!move(event->position(), event->buttons() & Qt::LeftButton)) {
            hover(event->position());
        }
    });
    connect(m_plot, &QCustomPlot::mouseRelease, this, [this] { release(); });
    auto* give = new ViewExport(
        *m_plot, exportName, [this] { return csv(); }, m_dialogs);
    connect(give, &ViewExport::problem, this, &ChannelPlot::problem);
    m_plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_plot, &QCustomPlot::customContextMenuRequested, this, [this, give](const QPoint& at) {
        // A channel outside the selection becomes it; the menu key opens the menu for the selection.
        const ChannelAt under = channelAt(at);
        const bool inside = under.head == m_marks.head
            && std::find(m_marks.selected.begin(), m_marks.selected.end(), under.channel)
                != m_marks.selected.end();
        if (under.channel >= 0 && !inside) {
            Q_EMIT picked(under.head, under.channel, false);
        }
        QMenu menu(this);
        Q_EMIT menuWanted(menu);
        menu.addSeparator();
        give->addActions(menu);
        menu.exec(m_plot->mapToGlobal(at));
    });
}

void ChannelPlot::setSorted(bool sorted)
{
    if (sorted != m_sorted) {
        m_sorted = sorted;
        refresh();
    }
}

void ChannelPlot::setChannels(const LayerChannels& channels)
{
    m_channels = channels;
    refresh();
}

void ChannelPlot::setMarks(const Marks& marks)
{
    if (marks == m_marks) {
        return;
    }
    const bool otherHead = marks.head != m_marks.head;
    const bool hoverOnly
        = !otherHead && marks.channel == m_marks.channel && marks.selected == m_marks.selected;
    m_marks = marks;
    if (otherHead) {
        refresh();
    } else if (hoverOnly) {
        refreshHover();
    } else {
        refreshMarks();
    }
}

std::vector<int> ChannelPlot::displayOrder(int head) const
{
    if (!m_channels.known(head)) {
        return {};
    }
    if (m_sorted) {
        return m_channels.heads[idx(head)].order;
    }
    std::vector<int> order(idx(m_channels.keyDims));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

QString ChannelPlot::describe(const ChannelAt& at) const
{
    if (at.channel < 0 || !m_channels.known(at.head) || at.channel >= m_channels.keyDims) {
        return {};
    }
    const HeadChannels& head = m_channels.heads[idx(at.head)];
    const auto place = std::find(head.order.begin(), head.order.end(), at.channel) - head.order.begin() + 1;
    QString text = tr("layer %1, head %2, channel %3: %4 = %5, place %6, %7")
                       .arg(m_channels.layer)
                       .arg(at.head)
                       .arg(at.channel)
                       .arg(m_channels.scoreLabel, QString::number(head.scores[idx(at.channel)], 'g', 4))
                       .arg(place)
                       .arg(head.keeps(at.channel) ? tr("kept") : tr("removed"));
    if (head.force[idx(at.channel)] == ChannelForce::In) {
        text += head.keeps(at.channel) ? tr(", forced in") : tr(", forced in but without room");
    } else if (head.force[idx(at.channel)] == ChannelForce::Out) {
        text += tr(", forced out");
    }
    if (!head.otherScores.empty()) {
        text += tr("; %1: %2, would be %3")
                    .arg(m_channels.otherLabel, QString::number(head.otherScores[idx(at.channel)], 'g', 4),
                         head.otherKeeps(at.channel) ? tr("kept") : tr("removed"));
    }
    return text;
}

QString ChannelPlot::csv() const
{
    QString text = u"layer,head,place,channel,score,kept,forced,second_score,second_kept\n"_s;
    for (const int head : shownHeads()) {
        const HeadChannels& of = m_channels.heads[idx(head)];
        std::vector<int> places(idx(m_channels.keyDims)); // by importance, whatever the order of the rows
        for (int at = 0; at < std::ssize(of.order); ++at) {
            places[idx(of.order[idx(at)])] = at + 1;
        }
        for (const int channel : displayOrder(head)) {
            const ChannelForce force = of.force[idx(channel)];
            text += u"%1,%2,%3,%4,%5,%6,%7,%8\n"_s.arg(m_channels.layer)
                        .arg(head)
                        .arg(places[idx(channel)])
                        .arg(channel)
                        .arg(QString::number(of.scores[idx(channel)], 'g', 12))
                        .arg(of.keeps(channel) ? 1 : 0)
                        .arg(force == ChannelForce::In        ? u"in"_s
                                 : force == ChannelForce::Out ? u"out"_s
                                                              : QString())
                        .arg(of.otherScores.empty() ? u","_s
                                                    : QString::number(of.otherScores[idx(channel)], 'g', 12)
                                     + (of.otherKeeps(channel) ? u",1"_s : u",0"_s));
        }
    }
    return text;
}

bool ChannelPlot::press(const QPointF&)
{
    return false;
}

bool ChannelPlot::move(const QPointF&, bool)
{
    return false;
}

void ChannelPlot::release() { }

void ChannelPlot::hover(const QPointF& at)
{
    const ChannelAt under = channelAt(at);
    Q_EMIT hoverMoved(under.head, under.channel);
    Q_EMIT hovered(describe(under));
}

void ChannelPlot::leaveEvent(QEvent* event)
{
    QWidget::leaveEvent(event);
    Q_EMIT hoverMoved(-1, -1);
    Q_EMIT hovered({});
}

void ChannelPlot::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    refresh(); // labels depend on the room
}

void ChannelPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        refresh();
    }
}

} // namespace rankscope
