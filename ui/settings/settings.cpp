// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settings/settings.h"

#include "ui/jobs/gui_inbox.h"

#include <QBasicTimer>
#include <QCoreApplication>
#include <QEvent>
#include <QMap>
#include <QPointer>
#include <QSettings>
#include <QTimerEvent>
#include <QVariant>

#include <thread>

namespace rankscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kWriteAfterMs = 300;

}

/// While the other thread writes it holds the lock of the library's own copy: nothing here asks for it then.
class Settings::File : public QObject {
public:
    explicit File(std::unique_ptr<QSettings> settings)
        : m_settings(std::move(settings))
    {
        openGuiInbox();
        read();
    }
    ~File() override
    {
        endWriter();
        store(); // and the library writes what is left
    }

    [[nodiscard]] QVariant value(const QString& key, const QVariant& otherwise) const
    {
        return m_values.value(key, otherwise);
    }
    void setValue(const QString& key, const QVariant& value)
    {
        m_values[key] = value;
        m_toStore[key] = value;
        if (!m_writing) {
            store();
            m_timer.start(kWriteAfterMs, this);
        }
    }

protected:
    void timerEvent(QTimerEvent* event) override
    {
        if (event->timerId() != m_timer.timerId()) {
            QObject::timerEvent(event);
            return;
        }
        m_timer.stop();
        m_writing = true;
        endWriter(); // which has said that it is done
        m_writer = std::thread([self = QPointer<File>(this), file = m_settings->fileName()] {
            QSettings(file, QSettings::IniFormat).sync(); // shares its copy with every other of this file
            postToGui([self] {
                if (self != nullptr) {
                    self->written();
                }
            });
        });
    }

private:
    void endWriter()
    {
        if (m_writer.joinable()) {
            m_writer.join();
        }
    }
    void written()
    {
        m_writing = false;
        read(); // another window may have written, too
        for (auto value = m_toStore.cbegin(); value != m_toStore.cend(); ++value) {
            m_values[value.key()] = value.value();
        }
        if (!m_toStore.isEmpty()) {
            store();
            m_timer.start(kWriteAfterMs, this);
        }
    }
    void read()
    {
        for (const QString& key : m_settings->allKeys()) {
            m_values[key] = m_settings->value(key);
        }
    }
    void store()
    {
        for (auto value = m_toStore.cbegin(); value != m_toStore.cend(); ++value) {
            m_settings->setValue(value.key(), value.value());
        }
        m_toStore.clear();
        // The library would write on this thread.
        QCoreApplication::removePostedEvents(m_settings.get(), QEvent::UpdateRequest);
    }

    std::unique_ptr<QSettings> m_settings;
    QMap<QString, QVariant> m_values;
    QMap<QString, QVariant> m_toStore; ///< came while the file was being written
    std::thread m_writer;
    QBasicTimer m_timer;
    bool m_writing = false;
};

Settings::Settings()
    : m_file(std::make_unique<File>(std::make_unique<QSettings>(QSettings::IniFormat, QSettings::UserScope,
                                                                u"rankscope"_s, u"rankscope"_s)))
{
}

Settings::Settings(const QString& iniFile)
    : m_file(std::make_unique<File>(std::make_unique<QSettings>(iniFile, QSettings::IniFormat)))
{
}

Settings::~Settings() = default;

template <typename T> T Settings::get(const SettingKey<T>& key) const
{
    return m_file->value(QString::fromUtf16(key.name), QVariant::fromValue(key.defaultValue))
        .template value<T>();
}

template <typename T> void Settings::set(const SettingKey<T>& key, const T& value)
{
    m_file->setValue(QString::fromUtf16(key.name), QVariant::fromValue(value));
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
