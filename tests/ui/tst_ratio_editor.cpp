// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/ratio_editor.h"

#include <QDoubleSpinBox>
#include <QSet>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

using namespace rankscope;

class TestRatioEditor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aDragIsOneGesture()
    {
        RatioEditor editor;
        editor.setScale(1, 64, 1, 0);
        editor.setValue(64);
        const QSignalSpy edits(&editor, &RatioEditor::edited);
        editor.resize(400, 30);
        editor.show();
        QVERIFY(QTest::qWaitForWindowExposed(&editor));
        QSlider* slider = editor.slider();
        const int y = slider->height() / 2;
        QTest::mousePress(slider, Qt::LeftButton, {}, QPoint(slider->width() - 8, y));
        for (int x = slider->width() - 20; x > 60; x -= 10) {
            QTest::mouseMove(slider, QPoint(x, y));
        }
        QTest::mouseRelease(slider, Qt::LeftButton, {}, QPoint(60, y));
        QVERIFY(edits.count() > 3);
        QSet<quint64> gestures;
        for (const QList<QVariant>& edit : edits) {
            gestures.insert(edit.at(1).toULongLong());
        }
        QCOMPARE(gestures.size(), 1);
        QVERIFY(editor.value() < 30);
        QCOMPARE(editor.number()->value(), editor.value());
    }

    void aTypedNumberIsItsOwnGesture()
    {
        RatioEditor editor;
        editor.setScale(0.0, 0.99, 0.01, 2);
        editor.setValue(0.0);
        const QSignalSpy edits(&editor, &RatioEditor::edited);
        editor.show();
        QVERIFY(QTest::qWaitForWindowExposed(&editor));
        editor.number()->setFocus();
        editor.number()->selectAll();
        QTest::keyClicks(editor.number(), QStringLiteral("0.5"));
        QCOMPARE(edits.count(), 0); // not while typing
        QTest::keyClick(editor.number(), Qt::Key_Return);
        QCOMPARE(edits.count(), 1);
        QCOMPARE(editor.value(), 0.5);
        QCOMPARE(editor.slider()->value(), 50);
    }

    void settingAValueEmitsNothing()
    {
        RatioEditor editor;
        const QSignalSpy edits(&editor, &RatioEditor::edited);
        editor.setScale(1, 128, 1, 0);
        editor.setValue(77);
        QCOMPARE(edits.count(), 0);
        QCOMPARE(editor.slider()->value(), 76);
        QCOMPARE(editor.number()->value(), 77.0);
    }
};

QTEST_MAIN(TestRatioEditor)
#include "tst_ratio_editor.moc"
