// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/candidate_file.h"
#include "core/plan/pruning_plan.h"

#include <QObject>
#include <QString>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class QTimer;

namespace rankscope {

class PlanDocument;
class Workbench;

/// A plan with its final number: a value without ties to the session, so that a history can be stored.
struct CandidateRecord {
    int id = 0; ///< 0: the dense model
    QString name;
    PruningPlan plan; ///< realised: loading it gives these very channels
    std::int64_t stateBytes = 0;
    std::shared_ptr<const PerplexityEstimate> estimate;
    std::shared_ptr<const PerplexityEstimate> baseline; ///< of the dense model, same basis

    [[nodiscard]] bool isDense() const { return id == 0; }
};

/// Every candidate of the open model that reached a final number, the dense model first. One plan has one
/// record per text and window length; a later run over other windows of it replaces the number. Histories of
/// models opened before come back with them.
class CandidateHistory : public QObject {
    Q_OBJECT

public:
    CandidateHistory(Workbench& workbench, PlanDocument& document, QObject* parent = nullptr);
    ~CandidateHistory() override;

    [[nodiscard]] const std::vector<CandidateRecord>& records() const { return m_records; }
    [[nodiscard]] const CandidateRecord* find(int id) const;
    /// Of the model whose records these are; empty for none.
    [[nodiscard]] const std::string& modelDigest() const { return m_modelDigest; }
    /// The newest records with the pinned and the dense one, for a file; none without finite numbers.
    [[nodiscard]] StoredCandidates stored(int most) const;
    /// Takes over those of an earlier session that are not there yet, and its pin where nothing else is.
    void adopt(const StoredCandidates& stored);
    /// The record of the plan that is shown now; -1 while it has no final number.
    [[nodiscard]] int currentId() const { return m_currentId; }
    [[nodiscard]] int pinnedId() const { return m_pinnedId; }
    /// Its text, windows, device and number format are those of the numbers in the strip.
    [[nodiscard]] bool isComparable(const CandidateRecord& record) const;
    /// Paired per window against the pinned record, or, where that was scored on other windows, against the
    /// record's own dense model. Nothing for the record that the delta is taken against.
    [[nodiscard]] std::optional<PairedDelta> delta(const CandidateRecord& record) const;
    /// For views: as delta(), but nothing yet where this would hold up the window; deltasReady() follows.
    [[nodiscard]] std::optional<PairedDelta> readyDelta(const CandidateRecord& record) const;
    /// readyDelta() has a number to come.
    [[nodiscard]] bool deltaComes(const CandidateRecord& record) const;
    /// What intervals may take of one turn of the event loop; at least one is computed in each.
    void setDeltaSliceMs(double ms) { m_deltaSliceMs = ms; }
    /// Mean of delta() without the cost of its interval.
    [[nodiscard]] std::optional<double> meanDelta(const CandidateRecord& record) const;

    void pin(int id);
    void rename(int id, const QString& name);
    /// The dense model stays.
    void remove(int id);
    /// Makes the record's plan the document's, as one undo step; no step when it is that already.
    void reload(int id);

    /// "RRQR 0.50" when method and ratio say it all, "RRQR 40/64" when all layers keep the same, else "by
    /// hand 0.39" with the fraction removed.
    [[nodiscard]] static QString defaultName(const PruningPlan& plan);

Q_SIGNALS:
    void aboutToReset();
    void wasReset();
    void aboutToAdd(int row);
    void added();
    void aboutToRemove(int row);
    void removed();
    void recordChanged(int row);
    /// Another record is current, or deltas are taken against another one.
    void marksChanged();
    void pinned();
    /// Some that readyDelta() did not have.
    void deltasReady();

private:
    struct Shelf {
        std::vector<CandidateRecord> records;
        int nextId = 1;
        int pinnedId = 0;
    };

    void switchModel();
    void onResult();
    void takeBaseline();
    void takeCandidate();
    void updateCurrent();
    [[nodiscard]] int rowOf(int id) const;
    [[nodiscard]] QString freeName(const QString& wanted) const;
    [[nodiscard]] const PerplexityEstimate* referenceOf(const CandidateRecord& record) const;
    [[nodiscard]] const PairedDelta* knownDelta(const CandidateRecord& record) const;
    void continueDeltas();

    Workbench& m_workbench;
    PlanDocument& m_document;
    std::vector<CandidateRecord> m_records;
    int m_nextId = 1;
    int m_pinnedId = 0;
    int m_currentId = -1;
    /// The number on show whose row was removed: it makes no new one until another number has come.
    std::shared_ptr<const PerplexityEstimate> m_takenOut;
    std::string m_modelDigest; ///< whose records are shown; empty for none
    std::string m_fingerprint; ///< of that model's checkpoint
    std::map<std::string, Shelf> m_shelves; ///< of models that are not open now, by digest
    mutable std::map<std::pair<const PerplexityEstimate*, const PerplexityEstimate*>, PairedDelta> m_deltas;
    double m_deltaSliceMs = 8.0;
    mutable double m_deltaMs = 0.0; ///< that intervals took of this turn of the event loop
    QTimer* m_deltaTimer; ///< the next turn
};

} // namespace rankscope
