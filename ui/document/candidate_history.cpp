// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/candidate_history.h"

#include "core/base/narrow.h"
#include "core/pruning/method_registry.h"
#include "ui/document/workbench.h"
#include "ui/format/numbers.h"

#include <QElapsedTimer>
#include <QTimer>

#include <algorithm>
#include <cmath>
#include <set>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

/// Records beyond this many push the oldest one out that is neither pinned nor current.
constexpr int kMostRecords = 500;

bool isFinite(const PerplexityEstimate& estimate)
{
    return std::ranges::all_of(estimate.windowNll, [](double nll) { return std::isfinite(nll); });
}

} // namespace

CandidateHistory::CandidateHistory(Workbench& workbench, PlanDocument& document, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_document(document)
    , m_deltaTimer(new QTimer(this))
{
    m_deltaTimer->setSingleShot(true);
    connect(m_deltaTimer, &QTimer::timeout, this, &CandidateHistory::continueDeltas);
    connect(&m_workbench, &Workbench::overviewChanged, this, &CandidateHistory::switchModel);
    connect(&m_workbench, &Workbench::modelChanged, this, &CandidateHistory::switchModel);
    connect(&m_workbench, &Workbench::baselineChanged, this, &CandidateHistory::onResult);
    connect(&m_workbench, &Workbench::candidateChanged, this, &CandidateHistory::onResult);
    connect(&m_document, &PlanDocument::planChanged, this, &CandidateHistory::updateCurrent);
    switchModel();
}

CandidateHistory::~CandidateHistory() = default;

void CandidateHistory::switchModel()
{
    const std::string digest = m_workbench.model() != nullptr ? m_workbench.model()->digest() : std::string();
    const std::string fingerprint
        = m_workbench.overview() != nullptr ? m_workbench.overview()->fingerprint : std::string();
    // While the same model is loaded again (on another device) its records stay in view.
    if (digest == m_modelDigest || (digest.empty() && fingerprint == m_fingerprint)) {
        return;
    }
    m_fingerprint = fingerprint;
    Q_EMIT aboutToReset();
    if (!m_modelDigest.empty()) {
        m_shelves[m_modelDigest] = Shelf { std::move(m_records), m_nextId, m_pinnedId };
    }
    Shelf shelf;
    if (const auto found = m_shelves.find(digest); found != m_shelves.end()) {
        shelf = std::move(found->second);
        m_shelves.erase(found);
    }
    m_modelDigest = digest;
    m_records = std::move(shelf.records);
    m_nextId = shelf.nextId;
    m_pinnedId = shelf.pinnedId;
    m_currentId = -1;
    m_deltas.clear();
    Q_EMIT wasReset();
    pin(m_pinnedId);
    onResult();
}

void CandidateHistory::onResult()
{
    if (m_modelDigest.empty()) {
        return;
    }
    takeBaseline();
    takeCandidate();
    updateCurrent();
}

void CandidateHistory::takeBaseline()
{
    const std::shared_ptr<const PerplexityEstimate>& baseline = m_workbench.baseline();
    if (m_workbench.baselineTrust() != Trust::Final || baseline == nullptr) {
        return;
    }
    if (m_records.empty() || !m_records.front().isDense()) {
        CandidateRecord dense;
        dense.name = tr("dense");
        dense.plan = keepAllPlan(m_document.spec());
        dense.plan.modelDigest = m_modelDigest;
        dense.stateBytes = m_document.spec().stateBytes();
        dense.estimate = baseline;
        dense.baseline = baseline;
        Q_EMIT aboutToAdd(0);
        m_records.insert(m_records.begin(), std::move(dense));
        Q_EMIT added();
        return;
    }
    CandidateRecord& dense = m_records.front();
    if (dense.estimate == baseline) {
        return;
    }
    dense.estimate = baseline;
    dense.baseline = baseline;
    for (CandidateRecord& record : m_records) {
        if (record.estimate->basis == baseline->basis) {
            record.baseline = baseline;
        }
    }
    m_deltas.clear();
    Q_EMIT recordChanged(0);
    Q_EMIT marksChanged();
}

void CandidateHistory::takeCandidate()
{
    const std::shared_ptr<const PerplexityEstimate>& candidate = m_workbench.candidate();
    const std::optional<PruningPlan>& plan = m_workbench.realisedPlan();
    if (m_workbench.candidateTrust() != Trust::Final || m_workbench.baselineTrust() != Trust::Final
        || candidate == nullptr || !plan || candidate->basis != m_workbench.baseline()->basis
        || candidate == m_takenOut) {
        return;
    }
    m_takenOut.reset();
    const auto same = std::ranges::find_if(m_records, [&](const CandidateRecord& record) {
        return !record.isDense() && record.estimate->basis == candidate->basis
            && record.estimate->planFingerprint == candidate->planFingerprint;
    });
    if (same != m_records.end()) {
        if (same->estimate != candidate) {
            same->estimate = candidate;
            same->baseline = m_workbench.baseline();
            m_deltas.clear(); // its keys are addresses that may be used again
            if (same->id == m_pinnedId) {
                pin(m_pinnedId);
            }
            Q_EMIT recordChanged(static_cast<int>(same - m_records.begin()));
        }
        return;
    }
    if (std::ssize(m_records) >= kMostRecords) {
        const auto oldest = std::ranges::find_if(m_records, [this](const CandidateRecord& record) {
            return !record.isDense() && record.id != m_pinnedId;
        });
        remove(oldest->id);
    }
    CandidateRecord record;
    record.id = m_nextId++;
    record.name = freeName(defaultName(*plan));
    record.plan = *plan;
    record.stateBytes = plan->stateBytes(m_document.spec());
    record.estimate = candidate;
    record.baseline = m_workbench.baseline();
    Q_EMIT aboutToAdd(static_cast<int>(m_records.size()));
    m_records.push_back(std::move(record));
    Q_EMIT added();
}

void CandidateHistory::updateCurrent()
{
    int current = -1;
    if (!m_modelDigest.empty() && m_document.isOpen()) {
        if (m_document.plan().keepsAll()) {
            current = m_records.empty() || m_workbench.baselineTrust() != Trust::Final ? -1 : 0;
        } else if (m_workbench.candidateTrust() == Trust::Final && m_workbench.realisedPlan()) {
            const PerplexityEstimate& candidate = *m_workbench.candidate();
            for (const CandidateRecord& record : m_records) {
                if (!record.isDense() && record.estimate->basis == candidate.basis
                    && record.estimate->planFingerprint == candidate.planFingerprint) {
                    current = record.id;
                }
            }
        }
    }
    if (current != m_currentId) {
        m_currentId = current;
        Q_EMIT marksChanged();
    }
}

const CandidateRecord* CandidateHistory::find(int id) const
{
    const int row = rowOf(id);
    return row >= 0 ? &m_records[idx(row)] : nullptr;
}

int CandidateHistory::rowOf(int id) const
{
    const auto found
        = std::ranges::find_if(m_records, [id](const CandidateRecord& record) { return record.id == id; });
    return found == m_records.end() ? -1 : static_cast<int>(found - m_records.begin());
}

bool CandidateHistory::isComparable(const CandidateRecord& record) const
{
    return !m_records.empty() && record.estimate->basis == m_records.front().estimate->basis;
}

const PerplexityEstimate* CandidateHistory::referenceOf(const CandidateRecord& record) const
{
    const CandidateRecord* pinned = find(m_pinnedId);
    const PerplexityEstimate* reference
        = pinned != nullptr && !pinned->isDense() && pinned->estimate->basis == record.estimate->basis
        ? pinned->estimate.get()
        : record.baseline.get();
    return reference == record.estimate.get() ? nullptr : reference;
}

const PairedDelta* CandidateHistory::knownDelta(const CandidateRecord& record) const
{
    const auto found = m_deltas.find(
        { referenceOf(record), static_cast<const PerplexityEstimate*>(record.estimate.get()) });
    return found != m_deltas.end() ? &found->second : nullptr;
}

bool CandidateHistory::deltaComes(const CandidateRecord& record) const
{
    return referenceOf(record) != nullptr && knownDelta(record) == nullptr;
}

std::optional<PairedDelta> CandidateHistory::readyDelta(const CandidateRecord& record) const
{
    if (!deltaComes(record)) {
        return delta(record);
    }
    m_deltaTimer->start(0);
    if (m_deltaMs >= m_deltaSliceMs) {
        return std::nullopt;
    }
    QElapsedTimer clock;
    clock.start();
    std::optional<PairedDelta> ready = delta(record);
    m_deltaMs += static_cast<double>(clock.nsecsElapsed()) * 1e-6;
    return ready;
}

void CandidateHistory::continueDeltas()
{
    QElapsedTimer clock;
    clock.start();
    bool any = false;
    for (const CandidateRecord& record : m_records) {
        if (any && static_cast<double>(clock.nsecsElapsed()) * 1e-6 >= m_deltaSliceMs) {
            break;
        }
        if (deltaComes(record)) {
            static_cast<void>(delta(record));
            any = true;
        }
    }
    m_deltaMs = any ? m_deltaSliceMs : 0.0; // this turn has had its share
    if (any) {
        m_deltaTimer->start(0);
        Q_EMIT deltasReady();
    }
}

std::optional<PairedDelta> CandidateHistory::delta(const CandidateRecord& record) const
{
    const PerplexityEstimate* reference = referenceOf(record);
    if (reference == nullptr) {
        return std::nullopt;
    }
    const std::pair key(reference, static_cast<const PerplexityEstimate*>(record.estimate.get()));
    auto found = m_deltas.find(key);
    if (found == m_deltas.end()) {
        found = m_deltas.emplace(key, pairedDelta(*reference, *record.estimate)).first;
    }
    return found->second;
}

std::optional<double> CandidateHistory::meanDelta(const CandidateRecord& record) const
{
    const PerplexityEstimate* reference = referenceOf(record);
    if (reference == nullptr) {
        return std::nullopt;
    }
    const std::size_t count = std::min(reference->windowNll.size(), record.estimate->windowNll.size());
    double sum = 0.0;
    for (std::size_t window = 0; window < count; ++window) {
        sum += record.estimate->windowNll[window] - reference->windowNll[window];
    }
    return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

StoredCandidates CandidateHistory::stored(int most) const
{
    StoredCandidates stored { m_modelDigest, m_nextId, m_pinnedId, {} };
    const std::ptrdiff_t first = std::ssize(m_records) - most;
    for (std::ptrdiff_t row = 0; row < std::ssize(m_records); ++row) {
        const CandidateRecord& record = m_records[idx(row)];
        if (!isFinite(*record.estimate) || !isFinite(*record.baseline)) {
            continue; // a file has no way to say so
        }
        if (row >= first || record.isDense() || record.id == m_pinnedId) {
            stored.candidates.push_back({ record.id, record.name.toStdString(), record.plan,
                                          record.stateBytes, record.estimate, record.baseline });
        }
    }
    return stored;
}

void CandidateHistory::adopt(const StoredCandidates& stored)
{
    // Those that this session has made already keep their ids; where there are none, so do the stored ones.
    const bool fresh = std::ranges::all_of(m_records, &CandidateRecord::isDense);
    int pinned = 0;
    for (const StoredCandidate& candidate : stored.candidates) {
        const bool known = std::ranges::any_of(m_records, [&](const CandidateRecord& record) {
            return (record.isDense() && candidate.id == 0)
                || (record.estimate->basis == candidate.estimate->basis
                    && record.estimate->planFingerprint == candidate.estimate->planFingerprint);
        });
        if (known || !checkPlan(candidate.plan, m_document.spec())) {
            continue;
        }
        CandidateRecord record;
        record.id = fresh || candidate.id == 0 ? candidate.id : m_nextId++;
        record.name = QString::fromStdString(candidate.name);
        record.plan = candidate.plan;
        record.stateBytes = candidate.stateBytes;
        record.estimate = candidate.estimate;
        record.baseline = candidate.baseline;
        if (!m_records.empty() && record.baseline->basis == m_records.front().estimate->basis) {
            record.baseline = m_records.front().estimate;
        }
        pinned = candidate.id == stored.pinnedId ? record.id : pinned;
        const int row = record.isDense() ? 0 : static_cast<int>(m_records.size());
        Q_EMIT aboutToAdd(row);
        m_records.insert(m_records.begin() + row, std::move(record));
        Q_EMIT added();
    }
    m_nextId = std::max(m_nextId, stored.nextId);
    m_deltas.clear(); // its keys are addresses that may be used again
    if (m_pinnedId == 0 && pinned != 0) {
        pin(pinned);
    }
    updateCurrent();
}

void CandidateHistory::pin(int id)
{
    const CandidateRecord* record = find(id);
    m_pinnedId = record != nullptr ? id : 0;
    m_workbench.setReference(record != nullptr && !record->isDense() ? record->estimate : nullptr);
    Q_EMIT marksChanged();
    Q_EMIT pinned();
}

void CandidateHistory::rename(int id, const QString& name)
{
    const int row = rowOf(id);
    if (row > 0 && !name.trimmed().isEmpty() && m_records[idx(row)].name != name.trimmed()) {
        m_records[idx(row)].name.clear(); // its own is free
        m_records[idx(row)].name = freeName(name.trimmed());
        Q_EMIT recordChanged(row);
        if (id == m_pinnedId) {
            Q_EMIT marksChanged();
        }
    }
}

void CandidateHistory::remove(int id)
{
    const int row = rowOf(id);
    if (row < 0 || m_records[idx(row)].isDense()) {
        return;
    }
    if (id == m_pinnedId) {
        pin(0);
    }
    Q_EMIT aboutToRemove(row);
    if (id == m_currentId) {
        m_takenOut = m_records[idx(row)].estimate;
    }
    m_records.erase(m_records.begin() + row);
    m_deltas.clear(); // its keys are addresses that may be used again
    Q_EMIT removed();
    updateCurrent();
}

void CandidateHistory::reload(int id)
{
    const CandidateRecord* record = find(id);
    if (record == nullptr || id == m_currentId) {
        return;
    }
    if (record->isDense()) {
        PruningPlan dense = m_document.plan(); // method and locks stay
        dense.requestedRatio = 0.0;
        dense.requestedBudget.reset();
        for (LayerPlan& layer : dense.layers) {
            layer.kept.clear();
            layer.headEdits.clear();
            if (layer.keyDims > 0) {
                setKeptCount(layer, layer.keyDims);
            }
        }
        m_document.replacePlan(dense, tr("load candidate \"%1\"").arg(record->name));
        return;
    }
    m_document.replacePlan(record->plan, tr("load candidate \"%1\"").arg(record->name));
}

QString CandidateHistory::defaultName(const PruningPlan& plan)
{
    bool asRequested = true;
    bool untouchedHeads = true;
    std::set<std::pair<int, int>> sizes; // kept, of
    double before = 0.0;
    double kept = 0.0;
    for (const LayerPlan& layer : plan.layers) {
        if (layer.keyDims > 0) {
            asRequested
                = asRequested && layer.keptKeyDims == keptKeyDimsForRatio(layer.keyDims, plan.requestedRatio);
            untouchedHeads = untouchedHeads && layer.headEdits.empty();
            sizes.emplace(layer.keptKeyDims, layer.keyDims);
            before += layer.keyDims;
            kept += layer.keptKeyDims;
        }
    }
    if (!untouchedHeads || (!asRequested && sizes.size() > 1)) {
        return tr("by hand %1").arg(formatRatio(1.0 - kept / std::max(1.0, before)));
    }
    // Short ids are abbreviations that everybody writes in capitals: RRQR, L1, PCA.
    constexpr std::size_t kLongestAbbreviation = 4;
    const MethodInfo* method = findMethod(plan.method);
    const QString name = plan.method.size() <= kLongestAbbreviation || method == nullptr
        ? QString::fromStdString(plan.method).toUpper()
        : QString::fromUtf8(method->label);
    return name + u' '
        + (asRequested ? formatRatio(plan.requestedRatio)
                       : u"%1/%2"_s.arg(sizes.begin()->first).arg(sizes.begin()->second));
}

QString CandidateHistory::freeName(const QString& wanted) const
{
    const auto taken = [this](const QString& name) {
        return std::ranges::any_of(m_records,
                                   [&](const CandidateRecord& record) { return record.name == name; });
    };
    QString name = wanted;
    for (int number = 2; taken(name); ++number) {
        name = u"%1 (%2)"_s.arg(wanted, QString::number(number));
    }
    return name;
}

} // namespace rankscope
