// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/quality.h"

#include <QString>
#include <QWidget>

class QMenu;
class QPushButton;
class QToolButton;

namespace rankscope {

/// One of the big numbers: a caption over a value with a quiet rest. Lighter while partial, grey with a mark
/// when stale.
class NumberTile : public QWidget {
    Q_OBJECT

public:
    explicit NumberTile(QWidget* parent = nullptr);

    enum class Tone { Plain, Worse, Better };
    void setContent(const QString& caption, const QString& value, const QString& rest, Trust trust,
                    Tone tone);
    /// Ids of definitions: what the tooltip explains.
    void setDefinitions(const QStringList& ids) { m_definitions = ids; }
    /// Why the number is stale, as its tool tip.
    void setStaleReason(const QString& reason);
    [[nodiscard]] const QString& caption() const { return m_caption; }
    [[nodiscard]] const QString& value() const { return m_value; }
    [[nodiscard]] Trust trust() const { return m_trust; }
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    /// The whole number in words, for the status bar; empty when the pointer leaves.
    void hovered(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    QStringList m_definitions;
    QString m_caption;
    QString m_value;
    QString m_rest;
    Trust m_trust = Trust::Missing;
    Tone m_tone = Tone::Plain;
};

/// The strip under the menu: what is open, and the numbers that never scroll away.
class StatusStrip : public QWidget {
    Q_OBJECT

public:
    explicit StatusStrip(QWidget* parent = nullptr);

    void setModelText(const QString& name, const QString& toolTip);
    void setTextText(const QString& name, const QString& toolTip);
    void setDeviceText(const QString& name, const QString& toolTip);
    [[nodiscard]] QToolButton* modelButton() const { return m_model; }
    [[nodiscard]] QToolButton* textButton() const { return m_text; }
    [[nodiscard]] QToolButton* deviceButton() const { return m_device; }
    [[nodiscard]] QPushButton* exportButton() const { return m_export; }
    [[nodiscard]] NumberTile* baseline() const { return m_baseline; }
    [[nodiscard]] NumberTile* candidate() const { return m_candidate; }
    [[nodiscard]] NumberTile* delta() const { return m_delta; }
    [[nodiscard]] NumberTile* state() const { return m_state; }

Q_SIGNALS:
    void hovered(const QString& text);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QToolButton* m_model;
    QToolButton* m_text;
    QToolButton* m_device;
    NumberTile* m_baseline;
    NumberTile* m_candidate;
    NumberTile* m_delta;
    NumberTile* m_state;
    QPushButton* m_export;
};

} // namespace rankscope
