// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/cli_runner.h"
#include "tests/support/broken_checkpoints.h"
#include "tests/support/paths.h"

#include <QTemporaryDir>
#include <QTest>

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>

using namespace rankscope::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

QString q(const char* text)
{
    return QString::fromUtf8(text);
}

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

void write(const fs::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace

/// Each bad input ends with its exit code and one sentence that says what is wrong, and leaves no file.
class TestCliBadInput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_text = sourceDir() / "resources" / "demo-text" / "evaluation.txt";
        m_model = demoDir();
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        write(path("empty.txt"), "");
        write(path("short.txt"), "Far too short.\n");
        write(path("latin1.txt"), "caf\xe9 au lait\n");
        write(path("noplan.json"), "{\"hello\": 1}");
        write(path("notjson.json"), "not json");
        if (m_plan.isEmpty()) {
            const CliRun run = runCli({ q("plan"), text(m_model), q("--method"), q("l1"), q("--ratio"),
                                        q("0.5"), q("-o"), text(path("made.json")) });
            QCOMPARE(run.exitCode, 0);
            QFile made(text(path("made.json")));
            QVERIFY(made.open(QIODevice::ReadOnly));
            m_plan = made.readAll();
        }
        QFile good(text(path("plan.json")));
        QVERIFY(good.open(QIODevice::WriteOnly));
        good.write(m_plan);
    }

    void rejected_data()
    {
        QTest::addColumn<QString>("command"); // {dir}, {demo}, {text} stand for paths; split at blanks
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("phrase");
        const auto row
            = [](const char* name, const char* command, int exitCode, const char* code, const char* phrase) {
                  QTest::newRow(name) << q(command) << exitCode << q(code) << q(phrase);
              };
        row("no command", "", 2, "invalid-argument", "a command is missing");
        row("unknown command", "frobnicate", 2, "invalid-argument", "no command \"frobnicate\"");
        row("missing option", "evaluate {demo}", 2, "invalid-argument", "--text is required");
        row("unknown option", "inspect {demo} --frob", 2, "invalid-argument", "--frob");
        row("bad dtype", "evaluate {demo} --text {text} --dtype fp8", 2, "invalid-argument", "fp8 not in");
        row("bad device", "evaluate {demo} --text {text} --device tpu", 2, "invalid-argument",
            "\"tpu\" is not a device");
        row("no windows", "evaluate {demo} --text {text} --windows 0", 2, "invalid-argument", "--windows");
        row("windows of one token", "evaluate {demo} --text {text} --length 1", 2, "invalid-argument",
            "--length");
        row("unknown method", "plan {demo} --method magic --ratio 0.5 -o {dir}/p", 2, "invalid-argument",
            "use one of rrqr, l1, random");
        row("ratio above one", "plan {demo} --method l1 --ratio 1.5 -o {dir}/p", 2, "invalid-argument",
            "not in range");
        row("ratio not a number", "plan {demo} --method l1 --ratio nan -o {dir}/p", 2, "invalid-argument",
            "from 0 to 1");
        row("two sizes", "plan {demo} --method l1 --ratio 0.5 --kept 3 -o {dir}/p", 2, "invalid-argument",
            "exactly 1 option");
        row("too many kept", "plan {demo} --method l1 --kept 65 -o {dir}/p", 2, "invalid-argument",
            "layer 0 has 64 key channels");
        row("state too small", "plan {demo} --method l1 --state-bytes 10 -o {dir}/p", 2, "invalid-argument",
            "too small");
        row("no calibration", "plan {demo} --method rrqr --ratio 0.5 -o {dir}/p", 2, "invalid-argument",
            "--calibration");
        row("positions too far apart", "analyze {demo} --text {text} --every 513 -o {dir}/s", 2,
            "invalid-argument", "spacing of positions");

        row("no model", "inspect {dir}/nowhere", 3, "not-found", "nowhere");
        row("model is a file", "inspect {text}", 3, "not-found", "is not a folder");
        row("folder without a model", "inspect {dir}", 3, "not-found", "config.json");
        row("no text", "evaluate {demo} --text {dir}/nothing.txt", 3, "not-found", "does not exist");
        row("empty text", "evaluate {demo} --text {dir}/empty.txt", 3, "bad-data", "is empty");
        row("short text", "evaluate {demo} --text {dir}/short.txt", 3, "bad-data",
            "fewer than one window of 512");
        row("short calibration",
            "plan {demo} --method rrqr --ratio 0.5 --calibration {dir}/short.txt -o {dir}/p", 3, "bad-data",
            "fewer than one window");
        row("not UTF-8", "evaluate {demo} --text {dir}/latin1.txt", 3, "bad-data",
            "is not utf-8: the byte 0xe9 at");
        row("no tokenizer", "evaluate {fixtures}/models/delta_net --text {text}", 3, "not-found",
            "has no tokenizer");
        row("no plan", "evaluate {demo} --text {text} --plan {dir}/none.json", 3, "not-found", "none.json");
        row("plan not JSON", "evaluate {demo} --text {text} --plan {dir}/notjson.json", 3, "bad-format",
            "not valid json");
        row("JSON not a plan", "evaluate {demo} --text {text} --plan {dir}/noplan.json", 3, "bad-format",
            "noplan.json");
        row("plan of another model",
            "forward {fixtures}/models/delta_net --ids "
            "{fixtures}/models/delta_net/reference.safetensors:short."
            "input_ids --plan {dir}/plan.json -o {dir}/o",
            3, "mismatch", "made for another model");
        row("export of another model",
            "export {fixtures}/models/delta_net --plan {dir}/plan.json --mode uniform -o {dir}/x", 3,
            "mismatch", "made for another model");
        row("ids file missing", "forward {demo} --ids {dir}/ids -o {dir}/o", 3, "not-found", "ids");
        row("ids key missing",
            "forward {demo} --ids {fixtures}/models/delta_net/reference.safetensors:nokey -o {dir}/o", 3,
            "not-found", "no tensor \"nokey\"");
        row("ids of another kind",
            "forward {demo} --ids {fixtures}/models/delta_net/reference.safetensors:short.logits -o {dir}/o",
            3, "bad-data", "token ids should be int64 of shape [b, t]");
        row("output without a folder", "plan {demo} --method l1 --ratio 0.5 -o {dir}/no/where/p", 3,
            "not-found", "create it first");
        row("output is a folder", "plan {demo} --method l1 --ratio 0.5 -o {dir}", 3, "already-exists",
            "is a folder");
        row("no export to verify", "verify {dir}/none --against {demo} --plan {dir}/plan.json", 3,
            "not-found", "none");
        row("nothing known of the export", "verify {demo} --against {demo}", 3, "not-found", "--plan");
    }
    void rejected()
    {
        QFETCH(QString, command);
        QFETCH(int, exitCode);
        QFETCH(QString, code);
        QFETCH(QString, phrase);
        check(run(command), exitCode, code, phrase);
    }

    /// Without --json nothing but the sentence appears, and not on stdout.
    void sentenceOnly()
    {
        const CliRun plain = runCli({ q("inspect"), text(path("nowhere")) });
        QCOMPARE(plain.exitCode, 3);
        QCOMPARE(plain.out, std::string());
        QVERIFY(plain.err.starts_with("error: ") && plain.err.ends_with(".\n"));
        QCOMPARE(std::count(plain.err.begin(), plain.err.end(), '\n'), std::ptrdiff_t(1));
    }

    /// Checkpoints that headers or config show to be broken: exit code 3 and the phrases of each case.
    void brokenCheckpoints_data()
    {
        QTest::addColumn<int>("index");
        int index = 0;
        for (const BrokenCase& broken : allBroken()) {
            QTest::newRow(broken.name.c_str()) << index++;
        }
    }
    void brokenCheckpoints()
    {
        QFETCH(int, index);
        const BrokenCase broken = allBroken()[std::size_t(index)];
        const fs::path folder = path("broken");
        fs::create_directory(folder);
        broken.write(folder);
        // Only reading the weights shows what is wrong with some; ids need no tokenizer.
        const QString ids = q("{fixtures}/models/delta_net/reference.safetensors:short.input_ids");
        const CliRun outcome = broken.by == BrokenBy::Headers
            ? run(q("inspect {dir}/broken"))
            : run(q("forward {dir}/broken -o {dir}/out --ids ") + ids);
        QVERIFY2(outcome.exitCode == 3, outcome.report().c_str());
        const json result = outcome.json();
        QVERIFY2(result.contains("error"), outcome.report().c_str());
        const std::string said = lower(outcome.err + outcome.out);
        for (const std::string& phrase : broken.phrases) {
            QVERIFY2(said.find(lower(json(phrase).dump()).substr(1, json(phrase).dump().size() - 2))
                             != std::string::npos
                         || lower(outcome.err).find(lower(phrase)) != std::string::npos,
                     (phrase + " is not in: " + outcome.report()).c_str());
        }
        QVERIFY(!fs::exists(path("out")));
    }

    void existingTarget()
    {
        fs::create_directory(path("there"));
        write(path("there") / "precious.txt", "keep me");
        check(run(q("export {demo} --plan {dir}/plan.json --mode uniform -o {dir}/there")), 3,
              q("already-exists"), q("--overwrite"));
        QVERIFY(fs::exists(path("there") / "precious.txt"));
    }

    void readOnlyTarget()
    {
        if (mount("none", text(path("")).toUtf8().constData(), "tmpfs", 0, "size=1m") != 0) {
            QSKIP("mounting a file system needs root");
        }
        const fs::path folder = path("");
        QFile plan(text(path("plan.json")));
        QVERIFY(plan.open(QIODevice::WriteOnly));
        plan.write(m_plan);
        plan.close();
        mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
        const CliRun planned = run(q("plan {demo} --method l1 --ratio 0.5 -o {dir}/p"));
        const CliRun exported = run(q("export {demo} --plan {dir}/plan.json --mode uniform -o {dir}/x"));
        umount2(folder.c_str(), MNT_DETACH);
        check(planned, 3, q("io"), q("cannot be written to"));
        check(exported, 3, q("io"), q("read-only"));
    }

    /// A file system too small for the result: a sentence, and not a byte left.
    void fullDisk()
    {
        fs::create_directory(path("small"));
        if (mount("none", path("small").c_str(), "tmpfs", 0, "size=64k") != 0) {
            QSKIP("mounting a file system needs root");
        }
        const CliRun forward = run(
            q("forward {fixtures}/models/delta_net --ids {fixtures}/models/delta_net/reference.safetensors:"
              "long.input_ids --hidden --states --dtype fp64 -o {dir}/small/out"));
        const CliRun exported
            = run(q("export {demo} --plan {dir}/plan.json --mode uniform -o {dir}/small/x"));
        const bool empty = fs::is_empty(path("small"));
        umount2(path("small").c_str(), MNT_DETACH);
        QVERIFY(empty);
        check(exported, 3, q("disk-full"), q("space"));
        check(forward, 3, q("disk-full"), q("space"));
    }

    void noGpu()
    {
        if (fs::exists("/proc/driver/nvidia/version")) {
            QSKIP("this machine has a GPU");
        }
        check(run(q("evaluate {demo} --text {text} --device cuda")), 5, q("device-failure"),
              q("no gpu can be used"));
    }

private:
    [[nodiscard]] fs::path path(const char* name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }

    static const std::vector<BrokenCase>& allBroken()
    {
        static const std::vector<BrokenCase> cases = [] {
            std::vector<BrokenCase> all = brokenFiles();
            for (auto more : { brokenTensors(), brokenConfigs() }) {
                all.insert(all.end(), more.begin(), more.end());
            }
            return all;
        }();
        return cases;
    }

    [[nodiscard]] CliRun run(QString command) const
    {
        command.replace(q("{dir}"), m_folder->path());
        command.replace(q("{demo}"), text(m_model));
        command.replace(q("{text}"), text(m_text));
        command.replace(q("{fixtures}"), text(fixturesDir()));
        return runCli(command.split(QLatin1Char(' '), Qt::SkipEmptyParts) << q("--json"));
    }

    /// The exit code, the error object, its sentence on stderr, and no file that was not there.
    void check(const CliRun& outcome, int exitCode, const QString& code, const QString& phrase)
    {
        QVERIFY2(outcome.exitCode == exitCode, outcome.report().c_str());
        const json error = outcome.json()["error"];
        QVERIFY2(error.is_object(), outcome.report().c_str());
        QCOMPARE(QString::fromStdString(error["code"].get<std::string>()), code);
        const auto message = error["message"].get<std::string>();
        QVERIFY2(lower(message).find(phrase.toStdString()) != std::string::npos, outcome.report().c_str());
        QVERIFY2(message.ends_with('.'), message.c_str());
        QVERIFY2(outcome.err.find("error: " + message) != std::string::npos, outcome.report().c_str());
        static const std::set<std::string> kOurs
            = { "empty.txt", "short.txt", "latin1.txt", "noplan.json", "notjson.json",
                "plan.json", "made.json", "there",      "small" };
        for (const auto& entry : fs::directory_iterator(path(""))) {
            QVERIFY2(kOurs.count(entry.path().filename().string()) == 1, entry.path().c_str());
        }
    }

    fs::path m_text;
    fs::path m_model;
    QByteArray m_plan;
    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestCliBadInput)
#include "tst_cli_bad_input.moc"
