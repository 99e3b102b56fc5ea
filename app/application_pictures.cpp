// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application_pictures.h"

#include "ui/actions/action_registry.h"
#include "ui/dialogs/saved_file.h"
#include "ui/session/window_session.h"
#include "ui/widgets/jobs_button.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QPainter>
#include <QPixmap>

#include <algorithm>
#include <cstdio>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kLongMs = 10 * 60'000;
constexpr int kCheckMs = 60;
constexpr int kChecks = 4; ///< in a row: a view that comes to the front starts its work a moment later

/// What is brought to the front, and what is undone afterwards: ids of the action registry.
struct Scene {
    QString name;
    QStringList before;
    QStringList after {};
};

/// Together they show every page of every dock.
std::vector<Scene> windowScenes()
{
    return {
        { u"main"_s,
          { u"view.show.spectra"_s, u"view.layerFaders"_s, u"view.show.job"_s, u"view.show.quality"_s,
            u"view.reset"_s } },
        { u"state"_s,
          { u"view.show.state"_s, u"view.show.issues"_s, u"view.show.tokenLoss"_s, u"view.rankForm"_s,
            u"view.importance.layer"_s, u"compare.plot"_s },
          { u"compare.plot"_s, u"view.rankForm"_s, u"view.importance.head"_s } },
        { u"heads"_s,
          { u"view.show.heads"_s, u"view.headFaders"_s, u"view.show.log"_s, u"view.show.textScore"_s,
            u"view.importance.map"_s },
          { u"view.importance.head"_s, u"view.show.spectra"_s } },
        { u"candidates"_s,
          { u"view.show.compare"_s, u"view.importance.l1"_s, u"view.rankModel"_s },
          { u"view.importance.alone"_s, u"view.rankModel"_s, u"view.show.quality"_s, u"view.layerFaders"_s,
            u"view.reset"_s } },
        { u"hints"_s, { u"help.hints"_s }, { u"help.hints"_s } },
    };
}

/// Ids of what opens a window of its own.
std::vector<Scene> dialogScenes()
{
    return { { u"export"_s, { u"file.export"_s } },           { u"open"_s, { u"file.open"_s } },
             { u"palette"_s, { u"edit.palette"_s } },         { u"shortcuts"_s, { u"help.shortcuts"_s } },
             { u"definitions"_s, { u"help.definitions"_s } }, { u"about"_s, { u"help.about"_s } } };
}

class Photographer {
public:
    Photographer(const PictureOptions& options, const WindowServices& services, MainWindow& window,
                 const std::function<bool()>& settled)
        : m_options(options)
        , m_window(window)
        , m_session(services, window)
        , m_settled(settled)
    {
    }

    [[nodiscard]] bool run()
    {
        if (!QDir().mkpath(m_options.folder)) {
            std::fprintf(stderr, "The folder %s could not be made.\n", qUtf8Printable(m_options.folder));
            return false;
        }
        const QStringList themes = m_options.theme.isEmpty() ? QStringList { u"light"_s, u"dark"_s }
                                                             : QStringList { m_options.theme };
        const QList<QSize> sizes
            = m_options.sizes.isEmpty() ? QList<QSize> { m_window.size() } : m_options.sizes;
        for (const QString& theme : themes) {
            trigger({ u"view.theme."_s + theme });
            for (const QSize& size : sizes) {
                m_window.resize(size);
                const double scale = m_window.devicePixelRatioF();
                m_prefix = u"%1-%2x%3"_s.arg(theme).arg(size.width()).arg(size.height())
                    + (scale > 1.0 ? u"@%1x-"_s.arg(scale) : u"-"_s);
                takeAll(size == sizes.front());
            }
        }
        return !m_failed;
    }

private:
    void takeAll(bool withDialogs)
    {
        for (const Scene& scene : windowScenes()) {
            trigger(scene.before);
            settle();
            save(scene.name, m_window.grab());
            trigger(scene.after);
        }
        auto* jobs = m_window.findChild<JobsButton*>();
        if (jobs != nullptr && jobs->isVisible()) {
            jobs->click();
            takeOther(u"jobs"_s);
        }
        if (!withDialogs) {
            return;
        }
        for (const Scene& scene : dialogScenes()) {
            trigger(scene.before);
            takeOther(scene.name);
        }
    }

    /// The dialog or popup that has just opened; a popup with the window behind it.
    void takeOther(const QString& name)
    {
        settle();
        const QWidgetList shown = QApplication::topLevelWidgets();
        const auto found = std::find_if(shown.begin(), shown.end(), [this](const QWidget* widget) {
            return widget != &m_window && widget->isVisible() && widget->windowType() != Qt::ToolTip;
        });
        if (found == shown.end()) {
            std::fprintf(stderr, "Nothing opened for the picture \"%s\".\n", qUtf8Printable(name));
            m_failed = true;
            return;
        }
        QPixmap picture = (*found)->grab();
        if ((*found)->windowType() == Qt::Popup) {
            QPixmap behind = m_window.grab();
            QPainter(&behind).drawPixmap(m_window.mapFromGlobal((*found)->pos()), picture);
            picture = behind;
        }
        save(name, picture);
        (*found)->close();
    }

    void trigger(const QStringList& ids)
    {
        for (const QString& id : ids) {
            QAction* action = m_window.actionRegistry().find(id);
            if (action == nullptr) {
                std::fprintf(stderr, "There is no action \"%s\".\n", qUtf8Printable(id));
                m_failed = true;
            } else if (action->isEnabled()) { // without candidates there is no plot of them
                action->trigger();
            }
        }
    }

    void settle()
    {
        QElapsedTimer clock;
        clock.start();
        for (int calm = 0; calm < kChecks && clock.elapsed() < kLongMs;) {
            m_session.pause(kCheckMs);
            calm = m_settled() ? calm + 1 : 0;
        }
    }

    void save(const QString& name, const QPixmap& picture)
    {
        const QString file = QDir(m_options.folder).filePath(m_prefix + name + u".png"_s);
        if (const QString error = writeFileBytes(file, pngBytes(picture)); !error.isEmpty()) {
            std::fprintf(stderr, "%s\n", qUtf8Printable(error));
            m_failed = true;
            return;
        }
        std::printf("%s\n", qUtf8Printable(file));
        std::fflush(stdout);
    }

    const PictureOptions& m_options;
    MainWindow& m_window;
    WindowSession m_session;
    const std::function<bool()>& m_settled;
    QString m_prefix;
    bool m_failed = false;
};

} // namespace

int takePictures(const PictureOptions& options, const WindowServices& services, MainWindow& window,
                 const std::function<bool()>& settled)
{
    return Photographer(options, services, window, settled).run() ? 0 : 1;
}

} // namespace rankscope
