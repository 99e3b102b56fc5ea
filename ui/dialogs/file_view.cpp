// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/file_view.h"

#include "core/model/checkpoint_excerpt.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/theme/theme.h"

#include <QBoxLayout>
#include <QDesktopServices>
#include <QEvent>
#include <QFontDatabase>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBlock>
#include <QUrl>

namespace rankscope {

FileView::FileView(JobLanes& lanes, QWidget* parent)
    : QDialog(parent)
    , m_lanes(lanes)
    , m_issue(new QLabel(this))
    , m_text(new QPlainTextEdit(this))
    , m_openFolder(new QPushButton(tr("Open the folder"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    m_issue->setWordWrap(true);
    m_issue->setTextFormat(Qt::PlainText);
    m_issue->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setReadOnly(true);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_openFolder->setAutoDefault(false);
    auto* closing = new QPushButton(tr("Close"), this);
    closing->setDefault(true);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_openFolder);
    buttons->addStretch(1);
    buttons->addWidget(closing);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 14, 16, 14);
    layout->setSpacing(10);
    layout->addWidget(m_issue);
    layout->addWidget(m_text, 1);
    layout->addLayout(buttons);
    connect(closing, &QPushButton::clicked, this, &QDialog::close);
    connect(m_openFolder, &QPushButton::clicked, this,
            [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_folder)); });
    resize(fontMetrics().height() * 46, fontMetrics().height() * 32);
}

void FileView::show(const QString& folder, const QString& file, const QString& subject, const QString& issue)
{
    m_folder = folder;
    m_line = -1;
    setWindowTitle(file);
    m_issue->setText(issue);
    m_text->setPlainText({});
    m_text->setAccessibleName(file);
    QDialog::show();
    raise();
    activateWindow();
    m_text->setFocus();
    auto* job = new Job(0, tr("Read %1").arg(file), this);
    job->start(
        m_lanes.cpu(),
        [folder = std::filesystem::path(folder.toStdU16String()), file = file.toStdString(),
         subject = subject.toStdString()](JobContext&) {
            return readCheckpointExcerpt(folder, file, subject);
        },
        [this, job, file, request = ++m_request](const Result<CheckpointExcerpt>& excerpt) {
            job->deleteLater();
            if (request != m_request) {
                return;
            }
            m_text->setPlainText(QString::fromStdString(excerpt ? excerpt->text : excerpt.error().message));
            if (excerpt) {
                mark(excerpt->line);
                setWindowTitle(m_line < 0 ? file : tr("%1, line %2").arg(file, QString::number(m_line + 1)));
            }
        });
}

void FileView::mark(int line)
{
    const QTextBlock block = line < 0 ? QTextBlock() : m_text->document()->findBlockByNumber(line);
    m_line = block.isValid() ? line : -1;
    if (m_line < 0) {
        m_text->setExtraSelections({});
        return;
    }
    QTextCursor cursor(block);
    m_text->setTextCursor(cursor);
    m_text->centerCursor();
    QTextEdit::ExtraSelection marked;
    marked.cursor = cursor;
    marked.format.setBackground(themeOf(palette()).selectedRow);
    marked.format.setProperty(QTextFormat::FullWidthSelection, true);
    m_text->setExtraSelections({ marked });
}

void FileView::changeEvent(QEvent* event)
{
    QDialog::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        mark(m_line);
    }
}

} // namespace rankscope
