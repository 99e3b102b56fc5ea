// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/process_memory.h"

#include <QObject>

#include <memory>

class QTimer;

namespace rankscope {

class Job;
class JobLanes;

/// Memory of the engine's device and of this process, once a second, asked for off the GUI thread.
class MemoryWatch : public QObject {
    Q_OBJECT

public:
    struct Reading {
        Device device;
        DeviceMemory memory; ///< of the device; for the CPU, of the machine
        ProcessMemory process;
    };

    explicit MemoryWatch(JobLanes& lanes, QObject* parent = nullptr);
    ~MemoryWatch() override;

    void setDevice(const Device& device);
    [[nodiscard]] const Reading& reading() const { return m_reading; }

Q_SIGNALS:
    void changed();

private:
    void ask();

    JobLanes& m_lanes;
    Device m_device;
    Reading m_reading;
    QTimer* m_timer;
    std::unique_ptr<Job> m_job;
};

} // namespace rankscope
