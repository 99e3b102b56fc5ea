// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/device.h"

#include <QProcess>
#include <QTest>

using namespace rankscope;
using namespace Qt::StringLiterals;

namespace {

/// The sentence about the first GPU in a process whose driver is tests/core/base/fake_cuda_driver.cpp.
QString sentenceWithDriver(const QStringList& answers)
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    const QString others = environment.value(u"LD_LIBRARY_PATH"_s);
    environment.insert(u"LD_LIBRARY_PATH"_s,
                       QStringLiteral(FAKE_DRIVER_FOLDER) + (others.isEmpty() ? QString() : u":"_s + others));
    for (const QString& answer : answers) {
        environment.insert(answer.section(u'=', 0, 0), answer.section(u'=', 1));
    }
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(PRINT_GPU_STATUS), {});
    if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit) {
        return u"the helper program did not finish"_s;
    }
    return QString::fromUtf8(process.readAllStandardOutput()).trimmed();
}

} // namespace

class TestDevice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsNames_data();
    void readsNames();
    void listsTheCpuFirst();
    void cpuIsAlwaysThere();
    void threadsAreSet();
    void saysWhyThereIsNoGpu_data();
    void saysWhyThereIsNoGpu();
};

void TestDevice::readsNames_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("canonical"); // empty: refused
    const char* const rows[][2]
        = { { "cpu", "cpu" },  { "cuda", "cuda:0" }, { "cuda:0", "cuda:0" }, { "cuda:7", "cuda:7" },
            { "", "" },        { "CPU", "" },        { "cuda:", "" },        { "cuda:-1", "" },
            { "cuda:1x", "" }, { "cuda:+1", "" },    { "cuda:128", "" },     { "cuda:99999999999", "" },
            { "gpu", "" },     { "cuda 0", "" } };
    for (const auto& row : rows) {
        QTest::addRow("\"%s\"", row[0]) << QByteArray(row[0]) << QByteArray(row[1]);
    }
}

void TestDevice::readsNames()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, canonical);
    const Result<Device> device = deviceFromString(text.toStdString());
    QCOMPARE(device.has_value(), !canonical.isEmpty());
    if (device) {
        QCOMPARE(QByteArray::fromStdString(toString(device.value())), canonical);
        return;
    }
    QCOMPARE(device.error().code, ErrorCode::InvalidArgument);
    QVERIFY(QByteArray::fromStdString(device.error().message).contains(text));
}

void TestDevice::listsTheCpuFirst()
{
    const std::vector<DeviceInfo> devices = listDevices();
    QVERIFY(!devices.empty());
    QVERIFY(devices[0].device == Device {});
    QVERIFY(devices[0].name.starts_with("CPU, "));
    QVERIFY(devices[0].freeBytes > 0 && devices[0].freeBytes <= devices[0].totalBytes);
}

void TestDevice::cpuIsAlwaysThere()
{
    QVERIFY(requireDevice({}).has_value());
}

void TestDevice::threadsAreSet()
{
    setEngineThreads(1);
    QCOMPARE(engineThreads(), 1);
    setEngineThreads(2);
    QCOMPARE(engineThreads(), 2);
    setEngineThreads(0);
    QCOMPARE(engineThreads(), 2);
    QCOMPARE(listDevices()[0].name, std::string("CPU, 2 threads"));
}

void TestDevice::saysWhyThereIsNoGpu_data()
{
    QTest::addColumn<QStringList>("driver");
    QTest::addColumn<QString>("expected");
    QTest::newRow("no device") << QStringList { u"FAKE_CUDA_INIT=100"_s } << u"reports no device."_s;
    QTest::newRow("device count 0") << QStringList { u"FAKE_CUDA_DEVICES=0"_s } << u"reports no device."_s;
    QTest::newRow("driver out of step") << QStringList { u"FAKE_CUDA_INIT=803"_s }
                                        << u"does not start (system has unsupported display driver"_s;
    QTest::newRow("unknown code") << QStringList { u"FAKE_CUDA_INIT=999"_s }
                                  << u"does not start (error 999)."_s;
    QTest::newRow("old driver") << QStringList { u"FAKE_CUDA_VERSION=12040"_s }
                                << u"supports CUDA up to 12.4, and 13.0 is needed"_s;
    // Past the driver every machine stops elsewhere: at LibTorch's CUDA half, at our module or at the
    // runtime.
    QTest::newRow("driver in order") << QStringList {} << u"No GPU can be used: "_s;
}

void TestDevice::saysWhyThereIsNoGpu()
{
    QFETCH(QStringList, driver);
    QFETCH(QString, expected);
    const QString sentence = sentenceWithDriver(driver);
    QVERIFY2(sentence.startsWith(u"No GPU can be used: "_s) && sentence.endsWith(u'.'), qPrintable(sentence));
    QVERIFY2(sentence.contains(expected), qPrintable(sentence));
}

QTEST_GUILESS_MAIN(TestDevice)
#include "tst_device.moc"
