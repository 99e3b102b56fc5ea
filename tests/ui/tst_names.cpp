// SPDX-License-Identifier: GPL-3.0-or-later
// Names that look like the places of a sentence's own words.
#include "tests/ui/window_bench.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/dialogs/export_preview_tree.h"
#include "ui/document/candidate_history.h"
#include "ui/document/resources.h"
#include "ui/format/menu_text.h"
#include "ui/models/candidate_table_model.h"
#include "ui/panels/compare_panel.h"
#include "ui/plots/rank_plot.h"
#include "ui/widgets/status_strip.h"

#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QMenu>
#include <QTableView>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <filesystem>

using namespace rankscope;
using namespace rankscope::test;
using namespace Qt::StringLiterals;

namespace {

const QString kModel = u"a%2b %1 & %6"_s;
const QString kScored = u"scored %3%1 %2.txt"_s;
const QString kSeen = u"seen %2%4 %1.txt"_s;

std::filesystem::path pathOf(const QString& text)
{
    return std::filesystem::path(text.toStdU16String());
}

} // namespace

class TestNames : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("RANKSCOPE_RESOURCE_DIR", QByteArray::fromStdString((sourceDir() / "resources").string()));
    }

    /// Every name is said as it is, and every number beside it at its place.
    void namesAreSaidAsTheyAre()
    {
        WindowBench bench;
        const QString folder = bench.folder.filePath(kModel);
        std::filesystem::copy(demoDir(), pathOf(folder));
        const QString scored = bench.folder.filePath(kScored);
        const QString seen = bench.folder.filePath(kSeen);
        QVERIFY(QFile::copy(demoEvaluationText(), scored) && QFile::copy(demoCalibrationText(), seen));
        bench.workbench.setEvaluationText(scored);
        bench.workbench.setCalibrationText(seen);
        bench.window.resize(1440, 900);
        bench.window.show();
        bench.window.openFolder(folder);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.overview() != nullptr, kEngineMs);
        bench.workbench.setEvaluationText(scored);
        bench.workbench.setCalibrationText(seen);
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.settled() && bench.workbench.selector() != nullptr
                                     && bench.workbench.baselineTrust() == Trust::Final,
                                 kEngineMs);
        const auto model = bench.window.strip()->modelButton();
        QVERIFY(model->text().contains(kModel));
        QVERIFY(model->shortcut().isEmpty()); // no letter of a name is one
        QCOMPARE(readText(bench.action(u"file.recent.0"_s)->text()), u"Open "_s + folder);
        QVERIFY(std::ranges::any_of(model->menu()->actions(), [&folder](const QAction* action) {
            return action->text() == menuText(folder) && readText(action->text()) == folder;
        }));
        QCOMPARE(readText(u"&Open && &close &"_s), u"Open & close "_s);
        QVERIFY2(model->toolTip().startsWith(folder + u'\n') && model->toolTip().endsWith(u" in 1 file"_s),
                 qPrintable(model->toolTip()));
        const auto tipWith = [&](const QString& words) {
            for (const QLabel* label : bench.window.findChildren<QLabel*>()) {
                if (label->toolTip().contains(words)) {
                    return true;
                }
            }
            return false;
        };
        QVERIFY(tipWith(seen + u"\n2 windows of 64 tokens; "_s));
        QVERIFY(tipWith(kScored + u": 3 windows scored; "_s));
        // A candidate, and the one that it is measured against.
        bench.document.setPruneRatio(0.5, bench.document.newGesture());
        CandidateHistory& history = bench.window.candidates();
        QTRY_VERIFY_WITH_TIMEOUT(bench.workbench.candidateTrust() == Trust::Final && history.currentId() > 0,
                                 kEngineMs);
        history.rename(history.currentId(), u"mine %5 %1"_s);
        history.pin(history.currentId());
        bench.document.setPruneRatio(0.75, bench.document.newGesture());
        QTRY_VERIFY_WITH_TIMEOUT(history.records().size() == 3, kEngineMs);
        history.rename(history.currentId(), u"other %2"_s);
        const QAbstractItemModel* table = bench.window.comparePanel()->table()->model();
        const auto tipOf = [&](const QString& name) {
            for (int row = 0; row < table->rowCount(); ++row) {
                const QModelIndex index = table->index(row, CandidateTableModel::NameColumn);
                if (index.data().toString() == name) {
                    return index.data(Qt::ToolTipRole).toString();
                }
            }
            return QString();
        };
        QTRY_VERIFY_WITH_TIMEOUT(
            tipOf(u"other %2"_s).contains(u"against mine %5 %1, paired over 3 windows"_s), kEngineMs);
        QVERIFY2(tipOf(u"other %2"_s).contains(kScored + u": 3 windows × 64 tokens, fp32, cpu"_s),
                 qPrintable(tipOf(u"other %2"_s)));
        // The export says what of which file.
        bench.window.openExportDialog();
        QTRY_VERIFY_WITH_TIMEOUT(bench.window.exportDialog()->tree()->toText().contains(
                                     u"model.safetensors · 24 tensors changed"_s),
                                 kEngineMs);
        bench.window.exportDialog()->close();
    }

    void tokensAreSaidAsTheyAre()
    {
        FakeDialogs dialogs;
        RankPlot plot(dialogs);
        auto spectra = std::make_shared<TokenSpectra>();
        spectra->layer = 5;
        spectra->valueHeads = 2;
        spectra->rank = 8;
        spectra->tokens = 2;
        spectra->singularValues.assign(2 * 2 * 8, 1.0F);
        spectra->ranks.assign(2 * 2, RankMeasures {});
        spectra->known = { 1, 0 };
        plot.setLabels({ u"%2"_s, u"%2 %1"_s });
        plot.setSpectra(spectra, false);
        QVERIFY2(plot.describe(0, 1).startsWith(u"layer 5, token 1 “%2”, head 1: entropy rank "_s),
                 qPrintable(plot.describe(0, 1)));
        QCOMPARE(plot.describe(1, 0), u"layer 5, token 2 “%2 %1”, head 0: still being computed"_s);
    }
};

QTEST_MAIN(TestNames)
#include "tst_names.moc"
