// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/settings.h"

#include <QSettings>
#include <QVariant>

namespace rankscope {

using namespace Qt::StringLiterals;

Settings::Settings()
    : m_settings(std::make_unique<QSettings>(QSettings::IniFormat, QSettings::UserScope, u"rankscope"_s,
                                             u"rankscope"_s))
{
}

Settings::Settings(const QString& iniFile)
    : m_settings(std::make_unique<QSettings>(iniFile, QSettings::IniFormat))
{
}

Settings::~Settings() = default;

template <typename T> T Settings::get(const SettingKey<T>& key) const
{
    return m_settings->value(QString::fromUtf16(key.name), QVariant::fromValue(key.defaultValue))
        .template value<T>();
}

template <typename T> void Settings::set(const SettingKey<T>& key, const T& value)
{
    m_settings->setValue(QString::fromUtf16(key.name), QVariant::fromValue(value));
}

template QString Settings::get(const SettingKey<QString>&) const;
template QByteArray Settings::get(const SettingKey<QByteArray>&) const;
template QStringList Settings::get(const SettingKey<QStringList>&) const;
template void Settings::set(const SettingKey<QString>&, const QString&);
template void Settings::set(const SettingKey<QByteArray>&, const QByteArray&);
template void Settings::set(const SettingKey<QStringList>&, const QStringList&);

void Settings::addRecent(const SettingKey<QStringList>& list, const QString& path)
{
    QStringList paths = get(list);
    paths.removeAll(path);
    paths.prepend(path);
    while (paths.size() > 10) {
        paths.removeLast();
    }
    set(list, paths);
}

} // namespace rankscope
