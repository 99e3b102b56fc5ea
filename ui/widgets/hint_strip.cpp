// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/hint_strip.h"

#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace rankscope {

HintStrip::HintStrip(QWidget* parent)
    : QWidget(parent)
    , m_hints { tr("Drag a fader of the equaliser down: the layer keeps fewer key dims, and the candidate's "
                   "perplexity above answers within a second."),
                tr("Step through layers with [ and ] and through heads with { and }: spectra and importance "
                   "follow."),
                tr("Drag the cut in Importance to keep fewer channels where they matter least."),
                tr("Ctrl+K finds every command by name; F1 defines every quantity."),
                tr("When the loss is right, Ctrl+E writes a smaller checkpoint and proves that it computes "
                   "the same.") }
    , m_text(new QLabel(this))
    , m_next(new QPushButton(tr("Next"), this))
    , m_off(new QPushButton(tr("Hide hints"), this))
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(14, 4, 10, 4);
    layout->setSpacing(8);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_next);
    layout->addWidget(m_off);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    for (QPushButton* button : { m_next, m_off }) {
        button->setFlat(true);
        button->setAutoDefault(false);
        button->setFocusPolicy(Qt::TabFocus);
    }
    m_off->setToolTip(tr("Help › Show hints brings them back"));
    connect(m_next, &QPushButton::clicked, this, &HintStrip::next);
    connect(m_off, &QPushButton::clicked, this, &HintStrip::turnedOff);
    refresh();
}

void HintStrip::start()
{
    m_current = 0;
    refresh();
}

void HintStrip::next()
{
    if (m_current + 1 < count()) {
        ++m_current;
        refresh();
    } else {
        Q_EMIT turnedOff();
    }
}

void HintStrip::did(int index)
{
    if (isVisible() && index == m_current) {
        next();
    }
}

void HintStrip::refresh()
{
    m_text->setText(tr("Hint %1 of %2   %3").arg(m_current + 1).arg(count()).arg(m_hints[m_current]));
    m_text->setAccessibleName(m_text->text());
    m_text->setToolTip(m_hints[m_current]);
    m_next->setText(m_current + 1 < count() ? tr("Next") : tr("Done"));
}

void HintStrip::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    painter.fillRect(rect(), mixed(theme.panel, theme.accent, 0.08));
    painter.fillRect(QRect(0, height() - 1, width(), 1), theme.border);
}

} // namespace rankscope
