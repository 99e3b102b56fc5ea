// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/document_session.h"

#include "core/base/narrow.h"
#include "core/io/path_kind.h"
#include "core/plan/plan_file.h"
#include "core/pruning/realise_plan.h"
#include "ui/document/plan_key.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"
#include "ui/jobs/job_list_model.h"
#include "ui/models/layer_selection.h"

#include <QDir>
#include <QFileInfo>
#include <QUndoStack>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

QString textOf(const std::filesystem::path& path)
{
    return QString::fromStdU16String(path.u16string());
}

/// Takes a few milliseconds; more is read in the background.
constexpr qint64 kReadAtOnceBytes = qint64 { 64 } << 10;

/// What a person would miss: not the identity of the model, which comes by itself.
bool sameWork(const PruningPlan& left, const PruningPlan& right)
{
    return left.method == right.method && left.seed == right.seed && left.layers == right.layers;
}

} // namespace

DocumentSession::DocumentSession(Services services, QObject* parent)
    : QObject(parent)
    , m_services(services)
    , m_files(1)
{
    connect(m_services.document.undoStack(), &QUndoStack::indexChanged, this,
            &DocumentSession::followUndoStack);
    connect(&m_services.document, &PlanDocument::opened, this, &DocumentSession::onOpened);
    connect(&m_services.document, &PlanDocument::planChanged, this, &DocumentSession::changed);
    connect(&m_services.workbench, &Workbench::textsChanged, this, &DocumentSession::changed);
    connect(&m_services.workbench, &Workbench::selectorChanged, this, &DocumentSession::continueSaving);
    connect(&m_services.workbench, &Workbench::modelChanged, this, &DocumentSession::continueSaving);
    connect(&m_services.workbench, &Workbench::openFailed, this, &DocumentSession::failResuming);
    connect(&m_services.workbench, &Workbench::allStopped, this,
            [this] { dropWaiting(tr("The plan was not saved: saving it was stopped."), true); });
}

bool DocumentSession::hasUnsavedWork() const
{
    const PruningPlan& plan = m_services.document.plan();
    return m_services.document.isOpen() && !sameWork(plan, file().saved)
        && !(file().exported && sameWork(plan, *file().exported));
}

void DocumentSession::letGo()
{
    m_letGo = m_services.document.plan();
}

bool DocumentSession::isLetGo() const
{
    return m_letGo && m_services.document.isOpen() && sameWork(m_services.document.plan(), *m_letGo);
}

const DocumentSession::PlanFile& DocumentSession::file() const
{
    const int index = m_services.document.undoStack()->index();
    auto at = m_files.end() - 1;
    while (at != m_files.begin() && at->index > index) {
        --at;
    }
    return *at;
}

/// A new edit after undo drops the steps that could be redone, and files with them. A full stack drops its
/// oldest step with every new one: the others move, and the file of the dropped one is where the stack
/// begins.
void DocumentSession::followUndoStack()
{
    const QUndoStack* stack = m_services.document.undoStack();
    for (auto file = m_files.begin(); file != m_files.end();) {
        if (file->step == nullptr || stack->command(file->index - 1) == file->step) {
            ++file;
        } else if (stack->command(file->index - 2) == file->step) {
            --file->index;
            ++file;
        } else if (file->index == 1 && stack->count() == stack->undoLimit()) {
            file->step = nullptr;
            file->index = 0;
            file->buried = false; // no undo leads there any more
            file = m_files.erase(m_files.begin(), file) + 1;
        } else {
            file = m_files.erase(file);
        }
    }
    Q_EMIT changed();
}

void DocumentSession::replacePlan(const PruningPlan& plan, const QString& text, const QString& path,
                                  bool saved)
{
    PlanDocument& document = m_services.document;
    PlanFile next { ++m_lastFile, 0, nullptr, path, file().saved, std::nullopt };
    next.buried = hasBuriedWork() || hasUnsavedWork();
    const int before = document.undoStack()->index();
    document.replacePlan(plan, text);
    next.index = document.undoStack()->index();
    if (saved) {
        next.saved = document.plan();
    }
    if (next.index > before) {
        next.step = document.undoStack()->command(next.index - 1);
        m_files.push_back(std::move(next));
    } else { // it was this plan already
        file().path = path;
        file().saved = next.saved;
    }
    Q_EMIT changed();
}

void DocumentSession::setExported(const PruningPlan& plan)
{
    if (plan.modelFingerprint == m_services.document.plan().modelFingerprint) {
        file().exported = plan;
        Q_EMIT changed();
    }
}

SessionSnapshot DocumentSession::snapshot() const
{
    SessionSnapshot session;
    if (m_services.workbench.overview() != nullptr) {
        session.modelFolder = m_services.workbench.overview()->folder;
    }
    session.evaluationText = pathOf(m_services.workbench.evaluationText());
    session.calibrationText = pathOf(m_services.workbench.calibrationText());
    session.planFile = pathOf(planFile());
    session.layer = m_services.selection.currentLayer();
    session.head = m_services.selection.head();
    session.plan = m_services.document.plan();
    return session;
}

void DocumentSession::onOpened()
{
    m_files.assign(1, { ++m_lastFile, 0, nullptr, {}, m_services.document.plan(), std::nullopt, false });
    m_letGo.reset();
    dropLoading();
    dropWaiting(tr("The plan was not saved: another model was opened before its channels were selected."),
                false);
    Q_EMIT changed();
    applyResumed();
}

void DocumentSession::dropWaiting(const QString& sentence, bool stopped)
{
    const bool waited = m_nextSaving || (m_saving && !m_writing);
    m_nextSaving.reset();
    if (!m_writing) {
        m_saving.reset();
    }
    if (waited) {
        Q_EMIT notSaved(sentence, stopped);
    }
}

void DocumentSession::save(const QString& path)
{
    if (!m_services.document.isOpen()) {
        Q_EMIT notSaved(tr("No model is open."), false);
        return;
    }
    const Saving wanted { file().id, path, m_services.document.plan() };
    std::optional<Saving>& place = m_writing ? m_nextSaving : m_saving;
    const QString before = place ? place->path : path;
    place = wanted;
    if (before != path) {
        Q_EMIT saveReplaced(tr("\"%1\" is not saved: \"%2\" takes its place.")
                                .arg(QFileInfo(before).fileName(), QFileInfo(path).fileName()));
    }
    if (m_writing) {
        return;
    }
    continueSaving();
    if (m_saving && !m_writing) {
        Q_EMIT saveWaits(tr("Saving \"%1\" as soon as the channels of the plan have been selected…")
                             .arg(QFileInfo(path).fileName()));
    }
}

void DocumentSession::continueSaving()
{
    if (!m_saving || m_writing) {
        return;
    }
    const Workbench& workbench = m_services.workbench;
    const PruningPlan& plan = m_saving->plan;
    const std::shared_ptr<const ChannelSelector>& selector = workbench.selector();
    const bool ready
        = workbench.model() != nullptr && (!needsSelection(plan) || isOfPlan(selector.get(), plan));
    if (!ready) {
        const PruningPlan& now = m_services.document.plan();
        if (now.method != plan.method || now.seed != plan.seed) {
            finishSaving(Error {
                ErrorCode::BadData,
                tr("The plan was not saved: its method was changed before its channels had been selected.")
                    .toStdString(),
                {} });
            return;
        }
        // What selecting lacks is started once; if it stands still again, the save cannot come.
        if (workbench.modelSentence().isEmpty() && !workbench.selectorNote().isEmpty()
            && !std::exchange(m_saving->resumed, true)) {
            m_services.workbench.resumeSelection();
        }
        const QString& blocked
            = !workbench.modelSentence().isEmpty() ? workbench.modelSentence() : workbench.selectorNote();
        if (m_saving && !m_writing && !blocked.isEmpty()) {
            finishSaving(
                Error { ErrorCode::BadData,
                        tr("The plan cannot be saved without its channels. %1").arg(blocked).toStdString(),
                        {} });
        }
        return;
    }
    m_writing = true;
    const auto written = std::make_shared<bool>(false); // a stop may come when it is too late for it
    Job* job = m_services.jobs.create(tr("Save %1").arg(QFileInfo(m_saving->path).fileName()), u"save"_s);
    // Selecting runs on the model's device, hence in its lane, before anything that is only looked at.
    job->start(
        needsSelection(plan) ? m_services.lanes.gpu() : m_services.lanes.cpu(),
        [plan, selector, model = workbench.model(), path = pathOf(m_saving->path),
         written](JobContext& context) -> Status {
            Result<PruningPlan> realised = realisePlan(plan, selector.get(), model->spec(), context);
            if (!realised) {
                return realised.error();
            }
            realised->modelDigest = model->digest();
            Status status = writePlanFile(*realised, path);
            *written = status.has_value();
            return status;
        },
        [this, written](const Status& status) { finishSaving(*written ? Status(Unit {}) : status); }, 20);
}

void DocumentSession::finishSaving(const Status& status)
{
    m_writing = false;
    const Saving done = *std::exchange(m_saving, std::exchange(m_nextSaving, std::nullopt));
    if (!status) {
        const bool stopped = status.error().code == ErrorCode::Cancelled;
        Q_EMIT notSaved(
            stopped ? tr("\"%1\" was not saved: saving it was stopped.").arg(QFileInfo(done.path).fileName())
                    : QString::fromStdString(status.error().message),
            stopped);
        continueSaving();
        return;
    }
    // What was saved may be gone by now: another model, or undone and edited.
    const auto at = std::ranges::find(m_files, done.file, &PlanFile::id);
    if (at != m_files.end()) {
        at->path = done.path;
        at->saved = done.plan;
        if (sameWork(m_services.document.plan(), done.plan)) {
            m_services.document.undoStack()->setClean();
        }
    }
    continueSaving(); // before anybody hears of this one, and asks whether there is more to save
    Q_EMIT changed();
    Q_EMIT saved(done.path);
}

void DocumentSession::load(const QString& path)
{
    const int request = ++m_loadRequest;
    const std::filesystem::path file = pathOf(path);
    if (!m_services.document.isOpen() || QFileInfo(path).size() <= kReadAtOnceBytes) {
        finishLoading(path, m_services.document.isOpen() ? readPlanOrRecipe(file) : PruningPlan {});
        return;
    }
    if (const Status fits = checkPlanFileSize(file); !fits) {
        finishLoading(path, fits.error());
        return;
    }
    Job* job = m_services.jobs.create(tr("Read %1").arg(QFileInfo(path).fileName()), u"readPlan"_s);
    job->start(
        m_services.lanes.cpu(), [file](JobContext&) { return readPlanOrRecipe(file); },
        [this, path, request](const Result<PruningPlan>& plan) {
            if (request == m_loadRequest) {
                finishLoading(path, plan);
            }
        });
}

void DocumentSession::finishLoading(const QString& path, const Result<PruningPlan>& plan)
{
    const QString name = QFileInfo(path).fileName();
    if (!m_services.document.isOpen() || m_services.workbench.overview() == nullptr) {
        Q_EMIT notLoaded(tr("Open the plan's model first, then load \"%1\".").arg(name), false);
        return;
    }
    if (!plan) {
        const bool stopped = plan.error().code == ErrorCode::Cancelled;
        Q_EMIT notLoaded(stopped ? tr("\"%1\" was not loaded: reading it was stopped.").arg(name)
                                 : QString::fromStdString(plan.error().message),
                         stopped);
        return;
    }
    const CheckpointOverview& overview = *m_services.workbench.overview();
    const std::shared_ptr<const Model>& model = m_services.workbench.model();
    const ModelIdentity identity { model != nullptr ? model->digest() : std::string(), overview.fingerprint,
                                   overview.name };
    if (Status fits = checkPlanForModel(*plan, overview.spec, identity); !fits) {
        Q_EMIT notLoaded(QString::fromStdString(fits.error().message), false);
        return;
    }
    // A recipe belongs to its export: saving asks for a place of its own.
    replacePlan(*plan, tr("load %1").arg(name),
                kindOfPath(pathOf(path)) == PathKind::Recipe ? QString() : path, true);
    m_services.document.undoStack()->setClean();
    Q_EMIT loaded(path);
}

void DocumentSession::dropLoading()
{
    ++m_loadRequest;
    m_services.jobs.cancelKind(u"readPlan"_s);
}

void DocumentSession::resume(const SessionSnapshot& session)
{
    m_resuming = session;
    Workbench& workbench = m_services.workbench;
    if (!m_services.document.isOpen() || workbench.overview() == nullptr
        || workbench.overview()->folder != session.modelFolder) {
        ModelChoices texts;
        texts.evaluationText = session.evaluationText;
        texts.calibrationText = session.calibrationText;
        workbench.open(textOf(session.modelFolder), texts);
        return;
    }
    if (const QString text = textOf(session.evaluationText);
        QFileInfo(text).isFile() && text != workbench.evaluationText()) {
        workbench.setEvaluationText(text);
    }
    if (const QString text = textOf(session.calibrationText);
        QFileInfo(text).isFile() && text != workbench.calibrationText()) {
        workbench.setCalibrationText(text);
    }
    applyResumed();
}

void DocumentSession::failResuming(const Error& error)
{
    if (!m_resuming) {
        return;
    }
    const QString folder = QDir::toNativeSeparators(textOf(std::exchange(m_resuming, {})->modelFolder));
    Q_EMIT resumed((error.code == ErrorCode::Cancelled
                        ? tr("The unsaved work was not recovered: opening %1 was stopped.")
                        : tr("The unsaved work was not recovered: %1 could not be opened."))
                       .arg(folder)
                   + u' ' + tr("File > Recover tries again; until then it is kept."));
}

void DocumentSession::applyResumed()
{
    const auto& overview = m_services.workbench.overview();
    if (!m_resuming || overview == nullptr) {
        return;
    }
    const SessionSnapshot session = *std::exchange(m_resuming, std::nullopt);
    const QString folder = QDir::toNativeSeparators(textOf(session.modelFolder));
    if (overview->folder != session.modelFolder) {
        Q_EMIT resumed(
            tr("The unsaved work was not recovered: another model than %1 was opened. It is offered again "
               "at the next start.")
                .arg(folder));
        return;
    }
    if (session.plan.modelFingerprint != overview->fingerprint) {
        Q_EMIT resumed(
            tr("The unsaved work cannot be recovered: the model in %1 has changed since.").arg(folder));
        return;
    }
    dropLoading();
    replacePlan(session.plan, tr("recover unsaved work"), textOf(session.planFile), false);
    if (session.layer >= 0 && session.layer < m_services.selection.layerCount()) {
        m_services.selection.setCurrentLayer(session.layer);
        m_services.selection.setHead(session.head);
    }
    Q_EMIT resumed({});
}

} // namespace rankscope
