// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/plan/allocation.h"
#include "ui/widgets/fader_gesture.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QWidget>

#include <functional>
#include <map>
#include <optional>
#include <vector>

class QMenu;
class QSpinBox;

namespace rankscope {

class DialogPort;

/// A row of faders, one per layer (or per head of a layer), filled to the kept dims on a track of Dk. A drag
/// sets a fader, a drag across faders draws a curve; with Shift all move together; with Alt (or Ctrl, where
/// the desktop takes Alt) the total stays and the others give and take. Arrow keys, Page Up and Down, Home,
/// End and typed numbers move the current one; a double click takes it back to the proposal. More faders than
/// fit scroll, with an overview below them.
class Equaliser : public QWidget {
    Q_OBJECT

public:
    struct Fader {
        int id = 0; ///< layer or head
        FaderTrack track;
        int proposal = 0; ///< what a double click goes back to
        double entropyRank = 0.0; ///< 0 when not analysed
        double thresholdRank = 0.0; ///< 0 when not analysed
        std::vector<CostPoint> costs; ///< of this fader alone; empty when not measured
        bool costsStale = false;
        bool ranksStale = false;
        int colour = -1; ///< index of a head's colour; -1: the accent
        QString note; ///< for the pointer: what else is known
    };

    explicit Equaliser(QWidget* parent = nullptr);
    ~Equaliser() override;

    /// `name` and `legend` of one fader ("layer %1", what the marks mean); `lowest` kept dims by drag.
    void setWords(const QString& name, const QString& legend, const QString& emptySentence, int lowest);
    void setFaders(std::vector<Fader> faders);
    void setCurrent(int id);
    /// The fader under the pointer of another view; -1 for none.
    void setHovered(int id);
    void setGestureSource(std::function<quint64()> source) { m_newGesture = std::move(source); }
    void setSizes(FaderGesture::Sizes sizes);
    /// The first number after the gesture has arrived: the outline of the sizes before it goes.
    void clearGhost();
    /// The faders are those of something else from now on, though there be as many.
    void startAfresh();
    /// Sizes of another plan, drawn as an outline; empty for none.
    void setOutline(std::vector<int> kept);
    [[nodiscard]] const std::vector<int>& outline() const { return m_outline; }
    [[nodiscard]] bool hasGhost() const { return !m_ghost.empty(); }
    [[nodiscard]] int current() const { return m_current; }
    /// "fader, size, kept, entropy rank, threshold rank" as tab-separated lines with a header.
    [[nodiscard]] QString valuesText() const;
    /// Copies, files (PNG, SVG, PDF, CSV) and "What is this?". `name` is the stem of proposed file names;
    /// `failed` receives the sentence of a failed save.
    void addGivingActions(QMenu& menu, const QString& name, DialogPort& dialogs,
                          std::function<void(const QString&)> failed);
    /// Where a fader and a height are, for tests and for the number entry.
    [[nodiscard]] QPointF pointOf(int id, double dims) const;
    [[nodiscard]] QSize minimumSizeHint() const override { return QSize(160, 120); }
    [[nodiscard]] QSize sizeHint() const override { return QSize(360, 300); }

Q_SIGNALS:
    void edited(const std::map<int, int>& keptOfId, quint64 gesture);
    void picked(int id);
    void resetWanted(int id, quint64 gesture);
    void hovered(const QString& text, int id);
    void menuWanted(int id, const QPoint& globalPosition);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    // Places: faders are counted from 0, of which m_first to m_first + shownCount() - 1 are in view.
    [[nodiscard]] QRectF plotRect() const;
    [[nodiscard]] QRectF trackRect(int fader) const;
    [[nodiscard]] QRectF overviewRect() const;
    [[nodiscard]] int shownCount() const;
    [[nodiscard]] double slotWidth() const;
    [[nodiscard]] int faderAt(double x) const;
    [[nodiscard]] int indexOf(int id) const;
    [[nodiscard]] double dimsAt(double y) const;
    [[nodiscard]] int largestSize() const;
    void scrollTo(int first);
    void ensureShown(int fader);

    /// What the pointer shows: its fader, and the label beside it, where it has one.
    [[nodiscard]] QRect hoverArea() const;
    /// The label at the pointer; empty for none.
    [[nodiscard]] QRectF hoverBox() const;
    [[nodiscard]] int hoverDims() const;
    [[nodiscard]] QString hoverLabel() const;
    /// All that is drawn for a fader.
    [[nodiscard]] QRect areaOf(int fader) const;

    void paintGrid(QPainter& painter) const;
    void paintFader(QPainter& painter, int fader) const;
    void paintCosts(QPainter& painter, int fader) const;
    void paintMarks(QPainter& painter, int fader) const;
    void paintLabels(QPainter& painter, int fader) const;
    void paintHover(QPainter& painter) const;
    void paintOverview(QPainter& painter) const;
    void paintLegend(QPainter& painter) const;

    void beginDrag();
    void dragTo(const QPointF& at);
    void endDrag();
    void setKept(int fader, int kept);
    void nudge(int steps);
    void openEntry(const QString& typed);
    void closeEntry(bool take);
    void hoverAt(const QPointF& at);
    [[nodiscard]] QString hoverText(const Fader& fader, int dims) const;
    void announce();

    QString m_name;
    QString m_legend;
    QString m_emptySentence;
    int m_lowest = 1;
    std::vector<Fader> m_faders;
    std::vector<int> m_ghost; ///< sizes before the gesture, until its first number
    std::vector<int> m_outline; ///< of a plan that the pointer is on elsewhere
    int m_current = -1;
    int m_hovered = -1; ///< fader, by index
    int m_hoveredElsewhere = -1; ///< id
    double m_hoverY = -1.0; ///< in the plot; negative: not over it
    int m_first = 0;
    bool m_draggingOverview = false;
    double m_largestCost = 0.0;
    FaderGesture::Sizes m_sizes;
    std::optional<FaderGesture> m_drag;
    std::optional<QPointF> m_pressed; ///< where a drag may begin
    FaderMode m_mode = FaderMode::Draw;
    quint64 m_gesture = 0;
    bool m_numberSinceEdit = false; ///< a number of the newest sizes came during the drag
    QElapsedTimer m_sinceKey;
    int m_keyFader = -1;
    quint64 m_keyGesture = 0;
    QPointer<QSpinBox> m_entry;
    std::function<quint64()> m_newGesture;
};

} // namespace rankscope
