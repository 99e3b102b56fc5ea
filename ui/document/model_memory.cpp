// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/model_memory.h"

#include "core/io/atomic_file.h"
#include "core/io/digest.h"
#include "core/io/json.h"
#include "ui/document/workbench.h"
#include "ui/jobs/job.h"
#include "ui/jobs/job_lanes.h"

#include <mutex>
#include <span>
#include <utility>

namespace rankscope {

struct ModelMemory::Files {
    std::filesystem::path folder;
    std::mutex knownMutex; ///< held for a moment only: the GUI thread takes it
    std::map<std::filesystem::path, ModelChoices> known; ///< of this session, by model folder
    std::mutex fileMutex;
    std::map<std::filesystem::path, int> versions; ///< that have been written

    void remember(const std::filesystem::path& model, const ModelChoices& choices)
    {
        const std::lock_guard lock(knownMutex);
        known[model] = choices;
    }

    [[nodiscard]] std::filesystem::path fileOf(const std::filesystem::path& model) const
    {
        std::error_code error;
        const std::filesystem::path canonical = std::filesystem::weakly_canonical(model, error);
        const std::string name = (error ? model : canonical).string();
        return folder / (sha256Hex(std::as_bytes(std::span(name))).substr(0, 40) + ".json");
    }

    Result<ModelChoices> read(const std::filesystem::path& model)
    {
        {
            const std::lock_guard lock(knownMutex);
            if (const auto found = known.find(model); found != known.end()) {
                return found->second;
            }
        }
        const std::filesystem::path file = fileOf(model);
        std::error_code error;
        if (!std::filesystem::exists(file, error)) {
            return ModelChoices {};
        }
        Result<std::string> text = readFileBytes(file);
        return text ? choicesFromJson(*text, '"' + file.string() + '"') : text.error();
    }

    /// One after the other, and never an older one over a newer.
    Status write(const std::filesystem::path& model, const Entry& entry)
    {
        const std::lock_guard lock(fileMutex);
        int& written = versions[model];
        if (written >= entry.version) {
            return Unit {};
        }
        std::error_code error;
        std::filesystem::create_directories(folder, error); // else writing says why not
        Status status = writeFileAtomically(fileOf(model), choicesToJson(entry.choices, model));
        if (status) {
            written = entry.version;
        }
        return status;
    }
};

ModelMemory::ModelMemory(Workbench& workbench, JobLanes& lanes, const QString& folder, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_lanes(lanes)
    , m_files(std::make_shared<Files>())
{
    m_files->folder = std::filesystem::path(folder.toStdU16String());
    m_workbench.setRecall(
        [files = m_files](const std::filesystem::path& model) { return files->read(model); });
    connect(&m_workbench, &Workbench::choicesChanged, this, &ModelMemory::onChanged);
}

ModelMemory::~ModelMemory()
{
    m_workbench.setRecall({});
}

void ModelMemory::onChanged()
{
    const std::filesystem::path model = m_workbench.overview()->folder;
    const Entry entry { m_workbench.choices(), ++m_version };
    m_waiting[model] = entry;
    m_files->remember(model, entry.choices);
    auto* job = new Job(0, tr("Keep the choices"), this);
    job->start(
        m_lanes.cpu(), [model, entry, files = m_files](JobContext&) { return files->write(model, entry); },
        [this, job, model, version = entry.version](const Status& written) {
            job->deleteLater();
            if (const auto at = m_waiting.find(model);
                at != m_waiting.end() && at->second.version == version) {
                m_waiting.erase(at);
            }
            if (!written && !std::exchange(m_complained, true)) {
                Q_EMIT problem(tr("Texts and windows are not remembered for later sessions: %1")
                                   .arg(QString::fromStdString(written.error().message)));
            }
        });
}

void ModelMemory::flush()
{
    for (const auto& [model, entry] : std::exchange(m_waiting, {})) {
        static_cast<void>(m_files->write(model, entry)); // the end: nobody is left to tell
    }
}

} // namespace rankscope
