"""The dialog of a run's checkpoints."""

import json

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QTableWidget
from safetensors.numpy import save_file

from biofm_desktop.engine.events import EpochDone, to_line
from biofm_desktop.gui.dialogs.checkpoints import CheckpointsDialog


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "job.json").write_text("{}")
    (folder / "metrics.json").write_text(json.dumps({"best_epoch": 2, "validation": {}}))
    lines = []
    for epoch in (1, 2, 3):
        weights = {"conv.weight": np.full((2, 2), float(epoch)), "head.weight": np.full(3, 7.0)}
        save_file(weights, folder / "checkpoints" / f"epoch-{epoch:04d}.safetensors")
        lines.append(to_line(EpochDone(epoch, epoch * 4, 1 / epoch, 0.5 / epoch, {"accuracy": epoch / 4})))
    (folder / "events.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def dialog(run, qtbot):
    made = CheckpointsDialog(run, "accuracy")
    qtbot.addWidget(made)
    made.show()
    return made


def mark(dialog, *rows):
    table = dialog.findChild(QTableWidget, "checkpoints.table")
    table.clearSelection()
    table.setSelectionMode(QTableWidget.SelectionMode.MultiSelection)
    for row in rows:
        table.selectRow(row)


def button(dialog, name):
    return dialog.findChild(QPushButton, f"checkpoints.{name}")


def words(dialog):
    return dialog.findChild(QLabel, "checkpoints.words").text()


def cell(dialog, row, column):
    return dialog.findChild(QTableWidget, "checkpoints.table").item(row, column).text()


def test_it_lists_epochs_with_their_figures_and_marks(dialog):
    assert [cell(dialog, row, 0) for row in range(3)] == ["1", "2", "3"]
    assert cell(dialog, 1, 2) == "0.5000"
    assert cell(dialog, 1, 5) == "best, in use"
    mark(dialog, 0)
    assert "training loss 1" in words(dialog)


def test_two_are_compared(dialog, qtbot):
    mark(dialog, 0, 2)
    assert not button(dialog, "use").isEnabled()
    button(dialog, "compare").click()
    qtbot.waitUntil(lambda: "differ most" in words(dialog), timeout=5000)
    assert "accuracy 0.25 → 0.75" in words(dialog)
    assert "conv 200.0%" in words(dialog)


def test_one_is_used_and_gone_back_from(dialog, run, qtbot):
    mark(dialog, 2)
    with qtbot.waitSignal(dialog.changed):
        button(dialog, "use").click()
    assert cell(dialog, 2, 5) == "in use"
    assert json.loads((run / "metrics.json").read_text())["used_epoch"] == 3
    mark(dialog, 1)
    button(dialog, "use").click()
    assert cell(dialog, 1, 5) == "best, in use"


def test_deleting_asks_and_never_takes_the_best(dialog, run, qtbot):
    mark(dialog, 0, 1)
    assert not button(dialog, "delete").isEnabled()
    mark(dialog, 0)
    button(dialog, "delete").click()
    box = dialog.findChild(QMessageBox, "checkpoints.sure")
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert len(list((run / "checkpoints").iterdir())) == 3
    button(dialog, "delete").click()
    dialog.findChildren(QMessageBox, "checkpoints.sure")[-1].button(QMessageBox.StandardButton.Yes).click()
    qtbot.waitUntil(lambda: len(list((run / "checkpoints").iterdir())) == 2, timeout=3000)


def test_the_sample_on_view_can_be_predicted_with_it(dialog, run, qtbot):
    mark(dialog, 0)
    with qtbot.waitSignal(dialog.show_wanted) as asked:
        button(dialog, "show").click()
    assert asked.args == [str(run), 1]
