// SPDX-License-Identifier: GPL-3.0-or-later
// Help and hints.
#include "core/base/versions.h"
#include "ui/actions/action_registry.h"
#include "ui/actions/definitions.h"
#include "ui/actions/shortcut_sheet.h"
#include "ui/document/workbench.h"
#include "ui/main_window.h"
#include "ui/models/layer_selection.h"
#include "ui/settings/settings.h"
#include "ui/widgets/hint_strip.h"

#include <QAction>
#include <QBoxLayout>
#include <QCoreApplication>
#include <QDialog>
#include <QTextBrowser>
#include <QTextDocument>
#include <QUndoStack>

#include <algorithm>

namespace rankscope {

using namespace Qt::StringLiterals;

void MainWindow::buildHelpActions()
{
    ActionRegistry& actions = *m_actions;
    const QString help = tr("Help");
    actions.add(u"help.definitions"_s, help, tr("&Definitions"), QKeySequence(u"F1"_s),
                [this] { showText(tr("Definitions"), definitionsHtml()); });
    actions.add(u"help.shortcuts"_s, help, tr("&Keyboard shortcuts"), QKeySequence(u"Ctrl+F1"_s),
                [this] { showText(tr("Keyboard shortcuts"), shortcutSheetHtml(*m_actions)); });
    QAction* hints = actions.add(u"help.hints"_s, help, tr("Show &hints"), {}, {});
    hints->setCheckable(true);
    connect(hints, &QAction::toggled, this, [this](bool on) {
        m_services.settings.set(setting::hints, on ? u"on"_s : u"off"_s);
        m_hints->setVisible(on);
        m_hints->start();
    });
    connect(m_hints, &HintStrip::turnedOff, this, [hints] { hints->setChecked(false); });
    m_hints->hide();
    hints->setChecked(m_services.settings.get(setting::hints) != u"off"_s);
    connect(m_services.document.undoStack(), &QUndoStack::indexChanged, this, [this](int index) {
        if (index > 0) {
            m_hints->did(hint::dragFader);
        }
    });
    connect(m_selection, &LayerSelection::headChanged, this, [this] { m_hints->did(hint::chooseHead); });
    actions.add(u"help.about"_s, help, tr("&About Rankscope"), {},
                [this] { showText(tr("About Rankscope"), aboutHtml()); });
}

QString MainWindow::aboutHtml() const
{
    const std::vector<DeviceInfo>& devices = m_services.workbench.devices();
    const bool gpu = std::any_of(devices.begin(), devices.end(),
                                 [](const DeviceInfo& info) { return info.device.kind == DeviceKind::Cuda; });
    const QString cuda = gpu ? QString::fromStdString(cudaRuntimeVersion()) : QString();
    QStringList names;
    for (const DeviceInfo& info : devices) {
        names << QString::fromStdString(info.name).toHtmlEscaped();
    }
    return tr("<h2>Rankscope %1</h2>"
              "<p>A workbench for the recurrent state of linear-attention language models.</p>"
              "<table cellpadding=\"3\"><tr><td>Qt</td><td>%2</td></tr><tr><td>LibTorch</td><td>%3</td></tr>"
              "<tr><td>CUDA</td><td>%4</td></tr><tr><td>Devices</td><td>%5</td></tr></table>"
              "<p>Free software under the GNU General Public License, version 3 or later: you may use, "
              "study, share and "
              "change it; it comes without any warranty. It uses Qt, QCustomPlot, LibTorch, Eigen, "
              "nlohmann/json, fmt, "
              "spdlog, PCRE2, ICU, SentencePiece and OpenSSL.</p>"
              "<p>Method: “The Key to State Reduction in Linear Attention: A Rank-based Perspective”, "
              "arXiv 2602.04852.</p>")
        .arg(QCoreApplication::applicationVersion(), QString::fromUtf8(qVersion()),
             QString::fromStdString(libTorchVersion()), cuda.isEmpty() ? tr("not in use") : cuda,
             names.isEmpty() ? tr("still looking") : names.join(u"<br>"_s));
}

void MainWindow::showText(const QString& title, const QString& html)
{
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* layout = new QVBoxLayout(dialog);
    auto* text = new QTextBrowser(dialog);
    text->setFrameShape(QFrame::NoFrame);
    text->setOpenExternalLinks(true);
    text->setAccessibleName(title);
    text->setHtml(html);
    text->document()->setDocumentMargin(fontMetrics().height());
    layout->addWidget(text);
    // As high as a short text needs.
    const int unit = fontMetrics().height();
    const int wide = unit * 44;
    QTextDocument measured; // the shown one follows its widget, which has no size yet
    measured.setDefaultFont(text->font());
    measured.setDocumentMargin(unit);
    measured.setHtml(html);
    measured.setTextWidth(wide - 3 * unit);
    dialog->resize(wide, std::min(unit * 38, static_cast<int>(measured.size().height()) + 2 * unit));
    dialog->show();
}

} // namespace rankscope
