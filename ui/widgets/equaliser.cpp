// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/equaliser.h"

#include "core/base/narrow.h"
#include "core/plan/budget.h"
#include "ui/format/numbers.h"

#include <QAccessible>
#include <QAction>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMouseEvent>
#include <QSpinBox>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Key presses closer than this are one gesture.
constexpr qint64 kBurstMs = 600;
/// Pixels that a pressed pointer moves before it is a drag.
constexpr double kDragDistance = 3.0;
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

Equaliser::~Equaliser() = default;

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
        m_drag.reset();
        m_ghost.clear();
        m_hovered = -1;
        closeEntry(false);
        scrollTo(m_first);
    }
    announce();
    update();
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
        m_hoveredElsewhere = id;
        update();
    }
}

void Equaliser::setSizes(FaderGesture::Sizes sizes)
{
    m_sizes = std::move(sizes);
    update();
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

// Mouse

void Equaliser::mousePressEvent(QMouseEvent* event)
{
    closeEntry(true);
    if (event->button() != Qt::LeftButton) {
        return;
    }
    if (overviewRect().contains(event->position())) {
        m_draggingOverview = true;
        mouseMoveEvent(event);
        return;
    }
    const int fader = faderAt(event->position().x());
    if (fader < 0) {
        return;
    }
    Q_EMIT picked(m_faders[idx(fader)].id);
    if (event->position().y() > plotRect().bottom() + 2) {
        return; // the labels select only
    }
    const Qt::KeyboardModifiers keys = event->modifiers();
    const FaderMode mode = keys.testFlag(Qt::ShiftModifier)                    ? FaderMode::MoveAll
        : keys.testFlag(Qt::AltModifier) || keys.testFlag(Qt::ControlModifier) ? FaderMode::KeepTotal
                                                                               : FaderMode::Draw;
    m_gesture = m_newGesture();
    m_mode = mode;
    m_pressed = event->position();
}

/// Begins once the pointer has moved: a click selects and changes nothing.
void Equaliser::beginDrag()
{
    std::vector<FaderTrack> tracks;
    m_ghost.clear();
    for (const Fader& shown : m_faders) {
        tracks.push_back(shown.track);
        m_ghost.push_back(shown.track.kept);
    }
    m_drag.emplace(std::move(tracks), m_mode, m_lowest, m_sizes);
    dragTo(*m_pressed);
    m_pressed.reset();
}

void Equaliser::dragTo(const QPointF& at)
{
    const QRectF plot = plotRect();
    const int fader = faderAt(std::clamp(at.x(), plot.left() + 1.0, plot.right() - 1.0));
    if (fader < 0 || !m_drag) {
        return;
    }
    const std::vector<int>& kept = m_drag->moveTo(fader, dimsAt(at.y()));
    std::map<int, int> wanted;
    for (std::size_t each = 0; each < kept.size() && each < m_faders.size(); ++each) {
        if (m_faders[each].track.movable() && kept[each] != m_faders[each].track.kept) {
            wanted[m_faders[each].id] = kept[each];
        }
    }
    hoverAt(at);
    if (!wanted.empty()) {
        m_numberSinceEdit = false;
        Q_EMIT edited(wanted, m_gesture);
    }
}

void Equaliser::mouseMoveEvent(QMouseEvent* event)
{
    if (m_draggingOverview) {
        const QRectF strip = overviewRect();
        const double at = (event->position().x() - strip.left()) / strip.width();
        scrollTo(static_cast<int>(std::lround(at * static_cast<double>(m_faders.size()))) - shownCount() / 2);
    } else if (m_pressed && event->buttons().testFlag(Qt::LeftButton)
               && (event->position() - *m_pressed).manhattanLength() >= kDragDistance) {
        beginDrag();
        dragTo(event->position());
    } else if (m_drag) {
        dragTo(event->position());
    } else {
        hoverAt(event->position());
    }
}

void Equaliser::mouseReleaseEvent(QMouseEvent*)
{
    m_draggingOverview = false;
    m_pressed.reset();
    endDrag();
}

void Equaliser::endDrag()
{
    if (!m_drag) {
        return;
    }
    const bool changed = m_drag->kept() != m_ghost;
    m_drag.reset();
    if (!changed || m_numberSinceEdit) {
        m_ghost.clear();
    }
    announce();
    update();
}

void Equaliser::mouseDoubleClickEvent(QMouseEvent* event)
{
    const int fader = faderAt(event->position().x());
    if (event->button() == Qt::LeftButton && fader >= 0 && m_faders[idx(fader)].track.movable()) {
        Q_EMIT resetWanted(m_faders[idx(fader)].id, m_newGesture());
    }
}

void Equaliser::wheelEvent(QWheelEvent* event)
{
    if (shownCount() >= std::ssize(m_faders)) {
        event->ignore();
        return;
    }
    const int delta = event->angleDelta().x() != 0 ? event->angleDelta().x() : event->angleDelta().y();
    scrollTo(m_first - delta / 40);
}

void Equaliser::leaveEvent(QEvent*)
{
    hoverAt(QPointF(-1.0, -1.0));
}

void Equaliser::contextMenuEvent(QContextMenuEvent* event)
{
    const int fader
        = event->reason() == QContextMenuEvent::Mouse ? faderAt(event->pos().x()) : indexOf(m_current);
    Q_EMIT menuWanted(fader < 0 ? -1 : m_faders[idx(fader)].id, event->globalPos());
}

void Equaliser::hoverAt(const QPointF& at)
{
    const QRectF plot = plotRect();
    m_hovered = faderAt(at.x());
    const bool over = m_hovered >= 0 && at.y() >= plot.top() - 4 && at.y() <= plot.bottom() + 2;
    m_hoverY = over ? std::clamp(at.y(), plot.top(), plot.bottom()) : -1.0;
    if (m_hovered < 0) {
        Q_EMIT hovered({}, -1);
    } else {
        const Fader& fader = m_faders[idx(m_hovered)];
        const int dims = over && fader.track.size > 0
            ? std::clamp(static_cast<int>(std::lround(dimsAt(at.y()))), m_lowest, fader.track.size)
            : fader.track.kept;
        Q_EMIT hovered(hoverText(fader, dims), fader.id);
    }
    update();
}

QString Equaliser::hoverText(const Fader& fader, int dims) const
{
    QString text = m_name.arg(fader.id);
    if (fader.track.size == 0) {
        return text + u": "_s + fader.note;
    }
    text += tr(" keeps %1 of %2").arg(fader.track.kept).arg(fader.track.size);
    if (fader.track.rowBytes > 1) {
        text += u", "_s + formatBytes(fader.track.rowBytes * fader.track.kept);
    }
    if (fader.entropyRank > 0.0) {
        text += tr(", entropy rank %1").arg(formatRank(fader.entropyRank));
    }
    if (!fader.costs.empty()) {
        const QString here = formatSigned(costAt(fader.costs, dims), 3);
        text += dims == fader.track.kept
            ? tr(", alone ≈ %1 nats").arg(here)
            : tr("; %1 here: alone ≈ %2 instead of %3 nats")
                  .arg(dims)
                  .arg(here, formatSigned(costAt(fader.costs, fader.track.kept), 3));
    }
    return fader.note.isEmpty() ? text : text + u"; "_s + fader.note;
}

// Keys

void Equaliser::setKept(int fader, int kept)
{
    const Fader& moved = m_faders[idx(fader)];
    if (!moved.track.movable()) {
        return;
    }
    if (m_keyFader != fader || !m_sinceKey.isValid() || m_sinceKey.elapsed() > kBurstMs) {
        m_keyGesture = m_newGesture();
        m_keyFader = fader;
        m_ghost.clear();
        for (const Fader& each : m_faders) {
            m_ghost.push_back(each.track.kept);
        }
    }
    m_sinceKey.start();
    kept = std::clamp(kept, m_lowest, moved.track.size);
    if (kept != moved.track.kept) {
        Q_EMIT edited({ { moved.id, kept } }, m_keyGesture);
    }
}

/// By single channels, or by allowed sizes where a rule gives them.
void Equaliser::nudge(int steps)
{
    const int fader = indexOf(m_current);
    if (fader < 0 || m_faders[idx(fader)].track.size == 0) {
        return;
    }
    const FaderTrack& track = m_faders[idx(fader)].track;
    const std::vector<int> sizes = m_sizes(track.size);
    int kept = track.kept;
    if (std::ssize(sizes) == track.size) {
        kept += steps;
    } else {
        for (; steps > 0; --steps) {
            const auto next = std::ranges::upper_bound(sizes, kept);
            kept = next == sizes.end() ? track.size : *next;
        }
        for (; steps < 0; ++steps) {
            const auto next = std::ranges::lower_bound(sizes, kept);
            kept = next == sizes.begin() ? std::min(kept, sizes.front()) : *(next - 1);
        }
    }
    setKept(fader, kept);
}

void Equaliser::keyPressEvent(QKeyEvent* event)
{
    const int fader = indexOf(m_current);
    const auto go = [&](int to) {
        if (!m_faders.empty()) {
            Q_EMIT picked(m_faders[idx(std::clamp(to, 0, static_cast<int>(m_faders.size()) - 1))].id);
        }
    };
    const int step = event->modifiers().testFlag(Qt::ShiftModifier) ? 4 : 1;
    switch (event->key()) {
    case Qt::Key_Up:
        nudge(step);
        return;
    case Qt::Key_Down:
        nudge(-step);
        return;
    case Qt::Key_PageUp:
        nudge(8);
        return;
    case Qt::Key_PageDown:
        nudge(-8);
        return;
    case Qt::Key_Home:
        if (fader >= 0) {
            setKept(fader, m_faders[idx(fader)].track.size);
        }
        return;
    case Qt::Key_End:
        if (fader >= 0) {
            setKept(fader, m_lowest);
        }
        return;
    case Qt::Key_Left:
        go(fader - 1);
        return;
    case Qt::Key_Right:
        go(fader + 1);
        return;
    case Qt::Key_Backspace:
    case Qt::Key_Delete:
        if (fader >= 0 && m_faders[idx(fader)].track.movable()) {
            Q_EMIT resetWanted(m_current, m_newGesture());
        }
        return;
    default:
        break;
    }
    const QString typed = event->text();
    if (!typed.isEmpty() && typed.front().isDigit() && event->modifiers() <= Qt::KeypadModifier) {
        openEntry(typed);
        return;
    }
    QWidget::keyPressEvent(event);
}

bool Equaliser::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        // Digits belong to the number entry, whatever they do elsewhere in the window.
        const QString text = static_cast<QKeyEvent*>(event)->text();
        if (!text.isEmpty() && text.front().isDigit()
            && static_cast<QKeyEvent*>(event)->modifiers() <= Qt::KeypadModifier) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void Equaliser::openEntry(const QString& typed)
{
    const int fader = indexOf(m_current);
    if (fader < 0 || !m_faders[idx(fader)].track.movable()) {
        return;
    }
    const Fader& shown = m_faders[idx(fader)];
    m_entry = new QSpinBox(this);
    m_entry->setProperty("fader", shown.id);
    m_entry->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_entry->setRange(m_lowest, shown.track.size);
    m_entry->setAccessibleName(tr("Kept key dims of %1").arg(m_name.arg(shown.id)));
    m_entry->setAlignment(Qt::AlignHCenter);
    const int width = fontMetrics().horizontalAdvance(u"00000"_s) + 14;
    const QRectF track = trackRect(fader);
    const int x
        = std::clamp(static_cast<int>(track.center().x()) - width / 2, 0, std::max(0, this->width() - width));
    const int y = static_cast<int>(pointOf(shown.id, shown.track.kept).y());
    m_entry->setGeometry(x, std::clamp(y - m_entry->sizeHint().height() - 6, 0, height()), width,
                         m_entry->sizeHint().height());
    m_entry->show();
    m_entry->setFocus();
    m_entry->findChild<QLineEdit*>()->setText(typed);
    connect(m_entry, &QSpinBox::editingFinished, this, [this] { closeEntry(true); });
    auto* entry = m_entry.data();
    auto* escape = new QAction(entry);
    escape->setShortcut(QKeySequence(Qt::Key_Escape));
    escape->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    entry->addAction(escape);
    connect(escape, &QAction::triggered, this, [this] { closeEntry(false); });
}

void Equaliser::closeEntry(bool take)
{
    if (m_entry == nullptr) {
        return;
    }
    QSpinBox* entry = m_entry;
    m_entry = nullptr; // hiding it finishes editing once more
    entry->interpretText();
    const int fader = indexOf(entry->property("fader").toInt());
    if (take && fader >= 0) {
        m_keyFader = -1;
        setKept(fader, entry->value());
    }
    const bool hadFocus = entry->hasFocus();
    entry->hide();
    entry->deleteLater();
    if (hadFocus) {
        setFocus();
    }
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
