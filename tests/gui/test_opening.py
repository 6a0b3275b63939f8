"""Opening in the window: by readers aside, with a way to cancel."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from biofm_desktop.engine.opening import open_paths
from biofm_desktop.engine.opening.readers import _Load
from biofm_desktop.gui.workers import open_worker


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    np.save(tmp_path / "a.npy", np.zeros((20, 30), np.uint8))
    return tmp_path / "a.npy"


def test_the_window_reads_files_in_a_process_aside(window, picture: Path) -> None:
    window.open_paths([picture])
    assert window.wait_until_ready()
    assert isinstance(window.project.dataset.samples[0].pixels.load, _Load)
    assert window.opening.readers.process_ids


def test_a_reader_that_ends_is_told_and_the_next_file_opens(window, picture: Path) -> None:
    broken = picture.with_name("broken.tif")
    broken.write_bytes(b"II*\0" + bytes(100))
    window.open_paths([broken])
    assert window.wait_until_ready()
    assert window.desk.dialog is not None
    assert "broken.tif" in window.desk.dialog.message.text()
    window.desk.dialog.accept()
    window.open_paths([picture])
    assert window.wait_until_ready()
    assert window.project.name == "a"


def test_what_is_being_opened_can_be_cancelled(window, picture: Path, qtbot, monkeypatch) -> None:
    begun = []

    def slow(paths):
        while True:  # until the reader is ended under it
            begun.append(open_paths(paths))

    monkeypatch.setattr(open_worker.OpenWorker.__init__, "__defaults__", (None, slow))
    button = window.opening.button
    assert not button.isVisible()
    assert button.shortcut() == QKeySequence(Qt.Key.Key_Escape)
    window.open_paths([picture])
    qtbot.waitUntil(lambda: bool(begun))
    assert button.isVisible()
    qtbot.waitUntil(lambda: button.click() or not window.opening.busy, timeout=10_000)
    assert "was cancelled" in window.statusBar().currentMessage()
    assert window.desk.dialog is None
    assert not button.isVisible()
