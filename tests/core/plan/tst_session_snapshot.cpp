// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/session_snapshot.h"

#include <QTest>

using namespace rankscope;

namespace {

SessionSnapshot someSession()
{
    SessionSnapshot session;
    session.modelFolder = "/models/größer \"one\"";
    session.evaluationText = "/texts/evaluation.txt";
    session.planFile = "/plans/half.plan.json";
    session.layer = 2;
    session.head = 1;
    session.plan.modelName = "one";
    session.plan.method = "rrqr";
    session.plan.requestedRatio = 0.5;
    session.plan.seed = 7;
    session.plan.layers.resize(3);
    session.plan.layers[0] = { .keyDims = 8, .keptKeyDims = 3, .kept = {}, .headEdits = {}, .locked = true };
    session.plan.layers[1] = {
        .keyDims = 8, .keptKeyDims = 2, .kept = { { 0, 5 }, { 1, 7 } }, .headEdits = {}, .locked = false
    };
    return session;
}

} // namespace

class TestSessionSnapshot : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Also a layer whose channels the method has yet to select, and one that cannot be pruned; heads that
    /// were edited, where the whole layer or that head alone waits for its channels, and heads that are off.
    void comesBackAsItWas()
    {
        const HeadEdit edit { .keptKeyDims = 1, .forcedIn = { 5, 6 }, .forcedOut = { 0 } };
        const HeadEdit off { .keptKeyDims = 0 };
        const std::pair<std::vector<std::vector<int>>, std::vector<HeadEdit>> layers[]
            = { { { { 0, 5 }, { 1, 7 } }, {} },     { {}, { {}, edit } },
                { { { 0, 5 }, {} }, { {}, edit } }, { { { 0, 5 }, {} }, { {}, off } },
                { { {}, {} }, { off, off } },       { {}, { off, off } } };
        for (const auto& [kept, edits] : layers) {
            SessionSnapshot session = someSession();
            session.plan.layers[1].kept = kept;
            session.plan.layers[1].headEdits = edits;
            const std::string text = sessionToJson(session);
            const Result<SessionSnapshot> read = sessionFromJson(text);
            QVERIFY2(read.has_value(), read ? "" : read.error().message.c_str());
            QVERIFY2(*read == session, text.c_str());
            QCOMPARE(sessionToJson(*read), text);
        }
    }

    void damageIsASentence_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("cut") << QByteArray("\"plan\"") << QByteArray();
        QTest::newRow("no folder") << QByteArray("\"model\": \"/") << QByteArray("\"other\": \"/");
        QTest::newRow("no number") << QByteArray("\"layer\": 2") << QByteArray("\"layer\": \"2\"");
        QTest::newRow("newer") << QByteArray("_session\": 1") << QByteArray("_session\": 2");
        QTest::newRow("bad plan") << QByteArray("\"seed\": 7") << QByteArray("\"seed\": -7");
    }
    void damageIsASentence()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QByteArray text = QByteArray::fromStdString(sessionToJson(someSession()));
        QVERIFY(text.contains(from));
        text = to.isEmpty() ? text.left(text.indexOf(from)) : text.replace(from, to);
        const Result<SessionSnapshot> read = sessionFromJson(text.toStdString());
        QVERIFY(!read.has_value());
        QVERIFY(read.error().message.find("earlier session") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestSessionSnapshot)
#include "tst_session_snapshot.moc"
