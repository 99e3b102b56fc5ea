// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace rankscope {

class PlanDocument;
class RatioEditor;
class Workbench;

/// Method, global ratio, what they come to, and the text that selection sees.
class PlanPanel : public QWidget {
    Q_OBJECT

public:
    PlanPanel(Workbench& workbench, PlanDocument& document, QWidget* parent = nullptr);

    [[nodiscard]] QComboBox* method() const { return m_method; }
    [[nodiscard]] RatioEditor* ratio() const { return m_ratio; }

Q_SIGNALS:
    void calibrationTextWanted();

private:
    void refresh();
    void changeEvent(QEvent* event) override;

    Workbench& m_workbench;
    PlanDocument& m_document;
    QComboBox* m_method;
    RatioEditor* m_ratio;
    QLabel* m_realised;
    QLabel* m_budget;
    QLabel* m_calibration;
    QPushButton* m_choose;
    QPushButton* m_reset;
};

} // namespace rankscope
