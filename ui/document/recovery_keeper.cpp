// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/recovery_keeper.h"

#include "core/io/recovery_slot.h"
#include "ui/document/document_session.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"

#include <QTimer>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::hours kKeepFor { 24 * 30 };

} // namespace

RecoveryKeeper::RecoveryKeeper(DocumentSession& session, JobLanes& lanes, const QString& folder, int delayMs,
                               QObject* parent)
    : QObject(parent)
    , m_session(session)
    , m_lanes(lanes)
    , m_folder(folder)
    , m_timer(new QTimer(this))
{
    m_timer->setSingleShot(true);
    m_timer->setInterval(delayMs);
    connect(m_timer, &QTimer::timeout, this, &RecoveryKeeper::write);
    connect(&m_session, &DocumentSession::changed, this, &RecoveryKeeper::onChanged);
}

RecoveryKeeper::~RecoveryKeeper() = default;

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
    m_adopted.push_back(offer.text);
    m_session.resume(offer.session);
}

void RecoveryKeeper::discard(const Offer& offer)
{
    offer.text->discard();
}

void RecoveryKeeper::onChanged()
{
    if (m_session.hasUnsavedWork() || m_slot != nullptr || m_busy) {
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
    m_busy = true;
    const bool keep = m_session.hasUnsavedWork();
    auto* job = new Job(0, tr("Keep unsaved work"), this);
    job->start(
        m_lanes.cpu(),
        [keep, slot = m_slot, session = keep ? m_session.snapshot() : SessionSnapshot {},
         folder
         = std::filesystem::path(m_folder.toStdU16String())](JobContext&) mutable -> Result<SharedSlot> {
            if (slot == nullptr && keep) {
                Result<std::unique_ptr<RecoverySlot>> made = RecoverySlot::create(folder);
                if (!made) {
                    return made.error();
                }
                slot = std::move(*made);
            }
            if (!keep) {
                if (slot != nullptr) {
                    slot->clear();
                }
                return slot;
            }
            if (Status written = slot->write(sessionToJson(session)); !written) {
                return written.error();
            }
            return slot;
        },
        [this, job, keep, version = m_version](Result<SharedSlot> slot) {
            job->deleteLater();
            m_busy = false;
            if (slot) {
                m_slot = std::move(*slot);
                m_writtenVersion = version;
                if (keep) {
                    for (const std::shared_ptr<AbandonedText>& text : m_adopted) {
                        text->discard();
                    }
                    m_adopted.clear();
                }
            } else if (!m_complained) {
                m_complained = true;
                Q_EMIT problem(tr("Unsaved work is not kept safe: %1")
                                   .arg(QString::fromStdString(slot.error().message)));
            }
            if (version != m_version) {
                m_timer->start();
            }
        });
}

} // namespace rankscope
