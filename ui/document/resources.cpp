// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/resources.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace rankscope {

using namespace Qt::StringLiterals;

QString resourceFolder()
{
    const QStringList places { qEnvironmentVariable("RANKSCOPE_RESOURCE_DIR"),
                               QCoreApplication::applicationDirPath() + u"/../share/rankscope"_s,
                               QStringLiteral(RANKSCOPE_SOURCE_DIR "/resources") };
    for (const QString& place : places) {
        if (!place.isEmpty() && QFileInfo(place + u"/demo/config.json"_s).exists()) {
            return QDir(place).absolutePath();
        }
    }
    return {};
}

namespace {

QString inResources(const QString& path)
{
    const QString folder = resourceFolder();
    return folder.isEmpty() ? QString() : folder + path;
}

} // namespace

QString demoFolder()
{
    return inResources(u"/demo"_s);
}

QString demoCalibrationText()
{
    return inResources(u"/demo-text/calibration.txt"_s);
}

QString demoEvaluationText()
{
    return inResources(u"/demo-text/evaluation.txt"_s);
}

QString cliProgram()
{
    const QString beside = QCoreApplication::applicationDirPath();
    for (const QString& place : QStringList { beside, beside + u"/../bin"_s }) {
        const QFileInfo program(place + u"/rankscope-cli"_s);
        if (program.isExecutable()) {
            return program.canonicalFilePath();
        }
    }
    return {};
}

QString fileNameFor(const QString& modelName)
{
    return modelName.section(u'/', -1);
}

} // namespace rankscope
