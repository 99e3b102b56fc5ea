// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/state_trajectory.h"

#include "core/base/narrow.h"

#include <Eigen/Core>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace rankscope {

namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Multiply-adds between two polls: a few milliseconds.
constexpr std::int64_t kPollCost = 8'000'000;

} // namespace

Result<std::shared_ptr<const StateTrajectory>> StateTrajectory::make(RecurrenceInputs inputs, int layer,
                                                                     int window, std::string planFingerprint,
                                                                     std::int64_t keptBytes, JobContext& job)
{
    assert(inputs.valueHeads % std::max(1, inputs.keyHeads) == 0);
    std::shared_ptr<StateTrajectory> trajectory(new StateTrajectory);
    trajectory->m_inputs = std::move(inputs);
    trajectory->m_layer = layer;
    trajectory->m_window = window;
    trajectory->m_planFingerprint = std::move(planFingerprint);
    const RecurrenceInputs& in = trajectory->m_inputs;
    const std::int64_t perHead = std::int64_t { in.keyDims } * in.valueDims;
    const std::int64_t perState = perHead * in.valueHeads;
    const std::int64_t stateBytes = std::max<std::int64_t>(1, perState) * std::int64_t { sizeof(double) };
    const std::int64_t affordable = std::max<std::int64_t>(1, keptBytes / stateBytes);
    trajectory->m_spacing = std::max<std::int64_t>(8, (in.tokens + affordable - 1) / affordable);
    const std::int64_t count = in.tokens / trajectory->m_spacing;
    trajectory->m_kept.resize(idx(count * perState));
    trajectory->m_largest.resize(idx(in.valueHeads), 0.0);
    std::int64_t cost = 0;
    for (int head = 0; head < in.valueHeads; ++head) {
        std::vector<double> state(idx(perHead), 0.0);
        for (std::int64_t at = 0; at < count; ++at) {
            cost += 2 * perHead * trajectory->m_spacing;
            if (cost > kPollCost) {
                cost = 0;
                if (job.stopRequested()) {
                    return cancelledError();
                }
            }
            trajectory->advance(state.data(), head, at * trajectory->m_spacing,
                                (at + 1) * trajectory->m_spacing);
            std::copy(state.begin(), state.end(),
                      trajectory->m_kept.begin() + at * perState + head * perHead);
            double& largest = trajectory->m_largest[idx(head)];
            largest = std::max(largest, typicalMagnitude(state));
        }
    }
    return std::shared_ptr<const StateTrajectory>(trajectory);
}

int StateTrajectory::rank() const
{
    return std::min(m_inputs.keyDims, m_inputs.valueDims);
}

std::int64_t StateTrajectory::sizeBytes() const
{
    const std::size_t count = m_kept.size() + m_inputs.keys.size() + m_inputs.values.size()
        + m_inputs.decay.size() + m_inputs.beta.size();
    return narrow<std::int64_t>(count * sizeof(double));
}

std::int64_t StateTrajectory::worstStepCost() const
{
    return 2 * m_spacing * m_inputs.keyDims * m_inputs.valueDims;
}

// One head, S <- a S + k (b (v - (a S)^T k))^T per token (model-families 2.1), in place.
void StateTrajectory::advance(double* state, int head, std::int64_t begin, std::int64_t end) const
{
    const RecurrenceInputs& in = m_inputs;
    const int keyHead = head / (in.valueHeads / in.keyHeads);
    Eigen::Map<RowMatrix> s(state, in.keyDims, in.valueDims);
    Eigen::VectorXd update(in.valueDims);
    for (std::int64_t t = begin; t < end; ++t) {
        const Eigen::Map<const Eigen::VectorXd> k(in.keys.data() + (t * in.keyHeads + keyHead) * in.keyDims,
                                                  in.keyDims);
        const Eigen::Map<const Eigen::VectorXd> v(
            in.values.data() + (t * in.valueHeads + head) * in.valueDims, in.valueDims);
        const double decay = in.decay[idx(t * in.valueHeads + head)];
        if (decay != 1.0) {
            s *= decay;
        }
        update.noalias() = s.transpose() * k;
        update = in.beta[idx(t * in.valueHeads + head)] * (v - update);
        s.noalias() += k * update.transpose();
    }
}

std::vector<double> StateTrajectory::stateAfter(std::int64_t tokens, int head) const
{
    assert(tokens >= 0 && tokens <= m_inputs.tokens && head >= 0 && head < m_inputs.valueHeads);
    const std::int64_t perHead = std::int64_t { m_inputs.keyDims } * m_inputs.valueDims;
    const std::int64_t kept = std::min(tokens / m_spacing,
                                       narrow<std::int64_t>(m_kept.size())
                                           / std::max<std::int64_t>(1, perHead * m_inputs.valueHeads));
    std::vector<double> state(idx(perHead), 0.0);
    if (kept > 0) {
        const auto from = m_kept.begin() + ((kept - 1) * m_inputs.valueHeads + head) * perHead;
        std::copy(from, from + perHead, state.begin());
    }
    advance(state.data(), head, kept * m_spacing, tokens);
    return state;
}

std::vector<double> StateTrajectory::statesBetween(std::int64_t begin, std::int64_t end) const
{
    const std::int64_t perHead = std::int64_t { m_inputs.keyDims } * m_inputs.valueDims;
    std::vector<double> states(idx(std::max<std::int64_t>(0, end - begin) * m_inputs.valueHeads * perHead));
    for (int head = 0; head < m_inputs.valueHeads; ++head) {
        std::vector<double> state = stateAfter(begin, head);
        for (std::int64_t t = begin; t < end; ++t) {
            advance(state.data(), head, t, t + 1);
            std::copy(state.begin(), state.end(),
                      states.begin() + ((t - begin) * m_inputs.valueHeads + head) * perHead);
        }
    }
    return states;
}

double typicalMagnitude(const std::vector<double>& state)
{
    std::vector<double> magnitudes(state.size());
    std::transform(state.begin(), state.end(), magnitudes.begin(),
                   [](double entry) { return std::abs(entry); });
    if (magnitudes.empty()) {
        return 0.0;
    }
    const auto at = magnitudes.begin()
        + static_cast<std::ptrdiff_t>(0.995 * static_cast<double>(magnitudes.size() - 1));
    std::nth_element(magnitudes.begin(), at, magnitudes.end());
    return *at;
}

std::int64_t TokenSpectra::nearestKnown(std::int64_t token) const
{
    for (std::int64_t at = std::max<std::int64_t>(0, token); at < tokens; ++at) {
        if (known[idx(at)] != 0) {
            return at;
        }
    }
    for (std::int64_t at = std::min(token, tokens) - 1; at >= 0; --at) {
        if (known[idx(at)] != 0) {
            return at;
        }
    }
    return -1;
}

} // namespace rankscope
