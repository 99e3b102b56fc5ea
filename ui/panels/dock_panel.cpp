// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/dock_panel.h"

#include "ui/actions/action_registry.h"
#include "ui/theme/flat_frames.h"
#include "ui/theme/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QBoxLayout>
#include <QComboBox>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>
#include <QPushButton>
#include <QRegularExpression>
#include <QStackedWidget>
#include <QTabBar>

#include <algorithm>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr QChar kNextWording(0x9c);

/// Content of a panel: the lower part of the card.
class PanelBody : public QWidget {
public:
    explicit PanelBody(QWidget* parent)
        : QWidget(parent)
    {
        setAttribute(Qt::WA_OpaquePaintEvent); // nothing is to be painted under it
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = themeOf(palette());
        QPainter painter(this);
        cardPart(&painter, rect(), Qt::BottomEdge, theme, theme.panel);
    }
};

/// Ctrl+C in a combo box copies the view: the box would look for an entry of that letter.
class CopyKey : public QObject {
public:
    explicit CopyKey(QComboBox& box)
        : QObject(&box)
    {
        box.installEventFilter(this);
    }

    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() != QEvent::KeyPress
            || !static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
            return false;
        }
        for (QWidget* widget = static_cast<QWidget*>(watched); widget != nullptr;
             widget = widget->parentWidget()) {
            if (auto* dock = qobject_cast<DockPanel*>(widget)) {
                Q_EMIT dock->copyWanted();
                return true;
            }
        }
        return false;
    }
};

} // namespace

PanelHeader::PanelHeader(QWidget* parent)
    : QWidget(parent)
    , m_tabs(new QTabBar(this))
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    m_tabs->hide();
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

void PanelHeader::setTitle(const QString& title)
{
    m_title = title;
    update();
}

void PanelHeader::setCaption(const QString& caption)
{
    if (caption != m_caption) {
        m_caption = caption;
        setToolTip(caption.section(kNextWording, 0, 0));
        update();
    }
}

QSize PanelHeader::sizeHint() const
{
    return QSize(200, fontMetrics().height() * 19 / 10 + 2);
}

void PanelHeader::setButton(QAbstractButton* button)
{
    m_button = button;
    m_button->setParent(this);
    m_button->show();
    fitTabs();
}

void PanelHeader::fitTabs()
{
    const auto places = [this] {
        return std::pair(m_tabs->isHidden() ? QRect() : m_tabs->geometry(),
                         m_button != nullptr ? m_button->geometry() : QRect());
    };
    const auto before = places();
    m_tabs->setVisible(m_tabs->count() > 1);
    m_tabs->setGeometry(2, 1, std::min(m_tabs->sizeHint().width(), width() - 4), height() - 1);
    if (m_button != nullptr) {
        const int wide = m_button->sizeHint().width();
        m_button->setGeometry(width() - wide - 4, 3, wide, height() - 6);
    }
    if (places() != before) {
        update();
    }
}

bool PanelHeader::event(QEvent* event)
{
    // The button has another text; while the header is hidden nobody says so.
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Show) {
        fitTabs();
    }
    return QWidget::event(event);
}

void PanelHeader::resizeEvent(QResizeEvent*)
{
    fitTabs();
}

void PanelHeader::paintEvent(QPaintEvent*)
{
    const Theme& theme = themeOf(palette());
    QPainter painter(this);
    cardPart(&painter, rect(), Qt::TopEdge, theme, theme.field);
    painter.setPen(QPen(theme.border, 1.0));
    painter.drawLine(0, height() - 1, width(), height() - 1);
    QFont bold = font();
    bold.setBold(true);
    int used = 10;
    if (m_tabs->isHidden()) {
        painter.setPen(theme.text);
        painter.setFont(bold);
        painter.drawText(QRect(10, 0, width() - 20, height()), Qt::AlignLeft | Qt::AlignVCenter, m_title);
        used += QFontMetrics(bold).horizontalAdvance(m_title);
    } else {
        used += m_tabs->width();
    }
    const int end = m_button != nullptr ? m_button->width() + 2 : 0;
    const int room = width() - used - 24 - end;
    if (room > 30) {
        const QStringList wordings = m_caption.split(kNextWording);
        const auto fitting = std::ranges::find_if(wordings, [&](const QString& wording) {
            return fontMetrics().horizontalAdvance(wording) <= room;
        });
        painter.setPen(theme.muted);
        painter.setFont(font());
        // A stump of a few letters says nothing; the tooltip has the whole.
        const QString& shown = fitting != wordings.end() ? *fitting : wordings.last();
        if (room * 2 > fontMetrics().horizontalAdvance(shown)) {
            painter.drawText(QRect(used + 14, 0, room, height()), Qt::AlignRight | Qt::AlignVCenter,
                             fontMetrics().elidedText(shown, Qt::ElideRight, room));
        }
    }
}

DockPanel::DockPanel(const QString& objectName, const QString& title, QWidget* parent)
    : QDockWidget(title, parent)
    , m_header(new PanelHeader(this))
    , m_stack(new QStackedWidget(this))
{
    setObjectName(objectName);
    setFeatures(DockWidgetMovable | DockWidgetClosable | DockWidgetFloatable);
    m_header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_header, &QWidget::customContextMenuRequested, this, [this](const QPoint& place) {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(isFloating() ? tr("&Put back into the window") : tr("&Float"), this,
                        [this] { setFloating(!isFloating()); });
        menu->addAction(tr("&Hide"), this, [this] { toggleViewAction()->trigger(); });
        menu->popup(m_header->mapToGlobal(place));
    });
    m_header->setTitle(title);
    setTitleBarWidget(m_header);
    auto* body = new PanelBody(this);
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(1, 0, 1, 1);
    layout->addWidget(m_stack);
    setWidget(body);
    connect(m_header->tabs(), &QTabBar::currentChanged, m_stack, &QStackedWidget::setCurrentIndex);
    connect(m_stack, &QStackedWidget::currentChanged, this, [this] {
        const auto caption = m_captions.constFind(m_stack->currentWidget());
        if (caption != m_captions.constEnd()) {
            setCaption(*caption);
        }
    });
}

void DockPanel::addPage(QWidget* page, const QString& title)
{
    m_stack->addWidget(page);
    for (QComboBox* box : page->findChildren<QComboBox*>()) {
        if (!box->property("copiesItsView").toBool()) { // pages move between docks
            box->setProperty("copiesItsView", true);
            new CopyKey(*box);
        }
    }
    m_header->tabs()->addTab(title);
    m_header->fitTabs();
}

void DockPanel::movePage(int page, DockPanel& to)
{
    QWidget* moved = m_stack->widget(page);
    const QString title = pageTitle(page);
    m_stack->removeWidget(moved);
    m_header->tabs()->removeTab(page);
    m_header->fitTabs();
    const QString caption = m_captions.take(moved);
    to.addPage(moved, title);
    to.setPageCaption(moved, caption);
}

void DockPanel::lendTo(DockPanel& host)
{
    m_host = &host;
    while (pageCount() > 0) {
        m_lent << page(0);
        movePage(0, host);
    }
    hide();
}

void DockPanel::takeBack()
{
    for (QWidget* page : std::exchange(m_lent, {})) {
        m_host->movePage(m_host->m_stack->indexOf(page), *this);
    }
    m_host = nullptr;
}

DockPanel* DockPanel::of(const QWidget* page)
{
    QWidget* above = page->parentWidget();
    while (above != nullptr && qobject_cast<DockPanel*>(above) == nullptr) {
        above = above->parentWidget();
    }
    return static_cast<DockPanel*>(above);
}

void DockPanel::setPageTitle(int page, const QString& title)
{
    if (m_header->tabs()->tabText(page) != title) {
        m_header->tabs()->setTabText(page, title);
        m_header->fitTabs();
    }
}

void DockPanel::showPage(int page)
{
    m_header->tabs()->setCurrentIndex(page);
}

int DockPanel::pageCount() const
{
    return m_stack->count();
}

QWidget* DockPanel::page(int index) const
{
    return m_stack->widget(index);
}

QWidget* DockPanel::currentPage() const
{
    return m_stack->currentWidget();
}

QString DockPanel::pageTitle(int page) const
{
    return m_header->tabs()->tabText(page);
}

QString DockPanel::pageName(const QWidget* page)
{
    QString name = QString::fromLatin1(page->metaObject()->className());
    name = name.section(u"::"_s, -1).section(u"Panel"_s, 0, 0);
    name.front() = name.front().toLower();
    return name;
}

void DockPanel::reveal(int page)
{
    show();
    raise();
    showPage(page);
    m_stack->currentWidget()->setFocus();
}

void DockPanel::reveal(const QWidget* page)
{
    for (int index = 0; index < pageCount(); ++index) {
        if (m_stack->widget(index) == page) {
            reveal(index);
            return;
        }
    }
}

void DockPanel::keyPressEvent(QKeyEvent* event)
{
    if (event->matches(QKeySequence::Copy)) {
        Q_EMIT copyWanted();
    } else {
        QDockWidget::keyPressEvent(event);
    }
}

void DockPanel::leaveEvent(QEvent* event)
{
    QDockWidget::leaveEvent(event);
    Q_EMIT left();
}

void DockPanel::setPageCaption(QWidget* page, const QString& caption)
{
    m_captions[page] = caption;
    if (m_stack->currentWidget() == page) {
        setCaption(caption);
    }
}

void DockPanel::setCaption(const QString& caption)
{
    m_header->setCaption(caption);
}

EmptyNote::EmptyNote(QWidget* parent)
    : QWidget(parent)
    , m_button(new QPushButton(this))
{
    m_button->hide();
    m_button->setAutoDefault(false);
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_offered != nullptr) {
            m_offered->trigger();
        }
    });
}

void EmptyNote::setText(const QString& text)
{
    if (text != m_text) {
        m_text = text;
        setAccessibleName(text);
        offer();
        update();
    }
}

void EmptyNote::setActions(const ActionRegistry& actions, const QStringList& elsewhere)
{
    m_actions = &actions;
    m_elsewhere = elsewhere;
    offer();
}

void EmptyNote::offer()
{
    QAction* offered = nullptr;
    if (m_actions != nullptr && !m_text.isEmpty()) {
        for (const ActionRegistry::Entry& entry : m_actions->entries()) {
            const QString keys = entry.action->shortcut().toString(QKeySequence::NativeText);
            // Letters and brackets alone are no names of keys in a sentence.
            if (keys.size() > 1
                && m_text.contains(
                    QRegularExpression(u"(?<![\\w+])%1(?![\\w+])"_s.arg(QRegularExpression::escape(keys))))) {
                offered = m_elsewhere.contains(entry.id) ? nullptr : entry.action;
                break;
            }
        }
    }
    if (offered != m_offered) {
        if (m_offered != nullptr) {
            disconnect(m_offered, nullptr, this, nullptr);
        }
        m_offered = offered;
        if (m_offered != nullptr) {
            connect(m_offered, &QAction::changed, this, &EmptyNote::arrange);
            m_button->setText(m_offered->text());
        }
    }
    arrange();
}

void EmptyNote::arrange()
{
    const QRect room = textRoom();
    const QRect text = fontMetrics().boundingRect(room, Qt::AlignCenter | Qt::TextWordWrap, m_text);
    m_button->resize(m_button->sizeHint());
    m_button->move((width() - m_button->width()) / 2, text.bottom() + fontMetrics().height() / 2);
    m_button->setVisible(m_offered != nullptr && m_offered->isEnabled()
                         && m_button->geometry().bottom() < height());
}

QRect EmptyNote::textRoom() const
{
    const int below = m_offered != nullptr ? m_button->sizeHint().height() + fontMetrics().height() / 2 : 0;
    const QRect room = rect().adjusted(16, 8, -16, -8);
    const QRect text = fontMetrics().boundingRect(room, Qt::AlignCenter | Qt::TextWordWrap, m_text);
    return text.height() + below <= room.height() ? room.adjusted(0, 0, 0, -below) : room;
}

void EmptyNote::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(themeOf(palette()).muted);
    painter.drawText(textRoom(), Qt::AlignCenter | Qt::TextWordWrap, m_text);
}

void EmptyNote::resizeEvent(QResizeEvent*)
{
    arrange();
}

} // namespace rankscope
