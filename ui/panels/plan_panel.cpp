// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/plan_panel.h"

#include "core/pruning/method_registry.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/theme/theme.h"
#include "ui/widgets/ratio_editor.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QEvent>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>

#include <cmath>

namespace rankscope {

using namespace Qt::StringLiterals;

PlanPanel::PlanPanel(Workbench& workbench, PlanDocument& document, QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_method(new QComboBox(this))
    , m_ratio(new RatioEditor(this))
    , m_realised(new QLabel(this))
    , m_budget(new QLabel(this))
    , m_calibration(new QLabel(this))
    , m_choose(new QPushButton(tr("Choose…"), this))
    , m_reset(new QPushButton(tr("Reset plan"), this))
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(10, 8, 10, 10);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(7);
    grid->setColumnStretch(1, 1);
    int row = 0;
    const auto addRow = [&](const QString& name, QWidget* field) {
        auto* label = new QLabel(name, this);
        label->setForegroundRole(QPalette::PlaceholderText);
        label->setBuddy(field);
        grid->addWidget(label, row, 0);
        grid->addWidget(field, row, 1);
        ++row;
    };
    addRow(tr("Method"), m_method);
    addRow(tr("Prune ratio"), m_ratio);
    addRow(tr("Realised"), m_realised);
    addRow(tr("State budget"), m_budget);
    auto* calibration = new QWidget(this);
    auto* line = new QHBoxLayout(calibration);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(6);
    line->addWidget(m_calibration, 1);
    line->addWidget(m_choose);
    addRow(tr("Calibration"), calibration);
    m_calibration->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(m_reset);
    grid->addLayout(buttons, 5, 0, 1, 2);
    grid->setRowStretch(6, 1);

    for (const MethodInfo& method : pruningMethods()) {
        m_method->addItem(QString::fromUtf8(method.label), QString::fromUtf8(method.id));
        m_method->setItemData(m_method->count() - 1, QString::fromUtf8(method.description), Qt::ToolTipRole);
    }
    m_method->setAccessibleName(tr("Pruning method"));
    m_ratio->setScale(0.0, 0.99, 0.01, 2);
    m_ratio->setNames(tr("Prune ratio"), tr("Fraction of key channels removed from every unlocked layer"));
    m_ratio->setGestureSource([this] { return m_document.newGesture(); });
    m_choose->setAccessibleName(tr("Choose the calibration text"));
    m_reset->setToolTip(tr("Keep every channel and remove all locks; can be undone"));
    connect(m_method, &QComboBox::activated, this, [this](int index) {
        m_document.setMethod(m_method->itemData(index).toString(), m_method->itemText(index));
    });
    connect(m_ratio, &RatioEditor::edited, this,
            [this](double value, quint64 gesture) { m_document.setPruneRatio(value, gesture); });
    connect(m_choose, &QPushButton::clicked, this, &PlanPanel::calibrationTextWanted);
    connect(m_reset, &QPushButton::clicked, &m_document, &PlanDocument::keepEverything);
    connect(&m_document, &PlanDocument::planChanged, this, &PlanPanel::refresh);
    connect(&m_workbench, &Workbench::textsChanged, this, &PlanPanel::refresh);
    refresh();
}

void PlanPanel::refresh()
{
    const bool open = m_document.isOpen();
    for (QWidget* widget : { static_cast<QWidget*>(m_method), static_cast<QWidget*>(m_ratio),
                             static_cast<QWidget*>(m_choose), static_cast<QWidget*>(m_reset) }) {
        widget->setEnabled(open);
    }
    if (!open) {
        return;
    }
    const PruningPlan& plan = m_document.plan();
    const int index = m_method->findData(QString::fromStdString(plan.method));
    m_method->setCurrentIndex(index);
    m_method->setToolTip(m_method->itemData(index, Qt::ToolTipRole).toString());
    std::int64_t before = 0;
    std::int64_t kept = 0;
    for (const LayerPlan& layer : plan.layers) {
        before += layer.keyDims;
        kept += layer.keptKeyDims;
    }
    // Where layers were edited one by one, the requested ratio says nothing: show what it came to.
    bool asRequested = true;
    for (const LayerPlan& layer : plan.layers) {
        asRequested = asRequested
            && (layer.keyDims == 0 || layer.locked
                || layer.keptKeyDims == keptKeyDimsForRatio(layer.keyDims, plan.requestedRatio));
    }
    const double realised = before > 0 ? 1.0 - static_cast<double>(kept) / static_cast<double>(before) : 0.0;
    m_ratio->setValue(asRequested ? plan.requestedRatio : std::round(realised * 100.0) / 100.0);
    const QString muted = themeOf(palette()).muted.name();
    m_realised->setText(tr("<b>%1</b> <span style=\"color:%2\">removed · %3 of %4 dims kept</span>")
                            .arg(formatRatio(realised), muted)
                            .arg(kept)
                            .arg(before));
    const std::int64_t full = m_document.spec().stateBytes();
    m_budget->setText(u"<b>%1</b> <span style=\"color:%2\">%3</span>"_s.arg(
        formatBytes(m_document.stateBytes()), muted, tr("of %1 per sequence").arg(formatBytes(full))));
    const std::shared_ptr<const TokenWindows>& text = m_workbench.texts().calibration;
    const QString name = QFileInfo(m_workbench.calibrationText()).fileName();
    m_calibration->setText(m_calibration->fontMetrics().elidedText(name, Qt::ElideMiddle, 150));
    m_calibration->setToolTip(text != nullptr ? tr("%1\n%2 windows of %3 tokens; %4 tokens of the text")
                                                    .arg(m_workbench.calibrationText())
                                                    .arg(text->count)
                                                    .arg(text->length)
                                                    .arg(formatCount(text->textTokens))
                                              : m_workbench.calibrationText());
}

void PlanPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refresh();
    }
}

} // namespace rankscope
