// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/plan_document.h"

#include <QElapsedTimer>
#include <QWidget>

#include <functional>
#include <vector>

class QCheckBox;
class QComboBox;
class QMenu;
class QPushButton;
class QStackedLayout;

namespace rankscope {

class ChannelChoice;
class ChannelMapPlot;
class ChannelPlot;
class DialogPort;
class EmptyNote;
class ImportancePlot;
class LayerSelection;
class Settings;

/// Which channels stay: their importance under the plan's method, for a head, a layer or as a map, and
/// everything that a person may decide about them.
class ImportancePanel : public QWidget {
    Q_OBJECT

public:
    enum class Scope { Head, Layer, Map };

    ImportancePanel(ChannelChoice& choice, PlanDocument& document, LayerSelection& selection,
                    Settings& settings, DialogPort& dialogs, QWidget* parent = nullptr);

    [[nodiscard]] ImportancePlot* plot() const { return m_plot; }
    [[nodiscard]] ChannelMapPlot* map() const { return m_map; }
    [[nodiscard]] Scope scope() const;
    void setScope(Scope scope);
    void setSorted(bool sorted);
    void setOtherMethod(const QString& methodId);
    /// Moves a dragged cut to a size that may be stopped at.
    void setSnap(std::function<int(int kept, int keyDims)> snap) { m_snap = std::move(snap); }
    /// The cut moves the selected head alone.
    [[nodiscard]] bool cutsHeadOnly() const;

    // What the actions of the window do; each does nothing where it cannot.
    /// The selected channels, or the current one.
    void forceSelection(ChannelForce force);
    void toggleHead();
    void resetHead();
    void resetLayer();
    // Why an edit of the selected channels or head cannot work: a sentence, or empty.
    [[nodiscard]] QString whyNotForce(ChannelForce force) const;
    [[nodiscard]] QString whyNotEditHead() const;
    [[nodiscard]] QString whyNotResetHead() const;
    [[nodiscard]] QString whyNotResetLayer() const;
    [[nodiscard]] bool canForce() const { return canEditHead() && !m_selected.empty(); }
    [[nodiscard]] bool canEditHead() const { return whyNotEditHead().isEmpty(); }
    [[nodiscard]] bool canResetHead() const { return whyNotResetHead().isEmpty(); }
    [[nodiscard]] bool canResetLayer() const { return whyNotResetLayer().isEmpty(); }
    /// Channels that a command would act on, ascending.
    [[nodiscard]] const std::vector<int>& selectedChannels() const { return m_selected; }

Q_SIGNALS:
    void hovered(const QString& text);
    void problem(const QString& sentence);
    void captionChanged(const QString& caption);
    /// What the actions can do may have changed.
    void stateChanged();

protected:
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildControls();
    void connectPlot(ChannelPlot* plot);
    void refresh();
    void refreshControls();
    void showHeadSwitch(bool off);
    void refreshMarks();
    void showMarks();
    [[nodiscard]] QString caption() const;
    [[nodiscard]] ChannelPlot* shownPlot() const;
    void pick(int head, int channel, bool extend);
    void selectRange(int channel);
    void moveChannel(int step, bool extend);
    void moveToPlace(int place, bool extend);
    void moveHead(int step);
    void moveCut(int step);
    void cycleForce();
    void cutTo(int head, int kept);
    void fillMenu(QMenu& menu);
    [[nodiscard]] bool onKey(int key, Qt::KeyboardModifiers modifiers);
    [[nodiscard]] const LayerPlan* layerPlan() const;

    ChannelChoice& m_choice;
    PlanDocument& m_document;
    LayerSelection& m_selection;
    Settings& m_settings;
    EmptyNote* m_empty;
    QWidget* m_content;
    QStackedLayout* m_stack;
    QStackedLayout* m_views = nullptr;
    ImportancePlot* m_plot;
    ChannelMapPlot* m_map;
    QComboBox* m_scope;
    QComboBox* m_order;
    QComboBox* m_other;
    QCheckBox* m_headOnly;
    QPushButton* m_headSwitch;
    QPushButton* m_reset;
    std::vector<int> m_selected; ///< of the selected head, ascending
    int m_anchor = -1;
    bool m_picking = false; ///< the selection changes because of a pick
    bool m_dirty = true; ///< refreshed when shown
    std::function<int(int, int)> m_snap;
    quint64 m_gesture = 0;
    QElapsedTimer m_sinceCutKey;
};

} // namespace rankscope
