// SPDX-License-Identifier: GPL-3.0-or-later
// What mouse and keys do to the equaliser.
#include "core/base/narrow.h"
#include "ui/format/numbers.h"
#include "ui/widgets/equaliser.h"

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

} // namespace

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
    update(hoverArea());
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
    update(hoverArea());
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
        text += (fader.ranksStale ? tr(", entropy rank %1 of an earlier text or device")
                                  : tr(", entropy rank %1"))
                    .arg(formatRank(fader.entropyRank));
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

} // namespace rankscope
