// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/plan_sizing.h"

#include <QWidget>

#include <functional>
#include <optional>

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace rankscope {

class LayerProbes;
class OverrideListModel;
class PlanDocument;
class RatioEditor;
class SizeSnap;
class Workbench;

/// Method, ratio, budget and rules of the plan, the layers that depart from them, and the text that selection
/// sees. What a control would give is said before it is used: for the value under the pointer or being typed.
class PlanPanel : public QWidget {
    Q_OBJECT

public:
    PlanPanel(Workbench& workbench, PlanDocument& document, LayerProbes& probes, SizeSnap& snap,
              QWidget* parent = nullptr);
    ~PlanPanel() override;

    [[nodiscard]] QComboBox* method() const { return m_method; }
    [[nodiscard]] RatioEditor* ratio() const { return m_ratio; }
    [[nodiscard]] QLineEdit* budgetField() const { return m_budget; }
    [[nodiscard]] QLabel* budgetOutcome() const { return m_budgetOf; }
    [[nodiscard]] QComboBox* snapRule() const { return m_rule; }
    [[nodiscard]] QPushButton* bySensitivity() const { return m_bySensitivity; }
    [[nodiscard]] QPushButton* byRank() const { return m_byRank; }
    /// That heads are off, and what this does not do.
    [[nodiscard]] QLabel* headsOff() const { return m_headsOff; }
    [[nodiscard]] QTableView* overrides() const { return m_overrideView; }
    [[nodiscard]] QString previewText() const;
    /// What was asked for, what came of it, and every layer; tab separated.
    [[nodiscard]] QString tableText() const;
    void copyTable() const;

    // Why the bytes cannot be shared out anew: a sentence, or empty.
    [[nodiscard]] QString whyNotBySensitivity() const;
    [[nodiscard]] QString whyNotByRank() const;
    [[nodiscard]] QString whyNothingToShare() const;
    void distributeBySensitivity();
    void distributeByRank();

Q_SIGNALS:
    void calibrationTextWanted();
    void hovered(const QString& text);

private:
    using Proposal = std::function<std::optional<SizesOfLayers>()>;

    void buildRows();
    void connectControls();
    void addRow(const QString& name, QWidget* field);
    void refresh();
    void fitOverrides();
    void refreshRule();
    void refreshDistribution();
    void refreshCalibration();
    /// Shows what `sizes` would come to; nothing shows the present plan.
    void preview(const std::optional<SizesOfLayers>& sizes, const QString& what);
    /// While the pointer or the focus is on `widget`, `proposal` is previewed.
    void previewOver(QWidget* widget, const QString& what, Proposal proposal);
    void previewRatio(double ratio);
    /// What is known of another method without selecting by it.
    void previewMethod(int index);
    void showPreview(const QString& head, const QString& body, bool ofProposal);
    void applyBudget();
    /// Why the budget that is typed cannot be had: a sentence, or empty.
    [[nodiscard]] QString budgetProblem() const;
    void showBudgetProblem(const QString& sentence);
    /// A bare number is in the unit that the field showed.
    [[nodiscard]] std::optional<StateBudget> typedBudget() const;
    void refreshBudget();
    [[nodiscard]] std::optional<SizesOfLayers> budgetSizes() const;
    [[nodiscard]] std::optional<SizesOfLayers> sensitivitySizes() const;
    [[nodiscard]] std::optional<SizesOfLayers> rankSizes() const;
    [[nodiscard]] QString sizesText(const std::vector<int>& kept) const;
    [[nodiscard]] QString outcome(const std::vector<int>& kept, bool estimated) const;
    [[nodiscard]] QString outcomeOfMethod(const PruningPlan& plan) const;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

    Workbench& m_workbench;
    PlanDocument& m_document;
    LayerProbes& m_probes;
    SizeSnap& m_snap;
    QWidget* m_content; ///< scrolls when the panel is low
    QGridLayout* m_grid;
    int m_rows = 0;
    QComboBox* m_method;
    RatioEditor* m_ratio;
    QLineEdit* m_budget;
    QLabel* m_budgetOf;
    QString m_budgetShown; ///< what the field says when nothing is being typed
    QComboBox* m_rule;
    QPushButton* m_snapNow;
    QPushButton* m_bySensitivity;
    QPushButton* m_byRank;
    QLabel* m_preview;
    QLabel* m_headsOff;
    OverrideListModel* m_overrides;
    QLabel* m_overrideTitle;
    QTableView* m_overrideView;
    QLabel* m_calibration;
    QPushButton* m_choose;
    QPushButton* m_reset;
    struct Preview {
        QWidget* widget;
        QString what;
        Proposal proposal;
    };
    std::vector<Preview> m_previews;
    QString m_previewSource; ///< what the preview is of; empty for the present plan
};

} // namespace rankscope
