"""What tests of studies share: a training panel with its flow and one dialog, and folders as jobs leave them."""

import json
from contextlib import contextmanager

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QTableWidget

from biofm_desktop.engine.jobs import TrainJob, TuneJob
from biofm_desktop.engine.project import Project
from biofm_desktop.gui.docks.plots import PlotsPanel
from biofm_desktop.gui.docks.training import TrainingPanel
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.workers.job_center import JobCenter
from tests.gui.test_training import Runner


class Desk:
    """The training panel with its flow, and the dialog of one study."""

    area = ""

    def __init__(self, qtbot, project, runner=None):
        self.runner = runner or Runner()
        self.center = JobCenter(self.runner)
        self.panel, self.plots = TrainingPanel(), PlotsPanel()
        for widget in (self.panel, self.plots):
            qtbot.addWidget(widget)
        self.flow = TrainingFlow(self.panel, self.plots, self.center)
        self.flow.set_project(project)
        self.qtbot, self.project = qtbot, project
        self.failures, self.told = [], []
        self.flow.failed.connect(lambda *words: self.failures.append(words))
        self.flow.message.connect(self.told.append)

    def open(self, area):
        self.area = area
        self.panel.findChild(QAction, f"train.studies.{area}").trigger()
        return self

    def press(self, area):
        """Open a dialog that has a button of its own in the panel."""
        self.area = area
        self.panel.findChild(QPushButton, f"train.{area}").click()
        return self

    @property
    def dialog(self):
        name = f"{self.area}.dialog"
        return next((w for w in QApplication.topLevelWidgets() if w.objectName() == name and w.isVisible()), None)

    def find(self, kind, name):
        found = self.dialog.findChild(kind, f"{self.area}.{name}")
        assert found is not None, name
        return found

    def click(self, name):
        self.find(QPushButton, name).click()

    def status(self):
        return self.find(QLabel, "status").text()

    def jobs(self, kind):
        return [(job, run) for job, run in self.runner.runs if isinstance(job, kind)]

    def start(self, kind):
        before = len(self.jobs(kind))
        self.click("start")
        self.wait(lambda: len(self.jobs(kind)) > before)
        return self.jobs(kind)[-1]

    def wait(self, condition):
        self.qtbot.waitUntil(condition, timeout=3000)

    def choose(self, name, place):
        """Choose an entry of a list as a click does."""
        combo = self.find(QComboBox, name)
        combo.setCurrentIndex(place)
        combo.activated.emit(place)

    def cells(self):
        table = self.find(QTableWidget, "table")
        return [
            [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
        ]


@contextmanager
def desk_of(qtbot, source, runner=None):
    """Give a desk over the project of some data, and put it away afterwards."""
    project = Project.for_data([source])
    made = Desk(qtbot, project, runner)
    try:
        yield made
    finally:
        if made.dialog is not None:
            made.dialog.close()
        made.center.close(save=False)
        project.close()


def promoters(folder):
    """Write a table of sequences of two classes, two of each animal; return its path."""
    path = folder / "promoters.csv"
    rows = [f"{'ACGTTGCA' * 5},{'promoter' if n % 2 else 'other'},animal {n // 2}" for n in range(8)]
    path.write_text("sequence,label,animal\n" + "\n".join(rows) + "\n")
    return path


def write_run(project, *, name="unet", task="semantic-segmentation", figure=0.9):
    folder = project.new_run_folder(name)
    card = {"task": task, "model": name, "parameters": 1_234_567, "task_values": {}, "fit": {"epochs": 2}}
    (folder / "card.json").write_text(json.dumps(card))
    (folder / "metrics.json").write_text(json.dumps({"validation": {"dice": figure}, "epochs": 2}))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def write_trials(folder, job, rows):
    """Make the folder of a search as the engine leaves it; the best of the rows has its ``best.json``."""
    (folder / "job.json").write_text(json.dumps(job.to_json()))
    made = [
        {"trial": n, "state": state, "dice": figure, "seconds": 2.0, **values}
        for n, (state, figure, values) in enumerate(rows, 1)
    ]
    (folder / "trials.json").write_text(json.dumps({"metric": "dice", "trials": made}))
    done = [row for row in made if row["state"] == "done"]
    if done:
        best = max(done, key=lambda row: row["dice"])
        values = {name: best[name] for name in rows[0][2]}
        train = TrainJob(**job.plan, out=str(folder / "best"))
        given = {**train.to_json(), "fit_options": {**job.fit_options, **values}}
        (folder / "best.json").write_text(json.dumps(given))


TRIALS = [
    ("done", 0.7, {"learning_rate": 0.01, "batch_size": 8}),
    ("done", 0.9, {"learning_rate": 0.002, "batch_size": 16}),
    ("broken off", 0.4, {"learning_rate": 0.0001, "batch_size": 32}),
    ("failed", None, {"learning_rate": 0.02, "batch_size": 64}),
]
SEARCH = ("learning_rate=0.0001..0.02:log", "batch_size=8,16,32,64")


def search_job(project, folder, **more):
    given = {"task": "semantic-segmentation", "data": (str(project.folder),), "model": "unet", "out": str(folder)}
    return TuneJob(**{**given, "search": SEARCH, "trials": 4, "fit_options": {"epochs": 3}, **more})
