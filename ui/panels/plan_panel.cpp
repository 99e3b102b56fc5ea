// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panels/plan_panel.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/document/layer_probes.h"
#include "ui/document/method_change.h"
#include "ui/document/size_snap.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"
#include "ui/models/override_list_model.h"
#include "ui/theme/theme.h"
#include "ui/widgets/ratio_editor.h"

#include <QAbstractItemView>
#include <QBoxLayout>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFileInfo>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMouseEvent>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QStyle>
#include <QTableView>

#include <algorithm>
#include <cmath>
#include <utility>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

bool fitsRule(const PruningPlan& plan, SizeRule rule)
{
    return std::ranges::all_of(sizesSnapped(plan, rule), [&](const auto& entry) {
        return plan.layers[idx(entry.first)].keptKeyDims == entry.second;
    });
}

} // namespace

PlanPanel::PlanPanel(Workbench& workbench, PlanDocument& document, LayerProbes& probes, SizeSnap& snap,
                     QWidget* parent)
    : QWidget(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_probes(probes)
    , m_snap(snap)
    , m_content(new QWidget)
    , m_grid(new QGridLayout(m_content))
    , m_method(new QComboBox(this))
    , m_ratio(new RatioEditor(this))
    , m_budget(new QLineEdit(this))
    , m_budgetOf(new QLabel(this))
    , m_rule(new QComboBox(this))
    , m_snapNow(new QPushButton(tr("Snap"), this))
    , m_bySensitivity(new QPushButton(tr("By sensitivity"), this))
    , m_byRank(new QPushButton(tr("By rank"), this))
    , m_preview(new QLabel(this))
    , m_headsOff(new QLabel(this))
    , m_overrides(new OverrideListModel(document, snap, this))
    , m_overrideTitle(new QLabel(this))
    , m_overrideView(new QTableView(this))
    , m_calibration(new QLabel(this))
    , m_choose(new QPushButton(tr("Choose…"), this))
    , m_reset(new QPushButton(tr("Reset plan"), this))
{
    buildRows();
    connectControls();
    refresh();
}

/// Its field loses the keyboard while it goes, which says that typing has ended.
PlanPanel::~PlanPanel()
{
    m_budget->disconnect(this);
}

void PlanPanel::addRow(const QString& name, QWidget* field)
{
    auto* label = new QLabel(name, this);
    label->setForegroundRole(QPalette::PlaceholderText);
    label->setBuddy(field);
    m_grid->addWidget(label, m_rows, 0);
    m_grid->addWidget(field, m_rows, 1);
    ++m_rows;
}

void PlanPanel::buildRows()
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(m_content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->viewport()->setAutoFillBackground(false);
    m_content->setAutoFillBackground(false);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 1);
    outer->addWidget(scroll);
    m_grid->setContentsMargins(10, 8, 10, 6);
    m_grid->setHorizontalSpacing(10);
    m_grid->setVerticalSpacing(5);
    m_grid->setColumnStretch(1, 1);
    const auto beside = [this](std::initializer_list<std::pair<QWidget*, int>> widgets) {
        auto* row = new QWidget(this);
        auto* line = new QHBoxLayout(row);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(6);
        for (const auto& [widget, stretch] : widgets) {
            line->addWidget(widget, stretch);
        }
        return row;
    };
    addRow(tr("Method"), m_method);
    m_calibration->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    addRow(tr("Calibration"), beside({ { m_calibration, 1 }, { m_choose, 0 } }));
    addRow(tr("Prune ratio"), m_ratio);
    m_budget->setMaximumWidth(fontMetrics().horizontalAdvance(u"0000.0 KiB"_s) + 22);
    addRow(tr("Budget"), beside({ { m_budget, 0 }, { m_budgetOf, 1 } }));
    addRow(tr("Snap to"), beside({ { m_rule, 1 }, { m_snapNow, 0 } }));
    addRow(tr("Distribute"), beside({ { m_bySensitivity, 1 }, { m_byRank, 1 } }));
    for (QLabel* label : { m_budgetOf, m_overrideTitle }) {
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    for (QComboBox* box : { m_method, m_rule }) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(6);
        box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    for (QPushButton* button : { m_bySensitivity, m_byRank }) {
        button->setMinimumWidth(fontMetrics().horizontalAdvance(button->text()) + 12);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    }
    m_preview->setWordWrap(true);
    m_preview->setTextFormat(Qt::RichText);
    m_preview->setMinimumHeight(fontMetrics().height() * 2 + 2);
    m_preview->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_grid->addWidget(m_preview, m_rows++, 0, 1, 2);
    m_headsOff->setWordWrap(true);
    m_headsOff->setToolTip(tr("All heads of a layer have states of the same size: the rows of a head that is "
                              "off stay, filled with zeros, in memory and in an export."));
    m_grid->addWidget(m_headsOff, m_rows++, 0, 1, 2);
    m_overrideTitle->setForegroundRole(QPalette::PlaceholderText);
    m_grid->addWidget(beside({ { m_overrideTitle, 1 }, { m_reset, 0 } }), m_rows++, 0, 1, 2);
    m_overrideView->setModel(m_overrides);
    m_overrideView->setProperty("rankscopeBare", true);
    m_overrideView->setFrameShape(QFrame::NoFrame);
    m_overrideView->setShowGrid(false);
    m_overrideView->setSelectionMode(QAbstractItemView::SingleSelection);
    m_overrideView->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_overrideView->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_overrideView->horizontalHeader()->hide();
    m_overrideView->verticalHeader()->hide();
    m_overrideView->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    m_overrideView->horizontalHeader()->setMinimumSectionSize(1);
    m_overrideView->setAccessibleName(tr("Layers that depart from the ratio"));
    m_overrideView->setToolTip(tr("Enter or a click on \"reset\" takes the layer back to the ratio"));
    m_overrideView->installEventFilter(this);
    m_content->installEventFilter(this);
    m_grid->addWidget(m_overrideView, m_rows++, 0, 1, 2);
    m_grid->setRowStretch(m_rows++, 1);

    for (const MethodInfo& method : pruningMethods()) {
        m_method->addItem(QString::fromUtf8(method.label), QString::fromUtf8(method.id));
        m_method->setItemData(m_method->count() - 1, QString::fromUtf8(method.description), Qt::ToolTipRole);
    }
    for (const SizeRule rule : { SizeRule::Any, SizeRule::MultiplesOf4, SizeRule::MultiplesOf8,
                                 SizeRule::MultiplesOf16, SizeRule::OwnKernel }) {
        m_rule->addItem(SizeSnap::label(rule), static_cast<int>(rule));
        m_rule->setItemData(m_rule->count() - 1, SizeSnap::description(rule), Qt::ToolTipRole);
    }
    m_method->setAccessibleName(tr("Pruning method"));
    m_rule->setAccessibleName(tr("Sizes that edits snap to"));
    m_budget->setAccessibleName(tr("State budget"));
    m_budget->setToolTip(tr("The largest fp32 state of one sequence: type \"240 KiB\" or \"60 %\" for the "
                            "ratio that fits. Locked layers keep what they have."));
    m_snapNow->setToolTip(tr("Move the unlocked layers to the nearest of these sizes"));
    m_snapNow->setAccessibleName(tr("Snap the plan to these sizes"));
    m_ratio->setScale(0.0, 0.99, 0.01, 2);
    m_ratio->setNames(tr("Prune ratio"), tr("Fraction of key channels removed from every unlocked layer"));
    m_choose->setAccessibleName(tr("Choose the calibration text"));
    m_reset->setToolTip(tr("Keep every channel and remove all locks; can be undone"));
}

void PlanPanel::connectControls()
{
    m_ratio->setGestureSource([this] { return m_document.newGesture(); });
    connect(m_method, &QComboBox::activated, this, [this](int index) {
        m_document.replacePlan(withMethod(m_document.plan(),
                                          m_method->itemData(index).toString().toStdString(),
                                          m_workbench.selectedPlan()),
                               tr("method %1").arg(m_method->itemText(index)));
    });
    connect(m_method, &QComboBox::highlighted, this, &PlanPanel::previewMethod);
    m_method->view()->installEventFilter(this); // its end is the preview's
    connect(m_ratio, &RatioEditor::edited, this, [this](double value, quint64 gesture) {
        m_document.setSizes(sizesForRatio(m_document.plan(), value, m_snap.rule()), value, gesture,
                            tr("prune ratio %1").arg(formatRatio(value)));
    });
    connect(m_budget, &QLineEdit::returnPressed, this, &PlanPanel::applyBudget);
    connect(m_budget, &QLineEdit::textEdited, this, [this] {
        if (const QString wrong = budgetProblem(); !wrong.isEmpty()) {
            showBudgetProblem(wrong);
        } else {
            preview(budgetSizes(), m_budget->text());
        }
    });
    connect(m_budget, &QLineEdit::editingFinished, this, [this] {
        if (!m_budget->hasFocus()) {
            refresh(); // what was not entered is forgotten
        }
    });
    connect(m_rule, &QComboBox::activated, this,
            [this](int index) { m_snap.setRule(static_cast<SizeRule>(m_rule->itemData(index).toInt())); });
    connect(&m_snap, &SizeSnap::ruleChanged, this, &PlanPanel::refreshRule);
    connect(&m_snap, &SizeSnap::ruleChanged, this, &PlanPanel::fitOverrides);
    connect(m_snapNow, &QPushButton::clicked, this, [this] {
        m_document.setSizes(sizesSnapped(m_document.plan(), m_snap.rule()), std::nullopt, 0,
                            tr("snap to %1").arg(SizeSnap::label(m_snap.rule())));
    });
    connect(m_bySensitivity, &QPushButton::clicked, this, &PlanPanel::distributeBySensitivity);
    connect(m_byRank, &QPushButton::clicked, this, &PlanPanel::distributeByRank);
    connect(m_overrideView, &QAbstractItemView::clicked, this, [this](const QModelIndex& index) {
        if (index.column() % OverrideListModel::ColumnCount == OverrideListModel::ResetColumn) {
            m_overrides->reset(m_overrides->entryAt(index));
        }
    });
    connect(m_choose, &QPushButton::clicked, this, &PlanPanel::calibrationTextWanted);
    connect(m_reset, &QPushButton::clicked, &m_document, &PlanDocument::keepEverything);
    setContextMenuPolicy(Qt::CustomContextMenu);
    connect(this, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        QMenu menu(this);
        menu.addAction(tr("Copy the plan as a table"), this, &PlanPanel::copyTable);
        menu.exec(mapToGlobal(at));
    });
    connect(&m_document, &PlanDocument::planChanged, this, &PlanPanel::refresh);
    connect(&m_workbench, &Workbench::textsChanged, this, &PlanPanel::refreshCalibration);
    connect(&m_workbench, &Workbench::overviewChanged, this, &PlanPanel::refresh);
    connect(&m_workbench, &Workbench::spectraChanged, this, &PlanPanel::refreshDistribution);
    connect(&m_workbench, &Workbench::candidateChanged, this, [this] {
        if (m_previewSource.isEmpty()) {
            preview(std::nullopt, {});
        }
    });
    connect(&m_probes, &LayerProbes::changed, this, &PlanPanel::refreshDistribution);

    previewOver(m_snapNow, tr("snapped"), [this] { return sizesSnapped(m_document.plan(), m_snap.rule()); });
    previewOver(m_bySensitivity, tr("by sensitivity"), [this] { return sensitivitySizes(); });
    previewOver(m_byRank, tr("by rank"), [this] { return rankSizes(); });
    previewOver(m_reset, tr("reset"), [this] {
        SizesOfLayers all;
        for (const int layer : m_document.prunableLayers()) {
            all[layer] = m_document.plan().layers[idx(layer)].keyDims;
        }
        return std::optional(all);
    });
    m_ratio->slider()->setMouseTracking(true);
    m_ratio->slider()->installEventFilter(this);
    m_ratio->number()->installEventFilter(this);
    if (auto* typed = m_ratio->number()->findChild<QLineEdit*>()) {
        connect(typed, &QLineEdit::textEdited, this, [this](const QString& text) {
            bool number = false;
            const double ratio = QString(text).replace(u',', u'.').toDouble(&number);
            if (number && ratio >= 0.0 && ratio <= 1.0) {
                previewRatio(ratio);
            }
        });
    }
}

void PlanPanel::refresh()
{
    const bool open = m_document.isOpen();
    for (QWidget* widget :
         { static_cast<QWidget*>(m_method), static_cast<QWidget*>(m_ratio), static_cast<QWidget*>(m_budget),
           static_cast<QWidget*>(m_rule), static_cast<QWidget*>(m_reset) }) {
        widget->setEnabled(open);
    }
    if (!open) {
        m_headsOff->hide();
        refreshRule();
        refreshDistribution();
        preview(std::nullopt, {});
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
    const SizesOfLayers asked = sizesForRatio(plan, plan.requestedRatio, m_snap.rule());
    const bool asRequested = keptWith(plan, asked) == keptWith(plan, {});
    const double realised = before > 0 ? 1.0 - static_cast<double>(kept) / static_cast<double>(before) : 0.0;
    m_ratio->setValue(asRequested ? plan.requestedRatio : std::round(realised * 100.0) / 100.0);
    refreshBudget();
    const int off = plan.headsOff();
    m_headsOff->setVisible(off > 0);
    m_headsOff->setText(off == 1 ? tr("1 head is off: a what-if that frees no bytes.")
                                 : tr("%1 heads are off: a what-if that frees no bytes.").arg(off));
    fitOverrides();
    m_overrideTitle->setToolTip(tr("Layers that depart from the ratio, are locked, or have heads or channels "
                                   "decided by hand"));
    refreshRule();
    refreshDistribution();
    refreshCalibration();
    preview(std::nullopt, {});
}

/// All of them: only the panel scrolls. Two stacks where they fit beside each other.
void PlanPanel::fitOverrides()
{
    const int room
        = m_content->width() - m_grid->contentsMargins().left() - m_grid->contentsMargins().right();
    const int reset = fontMetrics().horizontalAdvance(tr("reset")) + 12;
    const auto widest = [&] {
        int width = 0;
        for (int column = 0; column < m_overrides->columnCount(); column += OverrideListModel::ColumnCount) {
            for (int row = 0; row < m_overrides->rowCount(); ++row) {
                width = std::max(
                    width,
                    fontMetrics().horizontalAdvance(m_overrides->index(row, column).data().toString()));
            }
        }
        return width + 12;
    };
    const std::optional<int> common = m_overrides->commonProposal();
    const int stacks = m_overrides->count() > 1 && common ? 2 : 1;
    m_overrides->setStacks(stacks);
    if (stacks > 1 && stacks * (widest() + reset) > room) {
        m_overrides->setStacks(1);
    }
    const int each = room / m_overrides->stacks();
    for (int column = 0; column < m_overrides->columnCount(); ++column) {
        const bool text = column % OverrideListModel::ColumnCount == OverrideListModel::TextColumn;
        m_overrideView->setColumnWidth(column, text ? each - reset : reset);
    }
    const int overrides = m_overrides->count();
    const QString count = overrides == 0 ? tr("No overrides")
        : overrides == 1                 ? tr("1 override")
                                         : tr("%1 overrides").arg(overrides);
    m_overrideTitle->setText(m_overrides->stacks() > 1 && m_overrides->shortens()
                                 ? tr("%1, instead of %2").arg(count).arg(*common)
                                 : count);
    m_overrideView->setVisible(overrides > 0);
    m_overrideView->setFixedHeight(
        m_overrides->rowCount() * m_overrideView->verticalHeader()->defaultSectionSize() + 2);
}

void PlanPanel::refreshRule()
{
    const SizeRule rule = m_snap.rule();
    m_rule->setCurrentIndex(m_rule->findData(static_cast<int>(rule)));
    QString tip = SizeSnap::description(rule) + u'\n'
        + tr("Drags, sliders, the ratio, the budget and resets stop at these sizes; typed numbers are taken "
             "as they are.");
    const PruningPlan& plan = m_document.plan();
    std::map<int, QString> reasons; // by size, for layers that are cut
    for (int layer = 0; layer < std::ssize(plan.layers); ++layer) {
        const LayerPlan& planned = plan.layers[idx(layer)];
        if (planned.keyDims > 0) {
            reasons[planned.keptKeyDims]
                = sizeReason(planned.keptKeyDims, m_document.spec().layers[idx(layer)]);
        }
    }
    int lines = 0;
    for (auto reason = reasons.rbegin(); reason != reasons.rend() && lines < 12; ++reason, ++lines) {
        tip += u'\n' + reason->second;
    }
    m_rule->setToolTip(tip);
    m_snapNow->setEnabled(m_document.isOpen() && !fitsRule(plan, rule));
}

void PlanPanel::refreshDistribution()
{
    const QString whyNot = whyNotBySensitivity();
    const QString whyNotRank = whyNotByRank();
    m_bySensitivity->setEnabled(whyNot.isEmpty());
    m_byRank->setEnabled(whyNotRank.isEmpty());
    const QString rank = tr("The same bytes, shared out in proportion to the entropy rank of each layer's "
                            "largest head. Locked layers keep what they have.");
    m_byRank->setToolTip(whyNotRank.isEmpty() ? rank : rank + u'\n' + whyNotRank);
    QString tip = tr("The same bytes, taken where the measured curves lose least (greedy, one channel after "
                     "another). Locked layers keep what they have.");
    if (!whyNot.isEmpty()) {
        tip += u'\n' + whyNot;
    }
    m_bySensitivity->setToolTip(tip);
    if (m_previewSource.isEmpty()) {
        preview(std::nullopt, {});
    }
}

void PlanPanel::refreshCalibration()
{
    const std::shared_ptr<const TokenWindows>& text = m_workbench.texts().calibration;
    const QString name = QFileInfo(m_workbench.calibrationText()).fileName();
    m_calibration->setText(
        m_calibration->fontMetrics().elidedText(name, Qt::ElideMiddle, fontMetrics().height() * 9));
    m_calibration->setToolTip(text != nullptr
                                  ? tr("%1\n%2 windows of %3 tokens; %4 tokens of the text")
                                        .arg(m_workbench.calibrationText(), QString::number(text->count),
                                             QString::number(text->length), formatCount(text->textTokens))
                                  : m_workbench.calibrationText());
    QPalette colours = palette();
    if (m_workbench.scoresCalibrationText()) {
        m_calibration->setText(u"⚠ "_s + m_calibration->text());
        m_calibration->setToolTip(
            m_calibration->toolTip() + u'\n'
            + tr("The same text is scored: selection has seen it, so that its losses look "
                 "better than those of a text it has not seen."));
        colours.setColor(QPalette::WindowText, themeOf(palette()).worse);
    }
    m_calibration->setPalette(colours);
    m_calibration->setAccessibleDescription(m_calibration->toolTip());
}

QString PlanPanel::tableText() const
{
    QStringList lines { u"quantity\tvalue\tnote"_s };
    const auto add = [&lines](const QString& quantity, const QString& value, const QString& note) {
        lines << QStringList { quantity, value, note }.join(u'\t');
    };
    if (m_document.isOpen()) {
        const PruningPlan& plan = m_document.plan();
        const std::optional<StateBudget>& budget = plan.requestedBudget;
        add(u"method"_s, QString::fromStdString(plan.method), m_method->currentText());
        add(u"calibration_text"_s, m_workbench.calibrationText(), {});
        add(u"ratio_asked"_s, QString::number(plan.requestedRatio, 'g', 12),
            budget ? tr("from the budget") : QString());
        add(u"budget_asked_bytes"_s, budget ? QString::number(budget->bytes) : QString(),
            budget ? budgetText(*budget) : QString());
        add(u"state_bytes"_s, QString::number(m_document.stateBytes()), {});
        add(u"state_bytes_dense"_s, QString::number(m_document.spec().stateBytes()), {});
        add(u"heads_off"_s, QString::number(plan.headsOff()), {});
        for (const int layer : m_document.prunableLayers()) {
            add(u"layer_%1_kept_key_dims"_s.arg(layer), QString::number(plan.layers[idx(layer)].keptKeyDims),
                m_overrides->textOf(layer));
        }
    }
    return lines.join(u'\n') + u'\n';
}

void PlanPanel::copyTable() const
{
    QGuiApplication::clipboard()->setText(tableText());
}

void PlanPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        refresh();
    }
}

} // namespace rankscope
