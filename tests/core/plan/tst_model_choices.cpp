// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/model_choices.h"

#include <QTest>

using namespace rankscope;

class TestModelChoices : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comeBackAsTheyWere()
    {
        const ModelChoices all { "/texts/größer \"one\".txt", "/texts/two.txt", 0, 256, true };
        const ModelChoices some { {}, "/texts/two.txt", std::nullopt, std::nullopt, false };
        for (const ModelChoices& choices : { all, some, ModelChoices {} }) {
            const Result<ModelChoices> read
                = choicesFromJson(choicesToJson(choices, "/models/one"), "x.json");
            QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
            QVERIFY(*read == choices);
        }
        QVERIFY(ModelChoices {}.empty() && !all.empty() && !some.empty());
    }

    void damageIsASentence_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<ErrorCode>("code");
        const auto row
            = [](const char* name, const char* text, const char* key, ErrorCode code = ErrorCode::BadFormat) {
                  QTest::newRow(name) << QByteArray(text) << QByteArray(key) << code;
              };
        row("not JSON", "{", "rankscope_choices");
        row("a list", "[]", "rankscope_choices");
        row("something else", R"({"version": 1})", "rankscope_choices");
        row("a later version", R"({"rankscope_choices": 2})", "another version", ErrorCode::Unsupported);
        row("a text that is none", R"({"rankscope_choices": 1, "evaluation_text": 3})", "evaluation_text");
        row("a count that is none", R"({"rankscope_choices": 1, "evaluation_windows": 1.5})",
            "evaluation_windows");
        row("less than nothing", R"({"rankscope_choices": 1, "evaluation_windows": -1})",
            "evaluation_windows");
        row("more than a number holds", R"({"rankscope_choices": 1, "evaluation_windows": 3000000000})",
            "evaluation_windows");
        row("no tokens to predict", R"({"rankscope_choices": 1, "window_length": 1})", "window_length");
        row("a device that is none", R"({"rankscope_choices": 1, "windows_on_gpu": "yes"})",
            "windows_on_gpu");
    }
    void damageIsASentence()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, key);
        QFETCH(ErrorCode, code);
        const Result<ModelChoices> read = choicesFromJson(text.toStdString(), "\"x.json\"");
        QVERIFY(!read.has_value());
        QCOMPARE(read.error().code, code);
        const QByteArray message = QByteArray::fromStdString(read.error().message);
        QVERIFY2(message.contains(key) && message.contains("x.json"), message.constData());
    }
};

QTEST_APPLESS_MAIN(TestModelChoices)
#include "tst_model_choices.moc"
