// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDockWidget>
#include <QHash>
#include <QString>

class QAbstractButton;
class QAction;
class QPushButton;
class QStackedWidget;
class QTabBar;

namespace rankscope {

class ActionRegistry;

/// The title of a panel: a bold name or tabs on the left, a quiet caption on the right.
class PanelHeader : public QWidget {
    Q_OBJECT

public:
    explicit PanelHeader(QWidget* parent = nullptr);

    void setTitle(const QString& title);
    /// Wordings of other lengths may follow the first, each after a U+009C: the first that fits is shown.
    void setCaption(const QString& caption);
    /// At the right end; becomes the header's.
    void setButton(QAbstractButton* button);
    [[nodiscard]] QTabBar* tabs() const { return m_tabs; }
    /// Places the tabs anew after one came, went or got another text.
    void fitTabs();
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return QSize(60, sizeHint().height()); }

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void resizeEvent(QResizeEvent* event) override;

    QString m_title;
    QString m_caption;
    QTabBar* m_tabs;
    QAbstractButton* m_button = nullptr;
};

/// A dock drawn as a card. Several pages become tabs in its header.
class DockPanel : public QDockWidget {
    Q_OBJECT

public:
    DockPanel(const QString& objectName, const QString& title, QWidget* parent = nullptr);

    /// The first page gives the panel its look; a second one brings the tabs.
    void addPage(QWidget* page, const QString& title);
    void setPageTitle(int page, const QString& title);
    void showPage(int page);
    /// Puts the pages into `host`, as its last ones, until takeBack(). Hides the dock.
    void lendTo(DockPanel& host);
    void takeBack();
    /// The dock that shows `page` at present.
    [[nodiscard]] static DockPanel* of(const QWidget* page);
    [[nodiscard]] int pageCount() const;
    [[nodiscard]] QWidget* page(int index) const;
    [[nodiscard]] QWidget* currentPage() const;
    [[nodiscard]] QString pageTitle(int page) const;
    /// A name of a page that no language changes: "spectra" for a SpectraPanel.
    [[nodiscard]] static QString pageName(const QWidget* page);
    /// Shows the dock wherever it is, turns to the page and gives it the keyboard.
    void reveal(int page);
    void reveal(const QWidget* page);
    void setCaption(const QString& caption);
    /// Caption that is shown while `page` is in front.
    void setPageCaption(QWidget* page, const QString& caption);
    [[nodiscard]] PanelHeader* header() const { return m_header; }

Q_SIGNALS:
    /// The pointer left the dock: what its views hovered is over.
    void left();
    /// Ctrl+C, where what has the keyboard copies nothing of its own.
    void copyWanted();

protected:
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    PanelHeader* m_header;
    QStackedWidget* m_stack;
    void movePage(int page, DockPanel& to);

    QHash<const QWidget*, QString> m_captions; ///< of pages
    DockPanel* m_host = nullptr; ///< has our pages
    QList<QWidget*> m_lent;
};

/// What a view shows instead of itself: a sentence, centred and quiet. Where the sentence names the key of a
/// command, the command is offered as a button below it.
class EmptyNote : public QWidget {
    Q_OBJECT

public:
    explicit EmptyNote(QWidget* parent = nullptr);
    void setText(const QString& text);
    [[nodiscard]] const QString& text() const { return m_text; }
    /// Whose keys the sentences name; no button for the ids of `elsewhere`, which another view offers.
    void setActions(const ActionRegistry& actions, const QStringList& elsewhere = {});
    /// Hidden where no command is offered.
    [[nodiscard]] QPushButton* button() const { return m_button; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    [[nodiscard]] QRect textRoom() const;
    void offer();
    void arrange();

    QString m_text;
    const ActionRegistry* m_actions = nullptr;
    QStringList m_elsewhere;
    QAction* m_offered = nullptr;
    QPushButton* m_button;
};

} // namespace rankscope
