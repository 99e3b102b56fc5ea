// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

class QMenu;
class QWidget;

namespace rankscope {

/// What a view shows, as far as the definitions go.
enum class Topic { Layers, Faders, Spectra, State, Ranks, Importance, Quality, Tokens, Texts, Candidates };

/// The definitions that belong to a topic, by name, in the order in which they are shown.
[[nodiscard]] QStringList definitionNames(Topic topic);

/// What the tooltip of `shown` says, and the definitions of the topic.
[[nodiscard]] QString whatIsThisHtml(const QWidget& shown, Topic topic);

/// Adds "What is this?" to the context menu of `shown`.
void addWhatIsThis(QMenu& menu, QWidget& shown, Topic topic);

} // namespace rankscope
