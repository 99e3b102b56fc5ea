// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/model_spec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankscope {

/// What a person decided for one key head against its layer and method. Decisions outlive a change of size or
/// method: what does not fit at the moment (a head that wants more than its layer keeps, more channels forced
/// in than there is room for) is remembered and counts again when there is room.
struct HeadEdit {
    std::optional<int> keptKeyDims = {}; ///< wanted for this head, 0..Dk; 0 switches the head off
    std::vector<int> forcedIn = {}; ///< channels that stay whatever the method says, ascending
    std::vector<int> forcedOut = {}; ///< channels that go, ascending; disjoint from forcedIn

    [[nodiscard]] bool empty() const { return !keptKeyDims && forcedIn.empty() && forcedOut.empty(); }

    friend bool operator==(const HeadEdit&, const HeadEdit&) = default;
};

/// What one layer keeps. Softmax layers have keyDims 0 and nothing kept.
///
/// keptKeyDims is the size of the layer: rows of the state, the key width of an export, and d' of the query
/// scale d'^-1/2. A head may keep fewer than its layer (keptKeyDimsOf), down to none: its remaining rows of
/// the state are zero, so that this costs quality but saves no memory.
struct LayerPlan {
    int keyDims = 0; ///< Dk of the dense layer; 0 when the layer cannot be pruned
    int keptKeyDims = 0; ///< rows of the state that stay, the same in every head
    std::vector<std::vector<int>> kept
        = {}; ///< [heads][keptKeyDimsOf(head)] channels within the head, ascending
    std::vector<HeadEdit> headEdits = {}; ///< [heads], or empty when no head departs from the method
    bool locked = false; ///< the layer is left alone by global edits; taste, not numbers

    friend bool operator==(const LayerPlan&, const LayerPlan&) = default;

    /// Null when the head follows layer and method.
    [[nodiscard]] const HeadEdit* editOf(int head) const;
    /// Channels that the head keeps: what it wants, at most the layer's, and no more than are not forced out.
    [[nodiscard]] int keptKeyDimsOf(int head) const;
    /// True when no head loses a channel.
    [[nodiscard]] bool keepsAll() const;
};

/// Text that selection saw.
struct CalibrationRecord {
    std::string sourceName;
    std::string sourceSha256;
    int windows = 0;
    int length = 0;

    friend bool operator==(const CalibrationRecord&, const CalibrationRecord&) = default;
};

/// The largest state of one sequence that was asked for, fp32.
struct StateBudget {
    std::int64_t bytes = 0;
    std::optional<double> percent = {}; ///< of the dense state, where it was asked for so: `bytes` follows

    friend bool operator==(const StateBudget&, const StateBudget&) = default;
};

/// Which key channels of which heads stay: a small value, compared and copied freely.
struct PruningPlan {
    std::string modelDigest; ///< Model::digest(), or empty for a plan made by hand
    std::string modelFingerprint; ///< CheckpointOverview::fingerprint
    std::string modelName; ///< for people
    std::string method; ///< registry id: "rrqr", "l1", ...
    double requestedRatio = 0.0; ///< fraction removed that was asked for globally, 0..1
    std::optional<StateBudget> requestedBudget; ///< when it was a budget: the ratio is what came of it
    std::uint64_t seed = 0;
    std::optional<CalibrationRecord> calibration;
    std::vector<LayerPlan> layers;

    friend bool operator==(const PruningPlan&, const PruningPlan&) = default;

    /// True when nothing is removed.
    [[nodiscard]] bool keepsAll() const;
    /// Heads that keep nothing in layers that do: their rows of the state stay, as zeros.
    [[nodiscard]] int headsOff() const;
    /// Recurrent state of one sequence under the plan, fp32 bytes.
    [[nodiscard]] std::int64_t stateBytes(const ModelSpec& spec) const;
};

/// max(1, floor(Dk (1 - ratio))) in floating point as the published scripts compute it (arXiv 2602.04852):
/// 100 channels at 0.8 leave 19. pruneRatio: 0..1. 0 for keyDims 0.
[[nodiscard]] int keptKeyDimsForRatio(int keyDims, double pruneRatio);

/// Everything kept, in every layer of `spec`.
[[nodiscard]] PruningPlan keepAllPlan(const ModelSpec& spec);

/// Ok when the plan's layers, heads and channels fit `spec`: sorted, unique, in range, each head with
/// keptKeyDimsOf(head) channels that agree with its edit. Errors: Mismatch, with layer, expected and found.
[[nodiscard]] Status checkPlan(const PruningPlan& plan, const ModelSpec& spec);

/// Which model a plan is about to be used on; an empty field is not compared.
struct ModelIdentity {
    std::string digest; ///< Model::digest()
    std::string fingerprint; ///< CheckpointOverview::fingerprint
    std::string name; ///< for people
};

/// Ok when the plan was made for this very model (identities that both sides know agree) and fits it.
/// Errors: Mismatch (names both models), and those of checkPlan.
[[nodiscard]] Status checkPlanForModel(const PruningPlan& plan, const ModelSpec& spec,
                                       const ModelIdentity& model);

/// Identity of everything that changes what the pruned model computes: the model, and the kept channels of
/// every head. Not what is only their history (method, ratio, budget, seed, calibration, edits of heads whose
/// channels are listed), nor locks and names. A head whose channels have not been selected yet counts with
/// its edit. 16 hex digits.
[[nodiscard]] std::string planFingerprint(const PruningPlan& plan);

} // namespace rankscope
