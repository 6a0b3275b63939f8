"""A pinned sample in the window: pin it by a key, train in the child, look at each epoch, and again from the folder."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSlider, QTabWidget, QWidget

from biofm_desktop.engine.previews import looks_of
from biofm_desktop.gui.app import make_window
from biofm_desktop.gui.flows.training_flow import TrainingFlow
from biofm_desktop.gui.widgets.preview_view import PreviewView

from ..engine.made_up import painted_folder

MINUTE = 60_000


@pytest.fixture
def window(qtbot):
    made = make_window(None)
    qtbot.addWidget(made)
    made.add_work()
    made.show()
    yield made
    made.jobs.close(save=False)
    made.close()


@pytest.mark.slow
def test_pin_train_and_look_back(window, qtbot, tmp_path):
    window.open_now(painted_folder(tmp_path / "discs", 6, 48))
    assert window.wait_until_ready()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.samples.list.setFocus()
    qtbot.keyClick(window.samples.list, Qt.Key.Key_P)
    assert window.samples.pinned == ("disc0",)
    flow = window.findChild(TrainingFlow)
    qtbot.waitUntil(window.findChild(QPushButton, "train.start").isEnabled, timeout=MINUTE)
    for name, value in (("epochs", 3), ("batch_size", 4)):
        window.findChild(QWidget, f"train.options.{name}").setValue(value)
    tabs = window.findChild(QTabWidget, "plots.tabs")
    tabs.setCurrentWidget(window.work.plots.previews)
    words, slider = window.findChild(QLabel, "previews.words"), window.findChild(QSlider, "previews.epoch")
    qtbot.mouseClick(window.findChild(QPushButton, "train.start"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: words.text().startswith("Epoch 1 of"), timeout=2 * MINUTE)
    assert not flow.handle.ended, "the first epoch is shown while the training goes on"
    qtbot.waitUntil(lambda: flow.handle.ended and words.text().startswith("Epoch 3 of 3"), timeout=2 * MINUTE)
    run = Path(flow.handle.job.out)
    assert "--pin disc0" in " ".join(flow.handle.job.command())
    said = [look.text for look in looks_of(run)]
    window.work.plots.previews.clear()
    window.work.open_run(run)
    qtbot.waitUntil(lambda: words.text().startswith("Epoch 3 of 3"), timeout=MINUTE)
    view = window.findChild(PreviewView, "previews.view")
    seen, spent = [], []
    for epoch in (1, 2, 3):
        began = time.perf_counter()
        slider.setValue(epoch)
        spent.append(time.perf_counter() - began)
        seen.append(view.grab().toImage())
        assert said[epoch - 1][:20] in words.text()
    assert seen[0] != seen[2]
    print(f"\nanother epoch after {max(spent) * 1000:.1f} ms")
