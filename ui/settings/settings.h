// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <memory>

namespace rankscope {

template <typename T> struct SettingKey {
    const char16_t* name;
    T defaultValue;
};

/// All keys, with type and default. Settings hold taste only; nothing here changes a number.
namespace setting {
inline const SettingKey<QString> theme { u"view/theme", QStringLiteral("system") };
inline const SettingKey<QString> rankMeasure { u"view/rankMeasure", QStringLiteral("0") };
inline const SettingKey<QString> stateRange { u"view/stateRange", QStringLiteral("window") };
inline const SettingKey<QString> stateAllHeads { u"view/stateAllHeads", QStringLiteral("1") };
inline const SettingKey<QString> spectraBasis { u"view/spectraBasis", QStringLiteral("several") };
inline const SettingKey<QString> spectraFloor { u"view/spectraFloor", QStringLiteral("-4") };
inline const SettingKey<QString> spectraOverlay { u"view/spectraOverlay", QStringLiteral("1") };
inline const SettingKey<QString> headsMeasure { u"view/headsMeasure", QStringLiteral("0") };
inline const SettingKey<QString> rankForm { u"view/rankForm", QStringLiteral("0") };
inline const SettingKey<QString> rankModel { u"view/rankModel", QStringLiteral("dense") };
inline const SettingKey<QString> tokenOrder { u"view/tokenOrder", QStringLiteral("0") };
inline const SettingKey<QString> importanceScope { u"view/importanceScope", QStringLiteral("head") };
inline const SettingKey<QString> importanceOther { u"view/importanceCompare", QString() };
inline const SettingKey<QString> importanceOrder { u"view/importanceOrder", QStringLiteral("importance") };
inline const SettingKey<QString> hints { u"view/hints", QStringLiteral("on") };
inline const SettingKey<QByteArray> windowGeometry { u"window/geometry", {} };
inline const SettingKey<QByteArray> windowState { u"window/state", {} };
inline const SettingKey<QStringList> windowPages { u"window/pages", {} }; ///< in front, "dock:page"
inline const SettingKey<QStringList> recentFolders { u"recent/folders", {} };
inline const SettingKey<QStringList> recentPlans { u"recent/plans", {} };
inline const SettingKey<QString> lastOpenFolder { u"folders/open", {} };
inline const SettingKey<QString> lastExportFolder { u"folders/export", {} };
inline const SettingKey<QString> lastTextFolder { u"folders/text", {} };
inline const SettingKey<QString> lastPlanFolder { u"folders/plan", {} };
inline const SettingKey<QString> sizeRule { u"plan/sizeRule", QStringLiteral("any") };
inline const SettingKey<QStringList> layerColumns { u"layers/columns", {} };
inline const SettingKey<QString> layerSort { u"layers/sort", {} };
inline const SettingKey<QString> layerRank { u"layers/rank", {} };
inline const SettingKey<QString> candidateSort { u"candidates/sort", QStringLiteral("newest descending") };
inline const SettingKey<QString> candidateView { u"candidates/view", QStringLiteral("table") };
} // namespace setting

/// Typed access to the user's settings file. Passed by reference; tests give a temporary file. The file is
/// written a moment after a change, by another thread: a disk may take its time, and the window does not.
class Settings {
public:
    Settings();
    explicit Settings(const QString& iniFile);
    Settings(const Settings&) = delete;
    Settings& operator=(const Settings&) = delete;
    ~Settings();

    template <typename T> [[nodiscard]] T get(const SettingKey<T>& key) const;
    template <typename T> void set(const SettingKey<T>& key, const T& value);

    /// Puts `path` first in a list of recent ones, which keeps ten.
    void addRecent(const SettingKey<QStringList>& list, const QString& path);

private:
    class File;

    std::unique_ptr<File> m_file;
};

} // namespace rankscope
