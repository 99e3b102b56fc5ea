// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/path_kind.h"
#include "tests/support/raw_safetensors.h"

#include <QTemporaryDir>
#include <QTest>

using namespace rankscope;

Q_DECLARE_METATYPE(rankscope::PathKind)

class TestPathKind : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void kinds_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<PathKind>("kind");
        const auto row = [](const char* name, const QByteArray& bytes, PathKind kind) {
            QTest::newRow(name) << QString::fromUtf8(name) << bytes << kind;
        };
        row("half.plan.json", "{\n  \"rankscope_plan\": 1,", PathKind::Plan);
        row("rankscope-recipe.json", "{\"rankscope_recipe\": 1, \"plan\": {\"rankscope_plan\": 1}}",
            PathKind::Recipe);
        row("other.json", "{\"hello\": 1}", PathKind::Plan);
        row("model.safetensors", QByteArray("\x08\0\0\0\0\0\0\0{}", 10), PathKind::CheckpointFile);
        row("model/config.json", "{\"model_type\": \"delta_net\"}", PathKind::CheckpointFile);
        row("model/tokenizer.json", "{}", PathKind::CheckpointFile);
        row("model/plan.json", "{\"rankscope_plan\": 1}", PathKind::Plan);
        row("text.txt", "Call me Ishmael.\n", PathKind::Text);
        row("README", "No suffix, still text: größer\n", PathKind::Text);
        // A character that the end of what is looked at cuts in two.
        row("cut.txt", QByteArray(4095, 'a') + QByteArray("é"), PathKind::Text);
        row("latin1.txt", QByteArray("gr\xf6\xdf") + QByteArray(100, 'a'), PathKind::Other);
        row("picture.png", QByteArray("\x89PNG\r\n\x1a\n\0\0", 10), PathKind::Other);
        row("empty.txt", "", PathKind::Other);
    }
    void kinds()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(PathKind, kind);
        const QTemporaryDir dir;
        const std::filesystem::path folder(dir.path().toStdU16String());
        std::filesystem::create_directories(folder / "model");
        test::writeBytes(folder / "model" / "config.json", "{}");
        const std::filesystem::path path = folder / name.toStdU16String();
        test::writeBytes(path, std::string_view(bytes.data(), static_cast<std::size_t>(bytes.size())));
        QCOMPARE(static_cast<int>(kindOfPath(path)), static_cast<int>(kind));
        QCOMPARE(static_cast<int>(kindOfPath(folder)), static_cast<int>(PathKind::Folder));
        QCOMPARE(static_cast<int>(kindOfPath(folder / "nothing")), static_cast<int>(PathKind::Other));
    }
};

QTEST_GUILESS_MAIN(TestPathKind)
#include "tst_path_kind.moc"
