// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/window_session.h"

#include "core/base/narrow.h"
#include "ui/actions/action_registry.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"
#include "ui/panels/layer_panel.h"
#include "ui/widgets/ratio_editor.h"

#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPointer>
#include <QPushButton>
#include <QSlider>
#include <QTimer>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kLookMs = 2; ///< between two looks at a condition
constexpr int kBusyMs = 20;
const QString kBusyKind = u"session-load"_s;

double msOf(const QElapsedTimer& clock)
{
    return static_cast<double>(clock.nsecsElapsed()) * 1e-6;
}

} // namespace

WindowSession::WindowSession(WindowServices services, MainWindow& window)
    : m_services(std::move(services))
    , m_window(window)
    , m_busyTimer(new QTimer(&window))
{
    m_busyTimer->setInterval(kBusyMs);
    QObject::connect(m_busyTimer, &QTimer::timeout, &window, [this] { keepBusy(); });
}

WindowSession::~WindowSession()
{
    setEngineBusy(false);
    delete m_busyTimer;
}

bool WindowSession::waitFor(const std::function<bool()>& condition, int timeoutMs)
{
    QElapsedTimer clock;
    clock.start();
    while (!condition()) {
        if (clock.elapsed() > timeoutMs) {
            return false;
        }
        pause(kLookMs);
    }
    return true;
}

void WindowSession::pause(int ms)
{
    QEventLoop loop;
    QTimer::singleShot(ms, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
}

OpenTimes WindowSession::open(const QString& folder, int timeoutMs)
{
    OpenTimes times;
    Workbench& workbench = m_services.workbench;
    QElapsedTimer clock;
    clock.start();
    QObject scope;
    const auto once = [&clock](double& to, bool there) {
        if (there && to < 0.0) {
            to = msOf(clock);
        }
    };
    const std::shared_ptr<const CheckpointOverview> before = workbench.overview();
    const auto look = [&] {
        if (workbench.overview() == before) {
            return;
        }
        once(times.overviewMs, true);
        once(times.weightsMs, workbench.model() != nullptr);
        once(times.firstNumberMs,
             workbench.baseline() != nullptr && workbench.baselineTrust() != Trust::Stale);
        once(times.baselineMs, workbench.baselineTrust() == Trust::Final);
        once(times.spectraMs, workbench.spectra() != nullptr);
        once(times.selectorMs, workbench.selector() != nullptr);
    };
    QObject::connect(&workbench, &Workbench::overviewChanged, &scope, look);
    QObject::connect(&workbench, &Workbench::modelChanged, &scope, look);
    QObject::connect(&workbench, &Workbench::baselineChanged, &scope, look);
    QObject::connect(&workbench, &Workbench::spectraChanged, &scope, look);
    QObject::connect(&workbench, &Workbench::selectorChanged, &scope, look);
    m_window.openFolder(folder);
    waitFor(
        [&] {
            return times.overviewMs >= 0.0
                && (!workbench.blockingSentence().isEmpty()
                    || (times.baselineMs >= 0.0
                        && (times.spectraMs >= 0.0 || !workbench.spectraNote().isEmpty())
                        && (times.selectorMs >= 0.0 || !workbench.selectorNote().isEmpty())));
        },
        timeoutMs);
    return times;
}

EditTimes WindowSession::edit(int layer, int kept, int timeoutMs)
{
    PlanDocument& document = m_services.document;
    Workbench& workbench = m_services.workbench;
    std::map<int, int> wanted;
    for (const int prunable : document.prunableLayers()) {
        wanted[prunable] = document.spec().layers[idx(prunable)].keyDims;
    }
    wanted[layer] = kept;
    EditTimes times;
    times.layer = layer;
    QObject scope;
    QElapsedTimer clock;
    QObject::connect(&workbench, &Workbench::candidateChanged, &scope, [&] {
        const Trust trust = workbench.candidateTrust();
        if (clock.isValid() && times.firstMs < 0.0 && (trust == Trust::Partial || trust == Trust::Final)) {
            times.firstMs = msOf(clock);
        }
        if (clock.isValid() && times.finalMs < 0.0 && trust == Trust::Final) {
            times.finalMs = msOf(clock);
        }
    });
    clock.start();
    document.setKeptPerLayer(wanted, document.newGesture());
    waitFor([&] { return times.finalMs >= 0.0; }, timeoutMs);
    return times;
}

DragTimes WindowSession::drag(int layer, int durationMs, int intervalMs)
{
    Workbench& workbench = m_services.workbench;
    m_window.selection().setCurrentLayer(layer);
    QSlider* slider = m_window.layerPanel()->editor()->slider();
    DragTimes times;
    QElapsedTimer clock;
    clock.start();
    double lastNumber = 0.0;
    bool moving = true;
    std::shared_ptr<const PerplexityEstimate> shown = workbench.candidate();
    QObject scope;
    QObject::connect(&workbench, &Workbench::candidateChanged, &scope, [&] {
        if (moving && workbench.candidate() != nullptr && workbench.candidate() != shown) {
            shown = workbench.candidate();
            ++times.numbers;
            times.longestGapMs = std::max(times.longestGapMs, msOf(clock) - lastNumber);
            lastNumber = msOf(clock);
        }
    });
    slider->setSliderDown(true);
    int step = -1;
    while (clock.elapsed() < durationMs) {
        if (slider->value() <= slider->maximum() / 4) {
            step = 1;
        } else if (slider->value() >= slider->maximum() - 1) {
            step = -1;
        }
        slider->setValue(slider->value() + step);
        ++times.edits;
        pause(intervalMs);
    }
    moving = false;
    slider->setSliderDown(false);
    QElapsedTimer release;
    release.start();
    slider->setValue(slider->maximum() / 2 + (slider->value() == slider->maximum() / 2 ? 1 : 0));
    if (waitFor(
            [&] {
                return workbench.candidateTrust() == Trust::Partial
                    || workbench.candidateTrust() == Trust::Final;
            },
            60'000)) {
        times.afterReleaseMs = msOf(release);
    }
    return times;
}

void WindowSession::setEngineBusy(bool busy)
{
    if (busy) {
        m_busyTimer->start();
        keepBusy();
    } else {
        m_busyTimer->stop();
        m_services.jobs.cancelKind(kBusyKind);
    }
}

/// Spectra again and again, and statistics that are thrown away.
void WindowSession::keepBusy()
{
    const Workbench& workbench = m_services.workbench;
    if (workbench.model() == nullptr || workbench.texts().calibration == nullptr) {
        return;
    }
    bool loaded = false;
    for (int row = 0; row < m_services.jobs.rowCount(); ++row) {
        const Job* job = m_services.jobs.jobAt(row);
        loaded = loaded || (job->objectName() == kBusyKind && !isFinished(job->state()));
    }
    if (loaded) {
        return;
    }
    Job* job = m_services.jobs.create(MainWindow::tr("Load of the session"), kBusyKind);
    job->setObjectName(kBusyKind);
    job->start(
        m_services.lanes.gpu(),
        [model = workbench.model(), windows = workbench.texts().calibration](
            JobContext& context) -> Result<std::shared_ptr<const ChannelStatistics>> {
            const auto spectra = computeStateSpectra(*model, *windows, 1, 32, nullptr, context);
            if (!spectra) {
                return spectra.error();
            }
            return collectChannelStatistics(*model, *windows, context);
        },
        [](const Result<std::shared_ptr<const ChannelStatistics>>&) {}, job_priority::kBackground);
}

void WindowSession::sweepPointer(int steps)
{
    const QSize size = m_window.size();
    for (int step = 0; step < steps; ++step) {
        const int column = step * 37 % steps; // rows from top to bottom, back and forth in each
        const QPoint at(size.width() * column / steps, size.height() * step / steps);
        if (QWidget* under = m_window.childAt(at)) {
            const QPoint local = under->mapFrom(&m_window, at);
            QMouseEvent move(QEvent::MouseMove, QPointF(local), QPointF(m_window.mapToGlobal(at)),
                             Qt::NoButton, Qt::NoButton, Qt::NoModifier);
            QApplication::sendEvent(under, &move);
        }
        pause(8);
    }
}

void WindowSession::lookAround()
{
    ActionRegistry& actions = m_window.actionRegistry();
    const auto trigger = [&](const QString& id) {
        if (QAction* action = actions.find(id); action != nullptr && action->isEnabled()) {
            action->trigger();
            pause(60);
        }
    };
    QStringList harmless;
    for (const ActionRegistry::Entry& entry : actions.entries()) {
        if (entry.id.startsWith(u"go."_s) || entry.id.startsWith(u"view.show"_s)) {
            harmless << entry.id;
        }
    }
    const QSize before = m_window.size();
    for (const QString& theme : { u"view.theme.dark"_s, u"view.theme.light"_s }) {
        trigger(theme);
        for (const QString& id : harmless) {
            trigger(id);
        }
        for (const QSize& size : { QSize(1280, 800), QSize(1920, 1200), before }) {
            m_window.resize(size);
            pause(60);
        }
        sweepPointer(60);
    }
    trigger(u"view.fit"_s);
    trigger(u"edit.palette"_s);
    if (QWidget* popup = QApplication::activePopupWidget() != nullptr ? QApplication::activePopupWidget()
                                                                      : QApplication::activeModalWidget()) {
        popup->close();
    }
    trigger(u"view.reset"_s);
}

double WindowSession::exportPlan(const QString& target, int timeoutMs)
{
    m_window.openExportDialog();
    ExportDialog* dialog = m_window.exportDialog();
    dialog->target()->setText(target);
    if (!waitFor([&] { return dialog->exportButton()->isEnabled(); }, timeoutMs)) {
        return -1.0;
    }
    QElapsedTimer clock;
    clock.start();
    dialog->exportButton()->click();
    const auto says = [dialog](const QString& word) { return dialog->outcome()->text().contains(word); };
    const bool ended
        = waitFor([&] { return !dialog->isBusy() && says(u"erif"_s) && !says(u"Verifying"_s); }, timeoutMs);
    const double seconds = msOf(clock) / 1000.0;
    const bool verified = dialog->outcome()->text().contains(u"✓ Verified"_s);
    dialog->close();
    return ended && verified ? seconds : -1.0;
}

} // namespace rankscope
