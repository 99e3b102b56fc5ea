// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says when a file, a model or a device is not what it should be, and that work goes on.
#include "core/plan/plan_file.h"
#include "tests/support/raw_safetensors.h"
#include "tests/support/tiny_model.h"
#include "tests/ui/window_bench.h"
#include "ui/document/candidate_history.h"
#include "ui/document/document_session.h"
#include "ui/panels/dock_panel.h"
#include "ui/panels/quality_panel.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/status_strip.h"

#include <QDir>
#include <QFile>
#include <QPushButton>
#include <QTest>

#include <functional>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

using Mistake = std::function<void(WindowBench&)>;

} // namespace

Q_DECLARE_METATYPE(Mistake)

class TestDialogErrors : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_model;

    [[nodiscard]] QString file(const QString& name, std::string_view content) const
    {
        const QString path = m_folder.filePath(name);
        writeBytes(pathOf(path), content);
        return path;
    }
    static void choose(WindowBench& bench, const QString& id, const QString& path)
    {
        bench.dialogs.openFile = path;
        bench.dialogs.saveFile = path;
        bench.dialogs.folder = path;
        bench.action(id)->trigger();
    }
    [[nodiscard]] QString planFile(const QString& name, const std::function<void(PruningPlan&)>& change) const
    {
        const Result<CheckpointOverview> overview = inspectCheckpoint(pathOf(m_model));
        PruningPlan plan = keepAllPlan(overview->spec);
        plan.method = "l1";
        plan.modelFingerprint = overview->fingerprint;
        change(plan);
        const QString path = m_folder.filePath(name);
        return writePlanFile(plan, pathOf(path)).has_value() ? path : QString();
    }
    static bool settled(const WindowBench& bench)
    {
        return QTest::qWaitFor(
            [&] { return bench.workbench.settled() && bench.workbench.selector() != nullptr; }, kEngineMs);
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
        qputenv("HF_HUB_CACHE", m_folder.path().toUtf8());
        m_model = m_folder.filePath(u"hybrid"_s);
        writeHybridCheckpoint(m_model);
    }

    void mistakes_data()
    {
        QTest::addColumn<Mistake>("mistake");
        QTest::addColumn<QStringList>("phrases");
        const auto row = [](const char* name, Mistake mistake, const QStringList& phrases) {
            QTest::newRow(name) << std::move(mistake) << phrases;
        };
        for (const QString& id : { u"file.text"_s, u"file.calibration"_s, u"quality.addText"_s }) {
            const QByteArray at = id.toUtf8() + ": ";
            const auto text = [&](const char* name, const QString& path, const QStringList& phrases) {
                row(
                    QByteArray(at + name).constData(),
                    [id, path](WindowBench& bench) {
                        bench.action(u"view.show.textScore"_s)
                            ->trigger(); // further texts are read for a view
                        choose(bench, id, path);
                    },
                    phrases);
            };
            text("empty", file(u"empty.txt"_s, ""), { u"empty.txt"_s });
            text("not UTF-8", file(u"latin.txt"_s, std::string(3000, 'a') + "\xe9\xff"),
                 { u"latin.txt"_s, u"UTF-8"_s });
            text("short", file(u"short.txt"_s, "A few words.\n"), { u"short.txt"_s });
            text("gone", m_folder.filePath(u"gone.txt"_s), { u"gone.txt"_s });
            text("a folder", m_model, { u"hybrid"_s });
        }
        const auto plan = [&](const char* name, const QString& path, const QStringList& phrases) {
            row(
                name, [path](WindowBench& bench) { choose(bench, u"file.loadPlan"_s, path); }, phrases);
        };
        plan("plan: broken", file(u"broken.json"_s, "{\"layers\": ["), { u"broken.json"_s });
        plan("plan: something else", file(u"other.json"_s, "{\"a\": 1}"), { u"other.json"_s });
        plan("plan: gone", m_folder.filePath(u"gone.json"_s), { u"gone.json"_s });
        plan(
            "plan: other model",
            planFile(u"stranger.json"_s, [](PruningPlan& of) { of.modelFingerprint = std::string(64, 'a'); }),
            { u"model"_s });
        plan("plan: other layers", planFile(u"layers.json"_s, [](PruningPlan& of) { of.layers.pop_back(); }),
             { u"layer"_s });
        row("plan: nowhere to save",
            [this](WindowBench& bench) {
                choose(bench, u"file.savePlanAs"_s, m_folder.filePath(u"no/such/place/plan.json"_s));
            },
            { u"plan.json"_s });
        row("plan: a folder in the way",
            [this](WindowBench& bench) {
                const QString folder = m_folder.filePath(u"in-the-way.json"_s);
                QDir().mkpath(folder + u"/filled"_s);
                choose(bench, u"file.savePlanAs"_s, folder);
            },
            { u"in-the-way.json"_s });
        row("layers table: nowhere to save",
            [](WindowBench& bench) { choose(bench, u"layers.csv"_s, u"/no/such/place/layers.csv"_s); },
            { u"layers.csv"_s });
        for (const QString& view : { u"spectra"_s, u"layer"_s, u"equaliser"_s, u"quality"_s }) {
            row(QByteArray("picture of " + view.toUtf8() + ": nowhere to save").constData(),
                [view](WindowBench& bench) {
                    bench.action(u"view.show."_s + view)->trigger();
                    choose(bench, u"view.savePicture"_s, u"/no/such/place/picture.png"_s);
                },
                { u"picture.png"_s });
        }
        row("picture: of no kind",
            [this](WindowBench& bench) {
                bench.action(u"view.show.spectra"_s)->trigger();
                choose(bench, u"view.savePicture"_s, m_folder.filePath(u"picture.xyz"_s));
            },
            { u"xyz"_s });
        row("values: nowhere to save",
            [](WindowBench& bench) {
                bench.action(u"view.show.spectra"_s)->trigger();
                choose(bench, u"view.saveValues"_s, u"/no/such/place/values.csv"_s);
            },
            { u"values.csv"_s });
        row("candidates: nowhere to save",
            [](WindowBench& bench) { choose(bench, u"compare.export"_s, u"/no/such/place/table.csv"_s); },
            { u"table.csv"_s });
        const auto model = [&](const char* name, const QString& path, const QStringList& phrases) {
            row(
                name, [path](WindowBench& bench) { choose(bench, u"file.openFolder"_s, path); }, phrases);
        };
        model("model: no such folder", u"/no/such/place"_s, { u"place"_s });
        const QString nothing = m_folder.filePath(u"nothing"_s);
        QDir().mkpath(nothing);
        model("model: an empty folder", nothing, { u"nothing"_s });
        QDir().mkpath(m_folder.filePath(u"llama"_s));
        writeBytes(pathOf(m_folder.filePath(u"llama/config.json"_s)), "{\"model_type\": \"llama\"}");
        model("model: unsupported family", m_folder.filePath(u"llama"_s), { u"llama"_s });
        row("device: none such",
            [](WindowBench& bench) {
                bench.workbench.setDevice({ DeviceKind::Cuda, 99 }, DType::BF16);
            },
            { u"cuda"_s });
    }

    /// One sentence that names the culprit; what was there stays or can be had again.
    void mistakes()
    {
        QFETCH(Mistake, mistake);
        QFETCH(QStringList, phrases);
        WindowBench bench;
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.show();
        bench.window.openFolder(m_model);
        QVERIFY(settled(bench));
        const PruningPlan before = bench.document.plan();
        MessageBar* messages = bench.window.messageBar();
        messages->clear();
        mistake(bench);
        QVERIFY2(QTest::qWaitFor([&] { return messages->isShowing(); }, kEngineMs), "nothing was said");
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        const QString sentence = messages->currentText();
        for (const QString& phrase : phrases) {
            QVERIFY2(sentence.contains(phrase, Qt::CaseInsensitive), qPrintable(sentence));
        }
        QVERIFY2(sentence.endsWith(u'.') || sentence.endsWith(u')'), qPrintable(sentence));
        QVERIFY(bench.document.plan().layers == before.layers);
        QVERIFY(!bench.window.session().isSaving());
        // The way on.
        messages->clear();
        bench.workbench.setDevice({ DeviceKind::Cpu, 0 }, DType::F32);
        const QString good = file(u"good.txt"_s, std::string(8000, 'a'));
        choose(bench, u"file.text"_s, good);
        choose(bench, u"file.calibration"_s, good);
        QVERIFY(settled(bench));
        bench.document.setKept({ 0 }, 4, bench.document.newGesture());
        QVERIFY(settled(bench));
        QVERIFY(bench.workbench.candidateTrust() == Trust::Final);
        QVERIFY2(!messages->isShowing(), qPrintable(messages->currentText()));
    }

    /// A failure of the weights is not forgotten when the texts arrive later.
    void damagedWeightsStaySaid()
    {
        const QString damaged = m_folder.filePath(u"damaged"_s);
        writeHybridCheckpoint(damaged);
        QFile weights(damaged + u"/model.safetensors"_s);
        QVERIFY(weights.open(QIODevice::ReadWrite));
        weights.seek(weights.size() - 64);
        weights.write(QByteArray(64, '\xff'));
        weights.close();
        WindowBench bench;
        bench.window.show();
        bench.window.openFolder(damaged);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != nullptr
                                     && bench.workbench.texts().evaluation != nullptr
                                     && !bench.jobs.anyActive(),
                                 kEngineMs);
        QVERIFY2(bench.workbench.blockingSentence().contains(u"NaN"_s),
                 qPrintable(bench.workbench.blockingSentence()));
    }

    void anUnknownMethodIsSaid()
    {
        const QString path = planFile(u"future.json"_s, [](PruningPlan& plan) { plan.method = "future"; });
        QVERIFY(!path.isEmpty());
        WindowBench bench;
        bench.dialogs.unsaved = UnsavedAnswer::Discard;
        bench.window.show();
        bench.window.openFolder(m_model);
        QVERIFY(settled(bench));
        choose(bench, u"file.loadPlan"_s, path);
        if (bench.window.messageBar()->isShowing()) { // refused at once: as good
            QVERIFY(bench.window.messageBar()->currentText().contains(u"future"_s));
            return;
        }
        bench.document.setKept({ 0 }, 4, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selectorNote().contains(u"future"_s), kEngineMs);
        // Saving does not wait for channels that never come.
        choose(bench, u"file.savePlanAs"_s, m_folder.filePath(u"future2.json"_s));
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.messageBar()->currentText().contains(u"future"_s), kEngineMs);
        QVERIFY(!bench.window.session().isSaving());
        bench.document.setMethod(u"l1"_s, u"L1"_s);
        QVERIFY(settled(bench));
        QVERIFY(bench.workbench.candidateTrust() == Trust::Final);
    }

    /// A stale number says why, and an empty view offers the command that its sentence names.
    void staleAndEmptySayTheWayOn()
    {
        WindowBench bench;
        bench.window.resize(1440, 1000);
        // Queued before the jobs of the opening are made: none of their results can arrive first.
        const QMetaObject::Connection stop
            = connect(&bench.workbench, &Workbench::overviewChanged, &bench.workbench, &Workbench::stopAll,
                      Qt::QueuedConnection);
        bench.openDemo();
        EmptyNote* note = bench.window.qualityPanel()->findChild<EmptyNote*>();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.canResume() && !bench.jobs.anyActive(), kEngineMs);
        disconnect(stop);
        QVERIFY2(note->text().contains(u"F5"_s), qPrintable(note->text()));
        QTRY_VERIFY(note->button()->isVisible());
        note->button()->click();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.selector() != nullptr && bench.workbench.settled(),
                                 kEngineMs);
        QVERIFY(!note->button()->isVisible());
        bench.document.setKept({ 2 }, 16, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.candidateTrust() == Trust::Final, kEngineMs);
        NumberTile* tile = bench.window.strip()->candidate();
        bench.document.setKept({ 2 }, 8, bench.document.newGesture());
        QCOMPARE(tile->trust(), Trust::Stale);
        QVERIFY2(tile->toolTip().contains(u"earlier plan"_s), qPrintable(tile->toolTip()));
        bench.workbench.stopAll();
        QTRY_VERIFY_WITH_TIMEOUT(!bench.jobs.anyActive(), kEngineMs);
        QVERIFY2(tile->toolTip().contains(u"Ctrl+R"_s), qPrintable(tile->toolTip()));
        QVERIFY(tile->caption().contains(u"out of date"_s));
        // Back at the plan whose number there was: it is final again, and nothing runs.
        bench.document.setKept({ 2 }, 16, bench.document.newGesture());
        QVERIFY(bench.workbench.staleReason().isEmpty() || bench.workbench.candidateTrust() == Trust::Stale);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.candidateTrust() == Trust::Final, kEngineMs);
        QCOMPARE(tile->caption(), u"candidate"_s);
    }
};

QTEST_MAIN(TestDialogErrors)
#include "tst_dialog_errors.moc"
