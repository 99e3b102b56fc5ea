// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/status_strip.h"

#include "ui/actions/definitions.h"
#include "ui/theme/flat_style.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kLeft = 12; ///< from the separating line to the text

/// A framed button with a muted word, a value and a chevron; opens its menu.
class StripButton : public QToolButton {
public:
    StripButton(const QString& word, QWidget* parent)
        : QToolButton(parent)
        , m_word(word)
    {
        setPopupMode(QToolButton::InstantPopup);
        setProperty("rankscopeFramed", true);
        setFocusPolicy(Qt::TabFocus);
        setMenu(new QMenu(this));
        setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    }

    [[nodiscard]] QSize sizeHint() const override
    {
        const QFontMetrics value = fontMetrics();
        const QFontMetrics word(smallFont(font()));
        return QSize(word.horizontalAdvance(m_word)
                         + std::min(value.horizontalAdvance(text()), value.averageCharWidth() * 28) + 46,
                     value.height() + 13);
    }
    /// A short value, such as the device's, is never cut.
    [[nodiscard]] QSize minimumSizeHint() const override
    {
        const QFontMetrics value = fontMetrics();
        return QSize(std::min(value.horizontalAdvance(text()), value.averageCharWidth() * 13) + 34,
                     sizeHint().height());
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = themeOf(palette());
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(hasFocus() ? theme.accent : theme.border, 1.0));
        painter.setBrush(underMouse() || isDown() ? mixed(theme.field, theme.text, 0.05) : theme.field);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
        const QFont small = smallFont(font());
        const int wordWidth = QFontMetrics(small).horizontalAdvance(m_word) + 6;
        // In a narrow strip the value goes before the word.
        const bool both = fontMetrics().horizontalAdvance(text()) <= width() - wordWidth - 32;
        if (both) {
            painter.setFont(small);
            painter.setPen(theme.muted);
            painter.drawText(QRect(10, 0, wordWidth, height()), Qt::AlignVCenter, m_word);
        }
        painter.setFont(font());
        painter.setPen(theme.text);
        const int left = 10 + (both ? wordWidth : 0);
        const QRect room(left, 0, width() - left - 22, height());
        painter.drawText(room, Qt::AlignVCenter,
                         fontMetrics().elidedText(text(), Qt::ElideMiddle, room.width()));
        painter.setPen(QPen(theme.muted, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        const QPointF centre(width() - 14.0, height() / 2.0 + 0.5);
        const QPointF points[]
            = { centre + QPointF(-3.5, -1.75), centre + QPointF(0, 1.75), centre + QPointF(3.5, -1.75) };
        painter.drawPolyline(points, 3);
    }

private:
    QString m_word;
};

/// Of a button, too, an ampersand would be the mark of a shortcut.
void showName(QToolButton& button, const QString& name)
{
    button.setText(name);
    button.setShortcut({});
}

} // namespace

NumberTile::NumberTile(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void NumberTile::setContent(const QString& caption, const QString& value, const QString& rest, Trust trust,
                            Tone tone)
{
    const QSize before = sizeHint();
    m_caption = caption;
    m_value = value;
    m_rest = rest;
    m_trust = trust;
    m_tone = tone;
    setAccessibleName(caption + u": "_s + value + u' ' + rest);
    setToolTip(definitionTip(m_definitions,
                             trust == Trust::Stale ? tr("From an earlier plan, text or device.")
                                 : trust == Trust::Partial
                                 ? tr("Running: based on the windows scored so far.")
                                 : QString()));
    if (sizeHint() != before) {
        updateGeometry();
    }
    update();
}

void NumberTile::enterEvent(QEnterEvent*)
{
    Q_EMIT hovered(accessibleName());
}

void NumberTile::leaveEvent(QEvent*)
{
    Q_EMIT hovered(QString());
}

void NumberTile::setStaleReason(const QString& reason)
{
    if (m_trust == Trust::Stale && !reason.isEmpty()) {
        setToolTip(definitionTip(m_definitions, reason));
        setAccessibleDescription(reason);
    } else {
        setAccessibleDescription(QString());
    }
}

QSize NumberTile::sizeHint() const
{
    const QFontMetrics big(bigNumberFont(font()));
    const QFontMetrics small(smallFont(font()));
    const QString mark = m_trust == Trust::Stale ? u"↻ "_s : QString();
    const int value = big.horizontalAdvance(mark + m_value)
        + (m_rest.isEmpty() ? 0 : fontMetrics().horizontalAdvance(u' ' + m_rest) + 2);
    // Widths move in steps, so that running numbers do not make the strip tremble.
    const int width = std::max(value, small.horizontalAdvance(m_caption)) + kLeft + 14;
    return QSize((width + 11) / 12 * 12, small.height() + big.height() + 4);
}

void NumberTile::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    painter.fillRect(QRect(0, 2, 1, height() - 4), theme.border);
    const QFont small = smallFont(font());
    const QFont big = bigNumberFont(font());
    const int captionHeight = QFontMetrics(small).height();
    painter.setFont(small);
    painter.setPen(theme.muted);
    painter.drawText(QRect(kLeft, 0, width() - kLeft, captionHeight + 1), Qt::AlignLeft | Qt::AlignVCenter,
                     m_caption);
    QColor colour = m_tone == Tone::Worse ? theme.worse : m_tone == Tone::Better ? theme.better : theme.text;
    if (m_trust == Trust::Partial) {
        colour = partialTone(colour, theme.panel);
    } else if (m_trust == Trust::Stale || m_trust == Trust::Missing) {
        colour = theme.muted;
    }
    painter.setPen(colour);
    painter.setFont(big);
    const QString shown = (m_trust == Trust::Stale ? u"↻ "_s : QString()) + m_value;
    const int baselineY = height() - 4 - QFontMetrics(big).descent() + 2;
    painter.drawText(QPoint(kLeft, baselineY), shown);
    painter.setFont(font());
    painter.setPen(m_trust == Trust::Final ? theme.text : theme.muted);
    painter.drawText(
        QPoint(kLeft + QFontMetrics(big).horizontalAdvance(shown) + fontMetrics().horizontalAdvance(u' '),
               baselineY),
        m_rest);
}

StatusStrip::StatusStrip(QWidget* parent)
    : QWidget(parent)
    , m_model(new StripButton(tr("model"), this))
    , m_text(new StripButton(tr("text"), this))
    , m_device(new StripButton(tr("device"), this))
    , m_baseline(new NumberTile(this))
    , m_candidate(new NumberTile(this))
    , m_delta(new NumberTile(this))
    , m_state(new NumberTile(this))
    , m_export(new QPushButton(tr("Export…"), this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 7, 12, 7);
    layout->setSpacing(8);
    layout->addWidget(m_model);
    layout->addWidget(m_text);
    layout->addWidget(m_device);
    layout->addStretch(1);
    layout->addWidget(m_baseline);
    layout->addWidget(m_candidate);
    layout->addWidget(m_delta);
    layout->addWidget(m_state);
    layout->addSpacing(4);
    layout->addWidget(m_export);
    m_baseline->setDefinitions({ u"perplexity"_s, u"nll"_s });
    m_candidate->setDefinitions({ u"perplexity"_s, u"candidate"_s });
    m_delta->setDefinitions({ u"deltaNll"_s, u"interval"_s });
    m_state->setDefinitions({ u"stateBytes"_s });
    for (const NumberTile* tile : { m_baseline, m_candidate, m_delta, m_state }) {
        connect(tile, &NumberTile::hovered, this, &StatusStrip::hovered);
    }
    for (QWidget* button : std::initializer_list<QWidget*> { m_model, m_text, m_device, m_export }) {
        button->installEventFilter(this);
    }
    setPrimary(m_export, true);
    m_export->setToolTip(tr("Write the pruned checkpoint and verify it"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

bool StatusStrip::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Enter) {
        Q_EMIT hovered(static_cast<QWidget*>(watched)->toolTip().replace(u'\n', u" · "_s));
    } else if (event->type() == QEvent::Leave) {
        Q_EMIT hovered(QString());
    }
    return QWidget::eventFilter(watched, event);
}

void StatusStrip::setModelText(const QString& name, const QString& toolTip)
{
    showName(*m_model, name);
    m_model->setAccessibleName(tr("Model: %1").arg(name));
    m_model->setToolTip(toolTip);
    m_model->updateGeometry();
}

void StatusStrip::setTextText(const QString& name, const QString& toolTip)
{
    showName(*m_text, name);
    m_text->setAccessibleName(tr("Evaluation text: %1").arg(name));
    m_text->setToolTip(toolTip);
    m_text->updateGeometry();
}

void StatusStrip::setDeviceText(const QString& name, const QString& toolTip)
{
    showName(*m_device, name);
    m_device->setAccessibleName(tr("Device: %1").arg(name));
    m_device->setToolTip(toolTip);
    m_device->updateGeometry();
}

} // namespace rankscope
