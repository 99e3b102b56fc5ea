// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/issues_panel.h"

#include "core/base/narrow.h"
#include "ui/panels/dock_panel.h"
#include "ui/theme/icon_tint.h"
#include "ui/theme/theme.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QListWidget>
#include <QMenu>
#include <QRegularExpression>
#include <QStackedLayout>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

std::optional<int> layerNamedIn(const QString& text)
{
    static const QRegularExpression pattern(u"\\blayers\\.(\\d{1,6})\\b"_s);
    const QRegularExpressionMatch match = pattern.match(text);
    return match.hasMatch() ? std::optional(match.captured(1).toInt()) : std::nullopt;
}

IssuesPanel::IssuesPanel(QWidget* parent)
    : QWidget(parent)
    , m_list(new QListWidget(this))
    , m_empty(new EmptyNote(this))
    , m_stack(new QStackedLayout(this))
{
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setWordWrap(true);
    m_list->setMouseTracking(true);
    m_list->setAccessibleName(tr("Issues of the checkpoint"));
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->installEventFilter(this);
    m_list->viewport()->installEventFilter(this);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_list);
    m_empty->setText(tr("No model open."));
    connect(m_list, &QListWidget::itemClicked, this,
            [this](const QListWidgetItem* item) { follow(item, false); });
    connect(m_list, &QListWidget::itemActivated, this,
            [this](const QListWidgetItem* item) { follow(item, true); });
    connect(m_list, &QListWidget::itemEntered, this, [this](const QListWidgetItem* item) {
        Q_EMIT hovered(item->text() + (item->toolTip().isEmpty() ? QString() : u" · "_s + item->toolTip()));
    });
    connect(m_list, &QListWidget::viewportEntered, this, [this] { Q_EMIT hovered(QString()); });
    connect(m_list, &QListWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu(this);
        fillMenu(menu);
        menu.exec(m_list->viewport()->mapToGlobal(at));
    });
}

void IssuesPanel::setIssues(const std::vector<CheckpointIssue>& issues, bool modelOpen)
{
    m_issues = issues;
    m_modelOpen = modelOpen;
    rebuild();
}

void IssuesPanel::addIssue(const CheckpointIssue& issue)
{
    const bool known = std::ranges::any_of(
        m_issues, [&](const CheckpointIssue& each) { return each.message == issue.message; });
    if (!known) {
        m_issues.push_back(issue);
        rebuild();
    }
}

QString IssuesPanel::text(bool all) const
{
    QStringList lines;
    for (int row = 0; row < m_list->count(); ++row) {
        if (all || row == m_list->currentRow()) {
            lines << m_list->item(row)->text();
        }
    }
    return lines.join(u'\n');
}

QString IssuesPanel::tableText() const
{
    QString text = u"severity\tsubject\tissue\n"_s;
    for (const CheckpointIssue& issue : m_issues) {
        const QString severity = issue.severity == IssueSeverity::Error ? u"error"_s
            : issue.severity == IssueSeverity::Warning                  ? u"warning"_s
                                                                        : u"note"_s;
        text += QStringList { severity, QString::fromStdString(issue.subject).simplified(),
                              QString::fromStdString(issue.message).simplified() }
                    .join(u'\t')
            + u'\n';
    }
    return text;
}

void IssuesPanel::copy(bool all) const
{
    QGuiApplication::clipboard()->setText(text(all));
}

void IssuesPanel::fillMenu(QMenu& menu)
{
    const QListWidgetItem* item = m_list->currentItem();
    if (const std::optional<int> layer = layerOf(item)) {
        menu.addAction(tr("Go to layer %1").arg(*layer), this,
                       [this, layer = *layer] { Q_EMIT layerWanted(layer); });
    }
    if (const CheckpointIssue* issue = item != nullptr ? &m_issues[idx(m_list->row(item))] : nullptr;
        issue != nullptr && !issue->file.empty()) {
        menu.addAction(tr("Show in %1").arg(QString::fromStdString(issue->file)), this,
                       [this, issue = *issue] { showFile(issue); });
    }
    menu.addAction(tr("Open the folder"), this, &IssuesPanel::folderWanted)->setEnabled(m_modelOpen);
    menu.addSeparator();
    menu.addAction(tr("Copy"), this, [this] { copy(false); })->setEnabled(item != nullptr);
    menu.addAction(tr("Copy all"), this, [this] { copy(true); });
}

std::optional<int> IssuesPanel::layerOf(const QListWidgetItem* item) const
{
    if (item == nullptr) {
        return std::nullopt;
    }
    const CheckpointIssue& issue = m_issues[idx(m_list->row(item))];
    const std::optional<int> layer = layerNamedIn(QString::fromStdString(issue.subject));
    return layer ? layer : layerNamedIn(QString::fromStdString(issue.message));
}

void IssuesPanel::follow(const QListWidgetItem* item, bool opens)
{
    if (item == nullptr) {
        return;
    }
    const CheckpointIssue& issue = m_issues[idx(m_list->row(item))];
    if (const std::optional<int> layer = layerOf(item)) {
        Q_EMIT layerWanted(*layer);
    } else if (!issue.file.empty()) {
        showFile(issue);
    } else if (opens) {
        Q_EMIT folderWanted();
    }
}

void IssuesPanel::showFile(const CheckpointIssue& issue)
{
    Q_EMIT fileWanted(QString::fromStdString(issue.file), QString::fromStdString(issue.subject),
                      QString::fromStdString(issue.message));
}

void IssuesPanel::sortIssues()
{
    std::stable_sort(m_issues.begin(), m_issues.end(),
                     [](const CheckpointIssue& left, const CheckpointIssue& right) {
                         return static_cast<int>(left.severity) > static_cast<int>(right.severity);
                     });
}

void IssuesPanel::rebuild()
{
    sortIssues();
    m_empty->setText(m_modelOpen
                         ? tr("No issues: every tensor is there with the expected name, shape and type.")
                         : tr("No model open."));
    const Theme& theme = themeOf(palette());
    m_list->clear();
    for (const CheckpointIssue& issue : m_issues) {
        const bool note = issue.severity == IssueSeverity::Note;
        auto* item = new QListWidgetItem(QString::fromStdString(issue.message), m_list);
        item->setIcon(tintedIcon(issue.severity == IssueSeverity::Error ? u"error"_s
                                     : note                             ? u"note"_s
                                                                        : u"warning"_s,
                                 note ? theme.accent : theme.worse, fontMetrics().height()));
        item->setToolTip(QString::fromStdString(issue.subject));
    }
    m_stack->setCurrentWidget(m_issues.empty() ? static_cast<QWidget*>(m_empty) : m_list);
}

void IssuesPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        rebuild();
    }
}

bool IssuesPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list->viewport() && event->type() == QEvent::Leave) {
        Q_EMIT hovered(QString());
    }
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Copy)) {
            copy(false);
            return true;
        }
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            follow(m_list->currentItem(), true);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace rankscope
