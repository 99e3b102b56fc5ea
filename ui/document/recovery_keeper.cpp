// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/recovery_keeper.h"

#include "core/io/recovery_slot.h"
#include "ui/document/document_session.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"

#include <QTimer>

#include <mutex>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::hours kKeepFor { 24 * 30 };

} // namespace

struct RecoveryKeeper::Place {
    std::mutex mutex;
    std::unique_ptr<RecoverySlot> slot; ///< null until there was something to keep
    bool closed = false;
};

RecoveryKeeper::RecoveryKeeper(DocumentSession& session, JobLanes& lanes, const QString& folder, int delayMs,
                               QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_lanes(lanes)
    , m_folder(folder)
    , m_timer(new QTimer(this))
    , m_place(std::make_shared<Place>())
{
    m_timer->setSingleShot(true);
    m_timer->setInterval(delayMs);
    connect(m_timer, &QTimer::timeout, this, &RecoveryKeeper::write);
    connect(&m_session, &DocumentSession::changed, this, &RecoveryKeeper::onChanged);
    connect(&m_session, &DocumentSession::resumed, this, &RecoveryKeeper::onResumed);
    connect(&m_session, &DocumentSession::saved, this, [this] {
        if (!m_session.hasUnsavedWork()) {
            dropAdopted();
        }
    });
}

RecoveryKeeper::~RecoveryKeeper()
{
    const std::lock_guard lock(m_place->mutex);
    m_place->closed = true;
    m_place->slot.reset();
}

void RecoveryKeeper::look()
{
    auto* job = new Job(0, tr("Look for unsaved work"), this);
    job->start(
        m_lanes.cpu(),
        [folder
         = std::filesystem::path(m_folder.toStdU16String())](JobContext&) -> Result<std::vector<Offer>> {
            std::vector<Offer> offers;
            for (const std::shared_ptr<AbandonedText>& text : claimAbandonedTexts(folder, kKeepFor)) {
                Result<SessionSnapshot> session = sessionFromJson(text->text());
                if (!session) {
                    continue; // stays for the version of the program that understands it, until it is too old
                }
                const auto written = std::chrono::system_clock::to_time_t(text->written());
                offers.push_back({ std::move(*session), QDateTime::fromSecsSinceEpoch(written), text });
            }
            return offers;
        },
        [this, job](const Result<std::vector<Offer>>& offers) {
            job->deleteLater();
            if (offers && !offers->empty()) {
                Q_EMIT found(*offers);
            }
        });
}

void RecoveryKeeper::recover(const Offer& offer)
{
    m_recovering = offer.text;
    m_session.resume(offer.session);
}

void RecoveryKeeper::onResumed(const QString& failure)
{
    if (m_recovering != nullptr && failure.isEmpty()) {
        m_adopted.push_back(m_recovering);
        onChanged(); // writing it here is what lets go of it there
    }
    m_recovering.reset();
}

void RecoveryKeeper::dropAdopted()
{
    for (const std::shared_ptr<AbandonedText>& text : m_adopted) {
        text->discard();
    }
    m_adopted.clear();
}

void RecoveryKeeper::discard(const Offer& offer)
{
    offer.text->discard();
}

void RecoveryKeeper::onChanged()
{
    if (m_session.hasUnsavedWork() || m_used) {
        ++m_version;
        if (!m_timer->isActive()) {
            m_timer->start();
        }
    }
}

void RecoveryKeeper::write()
{
    if (m_busy) {
        return; // starts again when this one has ended
    }
    if (!m_session.hasUnsavedWork() && m_session.hasBuriedWork()) {
        return; // what was kept of it stays
    }
    m_busy = true;
    const bool keep = m_session.hasUnsavedWork();
    auto* job = new Job(0, tr("Keep unsaved work"), this);
    m_used = m_used || keep;
    job->start(
        m_lanes.cpu(),
        [keep, place = m_place, session = keep ? m_session.snapshot() : SessionSnapshot {},
         folder = std::filesystem::path(m_folder.toStdU16String())](JobContext&) -> Status {
            const std::lock_guard lock(place->mutex);
            if (place->closed) {
                return Unit {};
            }
            if (!keep) {
                if (place->slot != nullptr) {
                    place->slot->clear();
                }
                return Unit {};
            }
            if (place->slot == nullptr) {
                Result<std::unique_ptr<RecoverySlot>> made = RecoverySlot::create(folder);
                if (!made) {
                    return made.error();
                }
                place->slot = std::move(*made);
            }
            return place->slot->write(sessionToJson(session));
        },
        [this, job, keep, version = m_version](const Status& written) {
            job->deleteLater();
            m_busy = false;
            if (written) {
                m_writtenVersion = version;
                if (keep) {
                    dropAdopted();
                }
            } else if (!m_complained) {
                m_complained = true;
                Q_EMIT problem(tr("Unsaved work is not kept safe: %1")
                                   .arg(QString::fromStdString(written.error().message)));
            }
            if (version != m_version) {
                m_timer->start();
            }
        });
}

} // namespace rankscope
