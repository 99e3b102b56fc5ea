// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/equaliser.h"

#include "core/base/narrow.h"
#include "core/plan/budget.h"

#include <QAccessible>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Thinner than this, in font heights, faders scroll.
constexpr double kThinnest = 0.55;

} // namespace

Equaliser::Equaliser(QWidget* parent)
    : QWidget(parent)
    , m_name(tr("layer %1"))
    , m_emptySentence(tr("No model open."))
    , m_sizes([](int size) { return sizesOfRule(SizeRule::Any, size); })
    , m_newGesture([next = quint64 { 0 }]() mutable { return ++next; })
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Equaliser: kept key dims"));
}

/// An entry that is open takes no number any more.
Equaliser::~Equaliser()
{
    if (m_entry != nullptr) {
        m_entry->disconnect(this);
    }
}

void Equaliser::setWords(const QString& name, const QString& legend, const QString& emptySentence, int lowest)
{
    m_name = name;
    m_legend = legend;
    m_emptySentence = emptySentence;
    m_lowest = lowest;
    update();
}

void Equaliser::setFaders(std::vector<Fader> faders)
{
    const bool other = faders.size() != m_faders.size();
    m_faders = std::move(faders);
    m_largestCost = 0.0;
    for (const Fader& fader : m_faders) {
        for (const CostPoint& point : fader.costs) {
            m_largestCost = std::max(m_largestCost, point.cost);
        }
    }
    if (other) {
        startAfresh();
    }
    announce();
    update();
}

void Equaliser::startAfresh()
{
    m_drag.reset();
    m_pressed.reset();
    m_ghost.clear();
    m_keyFader = -1;
    m_hovered = -1;
    closeEntry(false);
    scrollTo(m_first);
}

void Equaliser::setCurrent(int id)
{
    if (id != m_current) {
        m_current = id;
        if (m_entry != nullptr && m_entry->property("fader").toInt() != id) {
            closeEntry(true);
        }
        ensureShown(indexOf(id));
        announce();
        update();
    }
}

void Equaliser::setHovered(int id)
{
    if (id != m_hoveredElsewhere) {
        update(areaOf(indexOf(m_hoveredElsewhere)));
        m_hoveredElsewhere = id;
        update(areaOf(indexOf(m_hoveredElsewhere)));
    }
}

void Equaliser::setSizes(FaderGesture::Sizes sizes)
{
    m_sizes = std::move(sizes);
    update();
}

void Equaliser::setOutline(std::vector<int> kept)
{
    if (kept != m_outline) {
        m_outline = std::move(kept);
        update();
    }
}

void Equaliser::clearGhost()
{
    m_numberSinceEdit = true;
    if (!m_drag && !m_ghost.empty()) {
        m_ghost.clear();
        update();
    }
}

// Places

int Equaliser::largestSize() const
{
    int largest = 1;
    for (const Fader& fader : m_faders) {
        largest = std::max(largest, fader.track.size);
    }
    return largest;
}

QRectF Equaliser::plotRect() const
{
    const double text = fontMetrics().height();
    const double below = text * (m_legend.isEmpty() ? 2.6 : 4.0);
    QRectF plot = QRectF(rect()).adjusted(text * 2.4, text * 0.8, -12.0, -below);
    const double widest = plot.width();
    if (std::ssize(m_faders) > static_cast<int>(widest / (text * kThinnest))) {
        plot.setBottom(plot.bottom() - text * 1.5); // the overview
    }
    return plot;
}

QRectF Equaliser::overviewRect() const
{
    if (shownCount() >= std::ssize(m_faders)) {
        return {};
    }
    const QRectF plot = plotRect();
    const double text = fontMetrics().height();
    return QRectF(plot.left(), plot.bottom() + text * 2.3, plot.width(), text * 1.2);
}

int Equaliser::shownCount() const
{
    const auto count = static_cast<int>(m_faders.size());
    const double room = rect().width() - fontMetrics().height() * 2.4 - 12.0;
    return std::clamp(static_cast<int>(room / (fontMetrics().height() * kThinnest)), 1, std::max(1, count));
}

double Equaliser::slotWidth() const
{
    return plotRect().width() / shownCount();
}

QRectF Equaliser::trackRect(int fader) const
{
    const QRectF plot = plotRect();
    const double slot = slotWidth();
    const double width = std::clamp(slot * 0.56, 2.0, fontMetrics().height() * 2.6);
    const double centre = plot.left() + slot * (fader - m_first + 0.5);
    const double height = plot.height() * m_faders[idx(fader)].track.size / largestSize();
    return QRectF(centre - width / 2.0, plot.bottom() - height, width, height);
}

QPointF Equaliser::pointOf(int id, double dims) const
{
    const int fader = indexOf(id);
    const QRectF plot = plotRect();
    return fader < 0
        ? QPointF()
        : QPointF(trackRect(fader).center().x(), plot.bottom() - plot.height() * dims / largestSize());
}

int Equaliser::faderAt(double x) const
{
    const QRectF plot = plotRect();
    const int fader = m_first + static_cast<int>(std::floor((x - plot.left()) / slotWidth()));
    return x >= plot.left() && fader >= m_first && fader < m_first + shownCount()
            && fader < std::ssize(m_faders)
        ? fader
        : -1;
}

int Equaliser::indexOf(int id) const
{
    for (int fader = 0; fader < std::ssize(m_faders); ++fader) {
        if (m_faders[idx(fader)].id == id) {
            return fader;
        }
    }
    return -1;
}

double Equaliser::dimsAt(double y) const
{
    const QRectF plot = plotRect();
    return (plot.bottom() - y) / plot.height() * largestSize();
}

void Equaliser::scrollTo(int first)
{
    const int last = std::max(0, static_cast<int>(m_faders.size()) - shownCount());
    m_first = std::clamp(first, 0, last);
    update();
}

void Equaliser::ensureShown(int fader)
{
    if (fader >= 0 && (fader < m_first || fader >= m_first + shownCount())) {
        scrollTo(fader < m_first ? fader : fader - shownCount() + 1);
    }
}

void Equaliser::resizeEvent(QResizeEvent*)
{
    scrollTo(m_first);
    closeEntry(true);
}

/// What a screen reader says: the fader in focus and its value.
void Equaliser::announce()
{
    const int fader = indexOf(m_current);
    QString text;
    if (fader >= 0) {
        const Fader& shown = m_faders[idx(fader)];
        text = shown.track.size == 0
            ? m_name.arg(shown.id)
            : tr("%1 keeps %2 of %3").arg(m_name.arg(shown.id)).arg(shown.track.kept).arg(shown.track.size)
                + (shown.track.locked ? tr(", locked") : QString());
    }
    if (text != accessibleDescription()) {
        setAccessibleDescription(text);
        QAccessibleEvent event(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&event);
    }
}

} // namespace rankscope
