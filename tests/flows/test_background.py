"""The window is closed, its training goes on; the next window finds it, and it ends with an unbroken one's weights."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.jobs import TrainJob, job_from_json
from biofm_desktop.engine.jobs.again import from_start
from biofm_desktop.engine.jobs.mailbox import post
from biofm_desktop.engine.runners import Child, entries, kill_entry
from tests.engine.made_up import sequence_table

ROOT = Path(__file__).parents[2]
START = """
    import sys, time
    from pathlib import Path
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QTableView, QToolButton, QWidget
    from biofm_desktop.engine.events import StepDone
    from biofm_desktop.gui import app
    from biofm_desktop.gui.flows.training_flow import TrainingFlow
    from biofm_desktop.gui.main_window import MainWindow

    state = {"stage": "open"}

    def find(window, kind, name):
        return window.findChild(kind, name)

    def tick():
        window = next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)), None)
        if window is not None and window.work is not None:
            look(window, window.findChild(TrainingFlow))
"""
RUN = """
    made = app._application()
    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(50)
    sys.exit(app.main([Path(word) for word in sys.argv[1:]]))
"""
LEAVES = """
    def look(window, flow):
        if window.bench.project is None:
            return
        if state["stage"] == "open" and find(window, QWidget, "train.options.epochs") is not None:
            model = find(window, QComboBox, "train.model")
            model.setCurrentIndex(model.findData("sequence-cnn"))
            find(window, QWidget, "train.options.epochs").setValue(300)
            start = find(window, QPushButton, "train.start")
            start.click()
            print("SAYS", start.text(), flush=True)
            find(window, QWidget, "train.options.epochs").setValue(2)
            start.click()
            state["stage"] = "trains"
        elif state["stage"] == "trains" and any(isinstance(e, StepDone) for e in flow.handle.events):
            print("WAITING", len(window.jobs.waiting), flush=True)
            window.close()
            state["stage"] = "asks"
        elif state["stage"] == "asks":
            button = find(window, QPushButton, "closing.background")
            if button is not None and button.isVisible():
                state["stage"] = "closes"
                QTimer.singleShot(0, button.click)
"""
FINDS = """
    def look(window, flow):
        jobs = [job for job in window.jobs.jobs if job.background]
        if state["stage"] == "open" and len(jobs) == 2 and jobs[0].state == "paused":
            table = find(window, QTableView, "jobs.list")
            table.selectRow(table.model().row_of(jobs[0]))
            print("FOUND", [job.state for job in jobs], flush=True)
            find(window, QToolButton, "jobs.pause").click()
            state["stage"] = "resumed"
        elif state["stage"] == "resumed" and not all(job.ended for job in jobs):
            plots = window.work.plots
            state["points"] = max(state.get("points", 0), len(plots._runs[plots._live].curves["train loss"]))
        elif state["stage"] == "resumed":
            print("ENDED", [job.state for job in jobs], state["points"] > 100, flush=True)
            state["stage"] = "over"
            window.close()
"""


def window(code, *words):
    """Run a window that a script drives, and return what the script says."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(map(textwrap.dedent, (START, code, RUN))), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BIOFM_THREADS": "2"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


@pytest.mark.slow
def test_a_training_and_the_queue_go_on_without_the_window_and_the_next_one_finds_them(tmp_path):
    told = window(LEAVES, sequence_table(tmp_path / "dna.csv"))
    assert (told["SAYS"], told["WAITING"]) == ("Queue", "1")
    try:
        first, second = entries()
        assert (first.standing, second.standing) == ("running", "waiting")
        post(Path(first.folder), {"pause": True})
        told = window(FINDS)
        assert told["FOUND"] == "['paused', 'waiting']"
        assert told["ENDED"] == "['done', 'done'] True"
    finally:
        for entry in entries():
            if entry.standing in ("running", "paused", "stopping"):
                kill_entry(entry)
    job = job_from_json(read_json(Path(first.folder) / "job.json"))
    assert isinstance(job, TrainJob)
    again = from_start(job)
    child = Child(cold=True)  # not here: other flows have opened OpenGL windows in this process
    try:
        list(child.run(again))
    finally:
        child.close()
    made, whole = (load_file(Path(folder) / "model.safetensors") for folder in (first.folder, again.out))
    assert all((made[name] == whole[name]).all() for name in whole)
