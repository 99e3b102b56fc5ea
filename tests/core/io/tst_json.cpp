// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/json.h"

#include <QTemporaryDir>
#include <QTest>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <string>

using namespace rankscope;

class TestJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsOrderAndWholeNumbers()
    {
        const auto value = parseJson(R"({"z": 1, "a": 9007199254740993, "m": 18446744073709551615})", "text");
        QVERIFY(value);
        QCOMPARE(value->begin().key(), std::string("z"));
        QCOMPARE(value->at("a").get<std::int64_t>(), 9007199254740993LL);
        QCOMPARE(value->at("m").get<std::uint64_t>(), ~std::uint64_t { 0 });
    }

    void bareWords()
    {
        const auto value = parseJson(
            "{\"low\": -Infinity, \"list\": [Infinity, NaN, -1], \"text\": \"NaN Infinity \\\" -Infinity\"}",
            "text");
        QVERIFY(value);
        QVERIFY(std::isinf(value->at("low").get<double>()) && value->at("low").get<double>() < 0);
        QVERIFY(std::isinf(value->at("list").at(0).get<double>())
                && value->at("list").at(0).get<double>() > 0);
        QVERIFY(std::isnan(value->at("list").at(1).get<double>()));
        QCOMPARE(value->at("list").at(2).get<int>(), -1);
        QCOMPARE(value->at("text").get<std::string>(), std::string("NaN Infinity \" -Infinity"));
        QVERIFY(std::isnan(parseJson("NaN", "text")->get<double>()));
        QVERIFY(std::isinf(parseLargeJson("[Infinity]", "text")->at(0).get<double>()));
        QVERIFY(!parseJson("[Infinit]", "text"));
        QVERIFY(!parseJson("[NaN NaN]", "text"));
    }

    void saysWhere_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("phrase");
        QTest::newRow("comma") << QByteArray("{\n  \"a\": 1,\n  \"b\" 2\n}")
                               << "'x.json' is not valid JSON at line 3, column 7";
        QTest::newRow("behind bare words")
            << QByteArray("[NaN, Infinity, -Infinity, ?]") << "line 1, column 28";
        QTest::newRow("between bare words") << QByteArray("[NaN, ?, NaN, NaN]") << "line 1, column 7";
        QTest::newRow("truncated") << QByteArray("{\"a\": [1, 2") << "line 1, column 12";
        QTest::newRow("unfinished string") << QByteArray("[\"abc") << "line 1, column 6";
        QTest::newRow("not UTF-8") << QByteArray("[\"\xff\"]") << "line 1, column 3";
        QTest::newRow("empty") << QByteArray(" \n") << "'x.json' is empty";
        QTest::newRow("too large a number") << QByteArray("[1e999]") << "number overflow";
        QTest::newRow("deep") << QByteArray(100000, '[') << "nests deeper than 512 levels";
    }
    void saysWhere()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, phrase);
        const auto value = parseJson(text.toStdString(), "'x.json'");
        QVERIFY(!value);
        QCOMPARE(value.error().code, ErrorCode::BadFormat);
        const QString message = QString::fromStdString(value.error().message);
        QVERIFY2(message.contains(phrase), qPrintable(message));
        QVERIFY2(message.endsWith(u'.') && message.size() < 600, qPrintable(message));
    }

    void bracketsInStringsDoNotNest()
    {
        const std::string text = "\"" + std::string(5000, '[') + "\\\"" + "\"";
        QCOMPARE(parseJson(text, "text")->get<std::string>().size(), std::size_t { 5001 });
    }

    void files()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = std::filesystem::path(folder.path().toStdString()) / "a.json";
        QCOMPARE(readJsonFile(path).error().code, ErrorCode::NotFound);
        QVERIFY(readJsonFile(path).error().message.find("a.json' does not exist") != std::string::npos);
        QCOMPARE(readJsonFile(path.parent_path()).error().code, ErrorCode::NotFound);
        std::ofstream(path) << "{\"a\": 1";
        QVERIFY(readJsonFile(path).error().message.find("a.json' is not valid JSON at line 1")
                != std::string::npos);
        std::ofstream(path) << "{\"a\": 1}";
        QCOMPARE(readJsonFile(path)->at("a").get<int>(), 1);
    }
};

QTEST_GUILESS_MAIN(TestJson)
#include "tst_json.moc"
