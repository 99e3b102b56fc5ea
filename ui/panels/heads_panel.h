// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/panels/state_sources.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QStackedLayout;

namespace rankscope {

class EmptyNote;
class HeadMap;

/// The rank of every head of the model at a glance; a click goes to that head.
class HeadsPanel : public QWidget {
    Q_OBJECT

public:
    explicit HeadsPanel(StateSources sources, QWidget* parent = nullptr);

    [[nodiscard]] HeadMap* map() const { return m_map; }
    [[nodiscard]] QComboBox* measureBox() const { return m_measure; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);
    /// The user wants to see the selected head in detail.
    void detailWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();

    StateSources m_sources;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    HeadMap* m_map;
    QComboBox* m_measure;
    QLabel* m_basis;
};

} // namespace rankscope
