"""The check for leaks in the window: the button, the job and the dialog that names the pairs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QSpinBox, QTableWidget

from biofm_desktop.engine.events import Failed, Finished, Warned
from biofm_desktop.engine.jobs import LeaksJob
from biofm_desktop.engine.leaks import Leak
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.dialogs.leaks import LeaksDialog
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.leaks_flow import LeaksFlow
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.job_fakes import FakeRunner

LEAKS = [
    Leak("equal content", "<b>a</b>", "train", "b", "val"),
    Leak("similar sequence", "c", "train", "d", "test", 0.9512),
]


class Desk:
    """The panel with a flow, a project and a stand-in for the child."""

    def __init__(self, qtbot, project):
        self.runner = FakeRunner()
        self.center = JobCenter(self.runner)
        self.panel = TrainingPanel()
        qtbot.addWidget(self.panel)
        self.panel.show()
        self.flow = LeaksFlow(self.panel, self.center)
        self.qtbot, self.project, self.messages = qtbot, project, []
        self.flow.message.connect(self.messages.append)
        self.flow.set_project(project)

    @property
    def button(self):
        return self.panel.findChild(QPushButton, "train.leaks")

    def check(self):
        self.button.click()
        self.qtbot.waitUntil(lambda: bool(self.runner.runs), timeout=3000)
        return self.runner.runs[-1]

    def dialog(self):
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == "leaks.dialog"), None)


@pytest.fixture
def desk(qtbot, images_folder):
    project = Project.for_data([images_folder])
    made = Desk(qtbot, project)
    yield made
    if made.dialog() is not None:
        made.dialog().close()
    made.center.close(save=False)
    project.close()


def found(*leaks):
    rows = [vars(leak) for leak in leaks]
    counts = {leak.kind: 1 for leak in leaks}
    result = {"count": len(rows), "counts": counts, "samples": 9, "leaks": rows}
    return Finished(f"{len(rows)} leaks among 9 samples" if rows else "No leak among 9 samples", result=result)


def test_the_button_asks_for_the_splits_of_the_next_training(desk):
    assert desk.button.accessibleName()
    assert desk.button.toolTip()
    desk.panel.findChild(QSpinBox, "train.options.seed").setValue(5)
    job, _ = desk.check()
    assert job == LeaksJob(data=(str(desk.project.folder),), seed=5)
    assert not desk.button.isEnabled()


def test_the_pairs_are_named_as_plain_text_and_a_double_click_shows_a_sample(desk):
    _, run = desk.check()
    run.feed.put(Warned("Leak between splits"))
    run.feed.put(found(*LEAKS))
    desk.qtbot.waitUntil(lambda: desk.dialog() is not None, timeout=3000)
    table = desk.dialog().findChild(QTableWidget, "leaks.table")
    texts = [[table.item(row, column).text() for column in range(6)] for row in range(2)]
    assert texts == [
        ["<b>a</b>", "train", "b", "val", "equal content", "1.000"],
        ["c", "train", "d", "test", "similar sequence", "0.951"],
    ]
    assert "<b>" not in table.item(0, 0).toolTip()
    shown = []
    desk.flow.show_sample.connect(shown.append)
    for row, column in ((0, 0), (0, 1), (1, 2), (1, 4)):
        place = table.visualItemRect(table.item(row, column)).center()
        desk.qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        desk.qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert shown == ["<b>a</b>", "<b>a</b>", "d", "d"]
    assert desk.messages == ["2 leaks among 9 samples", "Leak between splits"]
    assert desk.button.isEnabled()


def test_where_there_is_no_leak_a_message_says_so(desk):
    _, run = desk.check()
    run.feed.put(found())
    desk.qtbot.waitUntil(lambda: desk.messages == ["No leak among 9 samples"], timeout=3000)
    assert desk.dialog() is None


def test_a_failure_is_told_and_the_check_can_be_asked_for_again(desk):
    _, run = desk.check()
    with desk.qtbot.waitSignal(desk.flow.failed, timeout=3000) as told:
        run.feed.put(Failed("It cannot be opened", "words"))
    assert told.args == ["It cannot be opened", "words"]
    assert desk.button.isEnabled()


def test_another_project_puts_the_list_away_and_ends_the_check(desk):
    _, run = desk.check()
    run.feed.put(found(*LEAKS))
    desk.qtbot.waitUntil(lambda: desk.dialog() is not None, timeout=3000)
    desk.check()
    desk.qtbot.waitUntil(lambda: len(desk.runner.runs) == 2, timeout=3000)
    desk.flow.set_project(None)
    desk.qtbot.waitUntil(lambda: desk.dialog() is None, timeout=3000)
    assert desk.runner.runs[1][1].wishes == ["stop"]
    assert not desk.button.isEnabled()


def test_the_dialog_can_be_used_by_keyboard(qtbot):
    dialog = LeaksDialog(LEAKS, "2 leaks")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    assert all(w.accessibleName() and w.toolTip() for w in dialog.findChildren(QPushButton))
    shown = []
    dialog.sample_chosen.connect(shown.append)
    dialog.table.setCurrentCell(1, 2)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert shown == ["d"]
    assert dialog.isVisible()
