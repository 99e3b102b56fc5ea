// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_spec.h"
#include "core/plan/budget.h"

#include <QObject>
#include <QString>

#include <vector>

namespace rankscope {

class Settings;

/// Which sizes edits stop at: drags, sliders, steps of them, the ratio, the budget and resets. Typed numbers,
/// and the keys that move a cut by one channel, are taken as they are.
class SizeSnap : public QObject {
    Q_OBJECT

public:
    explicit SizeSnap(Settings& settings, QObject* parent = nullptr);

    [[nodiscard]] SizeRule rule() const { return m_rule; }
    void setRule(SizeRule rule);
    [[nodiscard]] std::vector<int> sizes(int keyDims) const { return sizesOfRule(m_rule, keyDims); }
    /// The nearest allowed size, 1..keyDims.
    [[nodiscard]] int snapped(int keptKeyDims, int keyDims) const;
    /// What the ratio asks of a layer, at an allowed size: where a reset goes back to.
    [[nodiscard]] int proposal(double pruneRatio, int keyDims) const;

    /// "multiples of 4".
    [[nodiscard]] static QString label(SizeRule rule);
    /// Why one would choose the rule.
    [[nodiscard]] static QString description(SizeRule rule);

Q_SIGNALS:
    void ruleChanged();

private:
    Settings& m_settings;
    SizeRule m_rule = SizeRule::Any;
};

/// What a kept size means for the programs that run it: "48: a multiple of 16, has its own kernel; …".
[[nodiscard]] QString sizeReason(int keptKeyDims, const LayerSpec& layer);

} // namespace rankscope
