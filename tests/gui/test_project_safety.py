"""History, saved states, read-only opening, moved and damaged projects, and the start after a crash."""

import json
import os
import shutil
from dataclasses import asdict

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QListWidget, QPushButton

from biofm_desktop.engine import session
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.lock import LOCK, Holder
from biofm_desktop.gui import app as gui_app


@pytest.fixture
def nuclei(window, qtbot, images_folder):
    """Open the three pictures in the window and paint two of them."""
    window.open_now(images_folder)
    assert window.wait_until_ready()
    for number, key in enumerate(("cell_0", "cell_1"), 2):
        window.bench.set_mask(key, np.full((40, 60), number, np.uint8))
    yield window.project
    window.bench.set_project(None)


def dialog(window, name):
    found = [child for child in window.findChildren(QDialog, name) if child.isVisible()]
    return found[-1] if found else None


def test_the_history_lists_corrections_and_a_click_goes_back(window, qtbot, nuclei):
    window.panels.bring("history")
    listed = window.findChild(QListWidget, "history.list")
    qtbot.waitUntil(lambda: listed.count() == 3)
    assert "paint label 3 on cell_1" in listed.item(2).text()
    qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=listed.visualItemRect(listed.item(1)).center())
    qtbot.waitUntil(lambda: "taken back" in listed.item(2).text())
    assert nuclei.sample("cell_1").mask.read().max() == 1
    assert window.commands["action.redo"].text().endswith("paint label 3 on cell_1")


def test_a_saved_state_is_chosen_with_its_picture_and_undone(window, qtbot, nuclei):
    window.commands["action.save"].trigger()
    saved = nuclei.generations()[0]
    assert saved.picture.read_bytes().startswith(b"\x89PNG")
    window.bench.set_mask("cell_0", np.full((40, 60), 9, np.uint8))
    window.commands["action.restore"].trigger()
    restore = dialog(window, "restore.dialog")
    assert restore.list.count() == len(nuclei.generations())
    restore.findChild(QPushButton, "restore.accept").click()
    assert nuclei.sample("cell_0").mask.read().max() == 2
    window.commands["action.undo"].trigger()
    assert nuclei.sample("cell_0").mask.read().max() == 9


def test_closing_a_project_makes_a_saved_state_and_frees_its_lock(window, nuclei):
    folder = nuclei.folder
    assert (folder / LOCK).exists()
    window.bench.set_project(None)
    assert not (folder / LOCK).exists()
    assert Project.open(folder, write=False).generations()[0].reason == "closed"


def test_a_project_held_elsewhere_is_read_only_and_can_be_taken_over(window, qtbot, nuclei):
    folder = nuclei.folder
    window.bench.set_project(None)
    elsewhere = Holder(1, "elsewhere", "2026-11-24T10:00:00", 0.0, "x")
    (folder / LOCK).write_text(json.dumps(asdict(elsewhere)))
    window.open_now(folder)
    holder, button = (
        window.findChild(kind, f"status.{name}") for kind, name in ((object, "holder"), (QPushButton, "take_over"))
    )
    assert holder.text() == "Read only"
    assert "elsewhere" in holder.toolTip()
    window.bench.set_target("x")
    told = window.desk.dialog
    assert "elsewhere" in told.message.text()
    told.accept()
    button.click()
    qtbot.waitUntil(
        lambda: window.project is not None and window.project.holder is None and window.ready, timeout=20_000
    )
    assert holder.isHidden()


def test_opening_the_same_data_again_keeps_every_correction(window, qtbot, nuclei, images_folder):
    window.open_paths([images_folder])
    qtbot.waitUntil(lambda: window.project is not None and window.ready, timeout=20_000)
    assert window.project.holder is None
    assert window.project.sample("cell_1").mask.read().max() == 3


def test_a_damaged_project_offers_its_sound_states(window, qtbot, nuclei):
    window.commands["action.save"].trigger()
    folder = nuclei.folder
    window.bench.set_project(None)
    data = (folder / "project.db").read_bytes()
    (folder / "project.db").write_bytes(data[: len(data) // 2])
    window.open_now(folder)
    offer = dialog(window, "restore.dialog")
    assert offer is not None
    offer.findChild(QPushButton, "restore.accept").click()
    qtbot.waitUntil(lambda: window.project is not None and window.ready, timeout=20_000)
    assert window.project.sample("cell_0").mask.read().max() == 2
    assert list(folder.glob("damaged-*/project.db"))


def test_moved_data_is_found_through_the_dialog(window, qtbot, nuclei, images_folder, tmp_path):
    folder = nuclei.folder
    nuclei._store._keep()
    window.bench.set_project(None)
    (tmp_path / "new").mkdir()
    shutil.move(images_folder, tmp_path / "new" / "nuclei")
    window.open_now(folder)
    find = dialog(window, "relocate.dialog")
    accept = find.findChild(QPushButton, "relocate.accept")
    assert not accept.isEnabled()
    find.path.setText(str(tmp_path / "new"))
    accept.click()
    qtbot.waitUntil(lambda: window.project is not None and window.ready, timeout=20_000)
    assert window.project.sample("cell_1").mask.read().max() == 3


def test_after_a_crash_the_next_start_goes_on_at_the_sample_that_was_shown(window, qtbot, nuclei, monkeypatch):
    window.bench.show("cell_1")
    window.safety._note_place()
    folder = nuclei.folder
    window.bench.set_project(None)
    session._write(session.replace(session._read(), project=str(folder), key="cell_1", ended=False, pid=2**22 + 1))
    gui_app._begin(window, [])
    qtbot.waitUntil(lambda: window.bench.key == "cell_1" and window.ready, timeout=20_000)
    assert dialog(window, "safe_start.dialog") is None
    assert window.project.sample("cell_1").mask.read().max() == 3


def test_after_two_crashes_a_safe_start_is_offered(window, qtbot, nuclei):
    folder = nuclei.folder
    window.bench.set_project(None)
    state = session.Session(project=str(folder), key="cell_0", ended=False, crashes=1, pid=2**22 + 1)
    session._write(state)
    gui_app._begin(window, [])
    offer = dialog(window, "safe_start.dialog")
    assert offer is not None
    offer.findChild(QPushButton, "safe_start.accept").click()
    assert window.project is None
    session._write(session.replace(state, crashes=2))
    gui_app._begin(window, [])
    dialog(window, "safe_start.dialog").findChild(QPushButton, "safe_start.again").click()
    qtbot.waitUntil(lambda: window.project is not None and window.ready, timeout=20_000)


def test_a_session_that_ended_well_or_still_runs_is_left_alone():
    session.begin_session()
    session.note_place(None, "a")
    session.end_session()
    assert session.begin_session().ended
    session._write(session.Session(project="p", ended=False, pid=os.getppid()))
    assert session.begin_session().ended
    assert session._read().pid == os.getppid()
