// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace rankscope {

class DialogPort;
class LayerSelection;
class PlanDocument;
class PrunedSpectra;
class Settings;
class TokenRanks;
class Workbench;

/// What the panels of the state are built on.
struct StateSources {
    Workbench& workbench;
    PlanDocument& document;
    LayerSelection& selection;
    TokenRanks& tokenRanks;
    PrunedSpectra& prunedSpectra;
    Settings& settings;
    DialogPort& dialogs;
};

} // namespace rankscope
