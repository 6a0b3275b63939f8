"""The list of jobs and the ways to end them."""

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTableView, QToolButton

from biofm_desktop.engine.events import Failed, Finished, Progress
from biofm_desktop.gui.docks.jobs import JobsPanel
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.job_fakes import FakeRunner, Idle


@pytest.fixture
def center(qtbot):
    made = JobCenter(FakeRunner())
    made.runner = made._runner
    yield made
    made.close(save=False)


@pytest.fixture
def panel(qtbot, center):
    made = JobsPanel(center)
    qtbot.addWidget(made)
    made.resize(700, 220)
    made.show()
    return made


def rows(panel):
    model = panel.findChild(QTableView, "jobs.list").model()
    return [[model.index(r, c).data() for c in range(4)] for r in range(model.rowCount())]


def enabled(panel):
    return [b.objectName().split(".")[1] for b in panel.findChildren(QToolButton) if b.isEnabled()]


def test_jobs_are_listed_the_latest_first(panel, center):
    center.submit(Idle(), title="First")
    center.submit(Idle(), title="Second")
    center.submit(Idle(), title="Not shown", quiet=True)
    assert [row[:2] for row in rows(panel)] == [["Second", "Waiting"], ["First", "Running"]]


def test_progress_and_the_end_are_shown(panel, center, qtbot):
    center.submit(Idle(), title="First")
    qtbot.waitUntil(lambda: bool(center.runner.runs), timeout=2000)
    run = center.runner.runs[0][1]
    run.feed.put(Progress(1, 4, "Predicting"))
    qtbot.waitUntil(lambda: rows(panel)[0][2:] == ["25%", "Predicting"], timeout=2000)
    run.feed.put(Finished("All predicted"))
    qtbot.waitUntil(lambda: rows(panel)[0][1:] == ["Done", "100%", "All predicted"], timeout=2000)
    assert "stop" not in enabled(panel)


def test_the_marked_job_can_be_paused_resumed_stopped_and_killed(panel, center, qtbot):
    center.submit(Idle())
    qtbot.waitUntil(lambda: bool(center.runner.runs), timeout=2000)
    run = center.runner.runs[0][1]
    assert enabled(panel) == ["pause", "stop", "kill", "copy_command"]
    pause = panel.findChild(QToolButton, "jobs.pause")
    pause.click()
    assert (pause.text(), rows(panel)[0][1]) == ("Resume", "Paused")
    pause.click()
    panel.findChild(QToolButton, "jobs.kill").click()
    qtbot.waitUntil(lambda: rows(panel)[0][1] == "Failed", timeout=2000)
    assert run.wishes == ["pause", "resume", "kill"]


def test_a_failure_says_why(panel, center, qtbot):
    center.submit(Idle())
    qtbot.waitUntil(lambda: bool(center.runner.runs), timeout=2000)
    center.runner.runs[0][1].feed.put(Failed("The training process ended unexpectedly."))
    qtbot.waitUntil(lambda: rows(panel)[0][1] == "Failed", timeout=2000)
    assert rows(panel)[0][3] == "The training process ended unexpectedly."


def test_a_job_can_be_copied_as_a_command(panel, center):
    center.submit(Idle(what="two words"))
    panel.findChild(QToolButton, "jobs.copy_command").click()
    assert QGuiApplication.clipboard().text() == "biofm idle 'two words'"
