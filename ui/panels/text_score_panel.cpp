// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/text_score_panel.h"

#include "core/base/narrow.h"
#include "ui/actions/what_is_this.h"
#include "ui/dialogs/dialog_port.h"
#include "ui/document/text_scores.h"
#include "ui/models/text_score_model.h"
#include "ui/settings/settings.h"
#include "ui/widgets/row_delegate.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QDropEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QTableView>
#include <QToolButton>
#include <QUrl>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

QStringList droppedTexts(const QMimeData& data)
{
    QStringList paths;
    for (const QUrl& url : data.urls()) {
        const QString path = url.toLocalFile();
        const QString suffix = QFileInfo(path).suffix().toLower();
        if (QFileInfo(path).isFile() && (suffix == u"txt"_s || suffix == u"md"_s)) {
            paths << path;
        }
    }
    return paths;
}

} // namespace

TextScorePanel::TextScorePanel(TextScores& scores, Settings& settings, DialogPort& dialogs, QWidget* parent)
    : QWidget(parent)
    , m_scores(scores)
    , m_settings(settings)
    , m_dialogs(dialogs)
    , m_model(new TextScoreModel(scores, this))
    , m_table(new QTableView(this))
    , m_verdict(new QLabel(this))
    , m_remove(new QToolButton(this))
{
    setAcceptDrops(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 4);
    layout->setSpacing(3);
    layout->addWidget(m_table, 1);
    m_verdict->setWordWrap(true);
    m_verdict->setContentsMargins(10, 0, 10, 0);
    layout->addWidget(m_verdict);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(6, 0, 6, 0);
    row->setSpacing(2);
    auto* add = new QToolButton(this);
    add->setText(tr("Add a text…"));
    add->setToolTip(tr("Score the same plan on a further text; text files can be dropped here as well"));
    m_remove->setText(tr("Remove"));
    m_remove->setToolTip(tr("Take the selected text out (Delete)"));
    row->addWidget(add);
    row->addWidget(m_remove);
    row->addStretch(1);
    layout->addLayout(row);

    m_table->setModel(m_model);
    m_table->setItemDelegate(new RowDelegate(m_table));
    m_table->setProperty("rankscopeBare", true);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->setTabKeyNavigation(false);
    m_table->setAcceptDrops(false);
    m_table->setAccessibleName(tr("Texts"));
    m_table->setMouseTracking(true);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() * 19 / 10);
    m_table->verticalHeader()->setMinimumSectionSize(10);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setMinimumSectionSize(16);
    m_table->horizontalHeader()->setFixedHeight(fontMetrics().height() * 17 / 10);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->installEventFilter(this);
    m_table->viewport()->installEventFilter(this);

    connect(m_table, &QTableView::entered, this, [this](const QModelIndex& index) {
        Q_EMIT hovered(index.data(Qt::ToolTipRole).toString().replace(u"\n"_s, u" · "_s));
    });
    connect(m_table, &QTableView::viewportEntered, this, [this] { Q_EMIT hovered(QString()); });
    connect(add, &QToolButton::clicked, this, &TextScorePanel::addText);
    connect(m_remove, &QToolButton::clicked, this, &TextScorePanel::removeSelected);
    connect(m_table, &QTableView::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu(this);
        menu.addAction(tr("Add a text…"), this, &TextScorePanel::addText);
        QAction* remove = menu.addAction(tr("Remove"), this, &TextScorePanel::removeSelected);
        remove->setEnabled(m_remove->isEnabled());
        menu.addSeparator();
        menu.addAction(tr("Copy the table"), this, &TextScorePanel::copyTable);
        addWhatIsThis(menu, *this, Topic::Texts);
        menu.exec(m_table->viewport()->mapToGlobal(at));
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &TextScorePanel::refresh);
    connect(&m_scores, &TextScores::textChanged, this, &TextScorePanel::refresh);
    connect(&m_scores, &TextScores::added, this, &TextScorePanel::refresh);
    connect(&m_scores, &TextScores::removed, this, &TextScorePanel::refresh);
    refresh();
}

void TextScorePanel::refresh()
{
    if (!isVisible()) {
        return;
    }
    const std::vector<TextScore>& texts = m_scores.texts();
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    m_remove->setEnabled(!rows.isEmpty() && rows.first().row() > 0);
    const TextScore& main = texts.front();
    const bool planned = main.candidate != nullptr;
    const auto failed
        = std::ranges::find_if(texts, [](const TextScore& text) { return !text.failure.isEmpty(); });
    const auto waiting
        = std::ranges::count_if(texts.begin() + 1, texts.end(), [planned](const TextScore& text) {
              return text.failure.isEmpty()
                  && (text.baselineTrust != Trust::Final || (planned && text.trust != Trust::Final));
          });
    QString sentence;
    bool disagree = false;
    if (failed != texts.end()) {
        sentence = failed->failure;
    } else if (texts.size() < 2) {
        sentence = tr("Add further texts to see whether the loss is the same on all of them.");
    } else if (planned && main.trust != Trust::Final) {
        sentence = tr("The further texts are scored once %1 is final.").arg(main.name);
    } else if (waiting > 0) {
        sentence = waiting == 1 ? tr("1 text still to be scored.")
                                : tr("%1 texts still to be scored.").arg(waiting);
    } else if (planned) {
        sentence = textDisagreement(texts);
        disagree = !sentence.isEmpty();
        if (!disagree) {
            sentence = tr("The texts agree.");
        }
    }
    m_verdict->setText(sentence);
    m_verdict->setForegroundRole(disagree ? QPalette::BrightText : QPalette::PlaceholderText);
    Q_EMIT captionChanged(texts.size() > 1 ? tr("%1 texts, candidate against dense").arg(texts.size())
                                           : QString());
}

void TextScorePanel::addText()
{
    const QString path = m_dialogs.chooseOpenFile(this, tr("Add a text to compare on"),
                                                  m_settings.get(setting::lastTextFolder),
                                                  tr("Text (*.txt *.md);;All files (*)"));
    if (!path.isEmpty()) {
        m_settings.set(setting::lastTextFolder, QFileInfo(path).absolutePath());
        m_scores.add(path);
    }
}

void TextScorePanel::removeSelected()
{
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    if (!rows.isEmpty()) {
        m_scores.remove(rows.first().row());
    }
}

QString TextScorePanel::tableText() const
{
    return m_model->table();
}

void TextScorePanel::copyTable()
{
    QGuiApplication::clipboard()->setText(tableText());
}

void TextScorePanel::fitColumns()
{
    const QFontMetrics metrics = m_table->fontMetrics();
    QHeaderView* header = m_table->horizontalHeader();
    const auto chars = [&](const QString& text) { return metrics.horizontalAdvance(text) + 17; };
    int room = m_table->viewport()->width() - chars(u"evaluation.txt"_s);
    const std::pair<int, int> wanted[] = { { TextScoreModel::DeltaColumn, chars(u"+0.000"_s) },
                                           { TextScoreModel::BeforeColumn, chars(u"↻ 999.99"_s) },
                                           { TextScoreModel::AfterColumn, chars(u"↻ 999.99"_s) },
                                           { TextScoreModel::TokensColumn, chars(u"999 999"_s) },
                                           { TextScoreModel::IntervalColumn, chars(u"+0.000 … +0.000"_s) } };
    int used = 0;
    for (const auto& [column, width] : wanted) {
        const bool optional
            = column == TextScoreModel::TokensColumn || column == TextScoreModel::IntervalColumn;
        const bool shown = !optional || width <= room;
        m_table->setColumnHidden(column, !shown);
        if (shown) {
            header->resizeSection(column, width);
            room -= width;
            used += width;
        }
    }
    header->resizeSection(TextScoreModel::NameColumn,
                          std::max(metrics.height() * 4, m_table->viewport()->width() - used));
}

bool TextScorePanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport() && event->type() == QEvent::Resize) {
        fitColumns();
    }
    if (watched == m_table->viewport() && event->type() == QEvent::Leave) {
        Q_EMIT hovered(QString());
    }
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Copy)) {
            copyTable();
            return true;
        }
        if (key->key() == Qt::Key_Delete) {
            removeSelected();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void TextScorePanel::dragEnterEvent(QDragEnterEvent* event)
{
    if (!droppedTexts(*event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void TextScorePanel::dropEvent(QDropEvent* event)
{
    for (const QString& path : droppedTexts(*event->mimeData())) {
        m_scores.add(path);
    }
    event->acceptProposedAction();
}

void TextScorePanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_scores.setWatching(this, true);
    refresh();
}

void TextScorePanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_scores.setWatching(this, false);
}

} // namespace rankscope
