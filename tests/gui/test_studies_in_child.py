"""The studies from the dialog to the child that trains, and back: nothing made up."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QSpinBox, QTableWidget

from biofm_desktop.engine.runners import Child
from biofm_desktop.gui.flows.runs import finished
from biofm_desktop.gui.widgets.parallel_plot import ParallelPlot
from tests.gui.study_desk import desk_of

SECONDS = 120_000


@pytest.fixture
def desk(qtbot, tmp_path):
    """A desk over sequences that are rich in G and C or not, the last ones without a label; two epochs with a GRU."""
    chance, rows = np.random.default_rng(0), []
    for number in range(48):
        share = 0.2 if number % 2 else 0.8
        letters = "".join(chance.choice(list("ACGT"), 30, p=[(1 - share) / 2, share / 2, share / 2, (1 - share) / 2]))
        label = "" if number >= 40 else "poor" if number % 2 else "rich"
        rows.append(f"s{number},{letters},{label},animal {number % 8}")
    path = tmp_path / "promoters.csv"
    path.write_text("\n".join(["id,sequence,label,animal", *rows]) + "\n")
    with desk_of(qtbot, path, Child(cold=True)) as made:
        combo = made.panel.findChild(QComboBox, "train.model")
        combo.setCurrentIndex(combo.findData("gru"))
        made.panel.findChild(QSpinBox, "train.options.epochs").setValue(2)
        made.panel.findChild(QSpinBox, "train.options.batch_size").setValue(8)
        made.panel.findChild(QLineEdit, "train.options.learning_rate").setText("0.005")
        yield made


def ended(desk):
    """Wait until the study has ended; return what its dialog says."""
    desk.qtbot.waitUntil(lambda: desk.find(QPushButton, "start").isEnabled(), timeout=SECONDS)
    return desk.status()


@pytest.mark.slow
def test_folds_trials_and_a_student_are_trained_and_shown(desk):
    desk.open("cross_validate")
    groups = desk.find(QComboBox, "group")
    desk.wait(lambda: groups.findData("animal") > 0)
    groups.setCurrentIndex(groups.findData("animal"))
    desk.find(QSpinBox, "folds").setValue(2)
    desk.click("start")
    assert "over 2 folds" in ended(desk), desk.failures
    assert [row[:2] for row in desk.cells()] == [["Fold 1", "done"], ["Fold 2", "done"], ["Mean ± spread", "of 2"]]
    desk.click("close")

    desk.open("search")
    options = desk.find(QTableWidget, "options")
    for row in range(options.rowCount()):
        ticked = options.item(row, 0).text() == "Learning rate"
        options.item(row, 0).setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
    desk.find(QSpinBox, "trials").setValue(2)
    desk.click("start")
    assert "Best of 2 trials" in ended(desk), desk.failures
    desk.find(QSpinBox, "trials").setValue(3)
    desk.click("start")
    assert "Best of 3 trials" in ended(desk), desk.failures
    assert len(desk.cells()) == len(desk.find(ParallelPlot, "plot").lines) == 3
    best = next(row for row in desk.cells() if row[1] == "best")
    with desk.qtbot.waitSignal(desk.flow.run_finished, timeout=SECONDS) as told:
        desk.click("train")
    assert desk.panel.findChild(QLineEdit, "train.options.learning_rate").text().startswith(best[4][:5])
    teacher = told.args[0]
    desk.click("close")

    desk.open("distill")
    assert desk.find(QComboBox, "teacher").currentText().startswith(teacher.name)
    student = desk.find(QComboBox, "student")
    student.setCurrentIndex(student.findData("rnn"))
    with desk.qtbot.waitSignal(desk.flow.run_finished, timeout=SECONDS) as told:
        desk.click("start")
    assert "Trained for 2 epochs" in ended(desk), desk.failures
    assert finished(desk.project.runs()) == [teacher, told.args[0]]
    assert desk.failures == []
