// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/open_dialog.h"

#include "ui/document/local_model_list.h"
#include "ui/document/resources.h"
#include "ui/format/numbers.h"
#include "ui/settings/settings.h"
#include "ui/theme/flat_style.h"

#include <QBoxLayout>
#include <QDir>
#include <QFileInfo>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

enum Column { NameColumn, TypeColumn, SizeColumn, PlaceColumn, ColumnCount };
constexpr int kFolderRole = Qt::UserRole;

} // namespace

OpenDialog::OpenDialog(LocalModelList& models, const Settings& settings, QWidget* parent)
    : QDialog(parent)
    , m_models(models)
    , m_settings(settings)
    , m_filter(new QLineEdit(this))
    , m_list(new QTreeWidget(this))
    , m_note(new QLabel(this))
    , m_open(new QPushButton(tr("&Open"), this))
{
    setWindowTitle(tr("Open a model"));
    setAttribute(Qt::WA_DeleteOnClose);
    m_filter->setPlaceholderText(tr("Type a part of a name, a type or a folder"));
    m_filter->setAccessibleName(tr("Filter the models"));
    m_filter->setClearButtonEnabled(true);
    m_filter->installEventFilter(this);
    m_list->setColumnCount(ColumnCount);
    m_list->setHeaderLabels(
        { tr("Model"), tr("Type"), tr("Weights"), tr("Folder, or why it does not load") });
    m_list->headerItem()->setTextAlignment(SizeColumn, Qt::AlignRight | Qt::AlignVCenter);
    m_list->setAccessibleName(tr("Models"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->header()->setStretchLastSection(true);
    for (const int column : { TypeColumn, SizeColumn }) {
        m_list->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    }
    m_note->setWordWrap(true);
    m_note->setForegroundRole(QPalette::PlaceholderText);
    auto* choose = new QPushButton(tr("&Choose a folder…"), this);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    for (QPushButton* button : { choose, cancel }) {
        button->setAutoDefault(false);
    }
    setPrimary(m_open, true);
    m_open->setDefault(true);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(6);
    buttons->addWidget(choose);
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_open);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 14);
    layout->setSpacing(10);
    layout->addWidget(m_filter);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_note);
    layout->addLayout(buttons);
    const int unit = fontMetrics().height();
    resize(unit * 52, unit * 28);
    m_list->setColumnWidth(NameColumn, unit * 18);

    connect(m_filter, &QLineEdit::textChanged, this, &OpenDialog::applyFilter);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &OpenDialog::refreshButtons);
    connect(m_list, &QTreeWidget::itemActivated, this, &OpenDialog::openCurrent);
    connect(m_open, &QPushButton::clicked, this, &OpenDialog::openCurrent);
    connect(cancel, &QPushButton::clicked, this, &QDialog::close);
    connect(choose, &QPushButton::clicked, this, [this] {
        close();
        Q_EMIT folderWanted();
    });
    connect(&m_models, &LocalModelList::changed, this, &OpenDialog::fill);
    m_models.refresh();
}

void OpenDialog::fill()
{
    const QTreeWidgetItem* before = m_list->currentItem();
    const QString current = before == nullptr ? QString() : before->data(NameColumn, kFolderRole).toString();
    m_list->clear();
    const auto add = [&](const QString& name, const QString& type, const QString& size, const QString& folder,
                         const QString& problem) {
        auto* item = new QTreeWidgetItem(m_list);
        const QString place = QDir::toNativeSeparators(folder);
        item->setText(NameColumn, name);
        item->setText(TypeColumn, type);
        item->setText(SizeColumn, size);
        item->setText(PlaceColumn, problem.isEmpty() ? place : problem);
        item->setTextAlignment(SizeColumn, Qt::AlignRight | Qt::AlignVCenter);
        item->setData(NameColumn, kFolderRole, folder);
        item->setToolTip(NameColumn, place);
        item->setToolTip(PlaceColumn, problem.isEmpty() ? place : problem + u'\n' + place);
        if (!problem.isEmpty()) {
            item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
        }
        if (folder == current) {
            m_list->setCurrentItem(item);
        }
    };
    if (!demoFolder().isEmpty()) {
        add(tr("gdn-demo"), tr("bundled"), {}, demoFolder(), {});
    }
    for (const QString& folder : m_settings.get(setting::recentFolders)) {
        const bool there = QFileInfo::exists(folder + u"/config.json"_s);
        add(QFileInfo(folder).fileName(), tr("recent"), {}, folder,
            there ? QString() : tr("It is not there any more."));
    }
    for (const LocalModel& model : m_models.models()) {
        const QString name = QString::fromStdString(model.name);
        add(model.isMain ? name : u"%1 @ %2"_s.arg(name, QString::fromStdString(model.revision).left(7)),
            QString::fromStdString(model.modelType), formatBytes(model.weightBytes),
            QString::fromStdU16String(model.folder.u16string()), QString::fromStdString(model.problem));
    }
    applyFilter();
}

void OpenDialog::applyFilter()
{
    const QStringList words = m_filter->text().split(u' ', Qt::SkipEmptyParts);
    QTreeWidgetItem* first = nullptr;
    for (int row = 0; row < m_list->topLevelItemCount(); ++row) {
        QTreeWidgetItem* item = m_list->topLevelItem(row);
        const QString text = item->text(NameColumn) + u' ' + item->text(TypeColumn) + u' '
            + item->data(NameColumn, kFolderRole).toString();
        const bool shown = std::all_of(words.begin(), words.end(), [&](const QString& word) {
            return text.contains(word, Qt::CaseInsensitive);
        });
        item->setHidden(!shown);
        if (shown && first == nullptr && item->flags().testFlag(Qt::ItemIsEnabled)) {
            first = item;
        }
    }
    const QString typed = QDir::fromNativeSeparators(m_filter->text().trimmed());
    const QString path = typed.startsWith(u"~/"_s) ? QDir::homePath() + typed.mid(1) : typed;
    const bool isPath = QDir::isAbsolutePath(path);
    const QString folder = QFileInfo(path).isFile() ? QFileInfo(path).absolutePath() : QDir::cleanPath(path);
    const bool checkpoint = isPath && QFileInfo::exists(folder + u"/config.json"_s);
    m_typedFolder
        = checkpoint || (isPath && first == nullptr && QFileInfo(folder).isDir()) ? folder : QString();
    QTreeWidgetItem* current = m_list->currentItem();
    if (!m_typedFolder.isEmpty()) {
        m_list->setCurrentItem(nullptr);
    } else if (current == nullptr || current->isHidden()) {
        m_list->setCurrentItem(first);
    }
    const QString place = QDir::toNativeSeparators(folder);
    const QString note = checkpoint   ? tr("Enter opens the checkpoint in %1.").arg(place)
        : !isPath || first != nullptr ? m_models.note()
        : !m_typedFolder.isEmpty()    ? tr("%1 holds no config.json.").arg(place)
                                      : tr("There is no folder %1.").arg(place);
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
    refreshButtons();
}

void OpenDialog::refreshButtons()
{
    const QTreeWidgetItem* item = m_list->currentItem();
    const bool chosen = item != nullptr && !item->isHidden() && item->flags().testFlag(Qt::ItemIsEnabled);
    m_open->setEnabled(chosen || (item == nullptr && !m_typedFolder.isEmpty()));
}

void OpenDialog::openCurrent()
{
    refreshButtons();
    if (m_open->isEnabled()) {
        const QTreeWidgetItem* item = m_list->currentItem();
        const QString folder
            = item != nullptr ? item->data(NameColumn, kFolderRole).toString() : m_typedFolder;
        close();
        Q_EMIT folderChosen(folder);
    }
}

bool OpenDialog::eventFilter(QObject* watched, QEvent* event)
{
    // The arrows move in the list while the filter has the keyboard.
    if (watched == m_filter && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Up || key == Qt::Key_PageDown || key == Qt::Key_PageUp) {
            QCoreApplication::sendEvent(m_list, event);
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace rankscope
