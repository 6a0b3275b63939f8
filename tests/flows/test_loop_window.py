"""Propose, accept, correct, learn, go on: in the window, with the real child, by the names of its parts."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QListView, QPushButton, QWidget
from safetensors.numpy import load_file

from biofm_desktop.gui.app import make_window
from tests.engine.made_up import class_folder

MINUTE = 60_000


@pytest.fixture
def window(qtbot):
    made = make_window(None)
    made.show()
    yield made
    made.jobs.close(save=False)
    made.close()
    made.deleteLater()


@pytest.mark.slow
def test_from_proposals_to_a_model_that_learnt_the_correction(window, qtbot, tmp_path):
    def find(name, kind=QWidget):
        found = window.findChild(kind, name)
        assert found is not None, name
        return found

    def press(name):
        find(name, QAction).trigger()

    def wait(until):
        qtbot.waitUntil(until, timeout=2 * MINUTE)

    window.open_paths([class_folder(tmp_path / "cells", 12)])
    wait(lambda: window.ready and window.project is not None)
    project, bench = window.project, window.bench
    for sample in project.dataset.samples:
        if int(sample.key.lstrip("darklight")) >= 8:
            bench.set_target(None, [sample.key])
    model = find("train.model", QComboBox)
    model.setCurrentIndex(model.findData("biomed-cnn"))
    find("train.options.epochs").setValue(3)
    qtbot.mouseClick(find("train.start", QPushButton), Qt.MouseButton.LeftButton)
    predicting = find("predict.run", QComboBox)
    wait(lambda: bool(predicting.currentData()))
    first = Path(predicting.currentData())
    before = load_file(first / "model.safetensors")

    press("action.suggest")
    proposals = find("next.list", QListView).model()
    wait(lambda: proposals.rowCount() == 8)
    keys = [proposals.index(row).data() for row in range(8)]
    assert not [key for key in keys if project.sample(key).labelled]
    wait(lambda: set(keys) <= bench.predictions.keys())

    press("suggest.next")
    assert bench.key == keys[0]
    assert find("next.reason", QLabel).text()
    answer = bench.prediction.label
    press("suggest.accept")  # the model's answer is right: keep it
    assert project.sample(keys[0]).target == answer
    assert bench.key == keys[1]
    bench.set_target("light" if keys[1].startswith("light") else "dark")  # and here the user says what it is
    assert "2 corrections not learnt yet" in find("loop.status", QLabel).text()
    press("loop.next")
    assert bench.key == keys[2]  # the user goes on at once
    assert "Learning 2 corrections" in find("loop.status", QLabel).text()
    bench.set_target("dark")  # one more, by mistake ...
    press("action.undo")  # ... taken back
    assert not project.sample(keys[2]).labelled

    wait(lambda: predicting.currentData() != str(first))
    second = Path(predicting.currentData())
    assert second.name.endswith("biomed-cnn-corrected")
    curves = window.work.plots._runs  # it was drawn while it learnt, in place of the training before it
    assert list(curves) == [str(second)]
    assert len(curves[str(second)].curves["train loss"]) > 1
    after = load_file(second / "model.safetensors")
    assert any((after[name] != before[name]).any() for name in before)
    assert all((load_file(first / "model.safetensors")[name] == before[name]).all() for name in before)
    wait(lambda: 0 < proposals.rowCount() <= 6)  # the new model proposes of what is left
    asked = [proposals.index(row).data() for row in range(proposals.rowCount())]
    assert not {*keys[:2]} & {*asked}
    wait(lambda: {*keys[:2], *asked} <= {said.key for said in window.work.predict.predictions})
    said = {each.key: each.label for each in window.work.predict.predictions}
    assert {key: said[key] for key in keys[:2]} == {key: project.sample(key).target for key in keys[:2]}

    press("action.undo")  # take back what was learnt: the model from before is in use again
    wait(lambda: predicting.currentData() == str(first))
