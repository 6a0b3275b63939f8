"""The window: opens fast and without torch, opens data of every kind, labels it, remembers, and closes cleanly."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from biofm_desktop.engine.events import Finished, Started
from biofm_desktop.engine.predictions import ClassPrediction, CurvePrediction, ValuePrediction
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.gui.actions import specs
from biofm_desktop.gui.app import make_window
from biofm_desktop.gui.dialogs.closing import ClosingDialog

from .conftest import letters, picture

FIXED_NAMES = """
    action.open action.open_folder action.export action.undo action.redo samples.list samples.next samples.previous
    sequence.view train.task train.model train.options train.freeze train.start train.pause train.stop train.plot
    train.status predict.scope predict.start predict.table export.format export.path export.start jobs.list
"""


def run_python(code: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, as a window that is the first of its process."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, cwd=folder, env=env)


def opened(window, qtbot, path):
    window.open_paths([path])
    qtbot.waitUntil(lambda: window.ready and window.project is not None, timeout=30000)


def test_the_window_is_made_without_torch_napari_or_pandas(tmp_path):
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from biofm_desktop.gui.app import make_window; window = make_window(None); window.show(); app.processEvents();"
        "heavy = [m for m in ('torch', 'napari', 'pandas', 'triton') if m in sys.modules];"
        "print(heavy); window.close(); sys.exit(bool(heavy))"
    )
    done = run_python(code, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_names_that_others_rely_on_are_there(window):
    for name in FIXED_NAMES.split():
        assert window.findChild(QAction, name) or window.findChild(QWidget, name), name


def test_every_action_has_a_name_a_key_and_a_tip_and_no_two_share_a_key(window):
    keys: dict[str, str] = {}
    for action in [*window.commands.values(), *window.number_keys, *window.panels.actions()]:
        assert "." in action.objectName()
        assert action.toolTip()
        assert action.shortcuts(), action.objectName()
        for key in action.shortcuts():
            text = key.toString(QKeySequence.SequenceFormat.PortableText)
            assert keys.setdefault(text, action.objectName()) == action.objectName(), text
    assert len({spec.name for spec in specs()}) == len(specs())


def test_no_key_of_a_panel_clashes_with_one_of_the_window(window, make_project):
    window.bench.set_project(make_project(letters("a")))
    window.centre.viewer.make()
    window._hang_napari_menus()
    owners: dict[str, set[int]] = {}
    for action in window.findChildren(QAction):
        for key in action.shortcuts():
            owners.setdefault(key.toString(), set()).add(id(action))
    for shortcut in window.findChildren(QShortcut):
        owners.setdefault(shortcut.key().toString(), set()).add(id(shortcut))
    assert [key for key, found in owners.items() if len(found) > 1] == []


def test_every_input_of_our_panels_has_a_name_and_a_tip(window):
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QAbstractItemView)
    for panel in (window.samples, window.annotation, window.messages, window.centre.welcome):
        for widget in panel.findChildren(QWidget):
            inner = isinstance(widget.parentWidget(), QComboBox | QLineEdit) or "Private" in type(widget).__name__
            inner = inner or "Private" in widget.parentWidget().metaObject().className()
            if isinstance(widget, kinds) and not inner and not isinstance(widget, QScrollBar):
                assert widget.objectName(), widget
                assert widget.accessibleName(), widget.objectName()
                assert widget.toolTip(), widget.objectName()


def test_a_folder_of_images_opens_and_shows_the_first(window, qtbot, images_folder):
    opened(window, qtbot, images_folder)
    assert window.samples.model.rowCount() == 3
    assert window.bench.key == window.samples.current_key() == window.centre.viewer.key
    assert window.centre.currentWidget() is window.centre.viewer
    assert "nuclei" in window.windowTitle()


def test_next_and_previous_walk_through_the_list_and_stop_at_its_ends(window, qtbot, make_project):
    window.bench.set_project(make_project(*(letters(key) for key in "abc")))
    window.commands["samples.previous"].trigger()
    assert window.bench.key == "a"
    for _ in range(3):
        window.commands["samples.next"].trigger()
    assert window.bench.key == window.samples.current_key() == "c"


def test_a_class_key_labels_a_sequence_keeps_it_and_goes_on(window, qtbot, make_project):
    project = make_project(letters("a", target="x"), letters("b", target="y"), letters("c"))
    window.bench.set_project(project)
    window.bench.show("b")
    window.number_keys[1].trigger()
    assert project.sample("b").target == "x"
    assert window.bench.key == "c"
    window.number_keys[2].trigger()
    assert project.sample("c").target == "y"
    window.commands["action.undo"].trigger()
    window.commands["action.undo"].trigger()
    assert project.sample("b").target == "y"
    assert window.bench.key == "b"


def test_number_keys_typed_into_a_field_choose_no_class(window, qtbot, make_project):
    project = make_project(letters("a", target="x"), letters("b", target="y"))
    window.bench.set_project(project)
    field = window.findChild(QLineEdit, "samples.filter")
    window.activateWindow()
    field.setFocus()
    qtbot.keyClicks(field, "2n")
    assert field.text() == "2n"
    assert project.undo_text is None


def test_the_list_of_classes_grows_and_renames_everywhere(window, make_project):
    project = make_project(letters("a", target="x"), letters("b", target="y"))
    window.bench.set_project(project)
    window.annotation.class_added.emit("z")
    assert window.annotation.classes.names() == ["x", "y", "z"]
    window.annotation.class_renamed.emit("x", "better")
    assert window.annotation.classes.names() == ["better", "y", "z"]
    assert project.sample("a").target == "better"


def test_a_number_is_kept_as_what_is_to_be_learnt(window, qtbot, make_project):
    project = make_project(letters("a", target=0.5), letters("b", target=1.5))
    window.bench.set_project(project)
    assert window.annotation.value.isVisibleTo(window)
    window.annotation.value.setText("2.25")
    qtbot.keyClick(window.annotation.value, Qt.Key.Key_Return)
    assert project.sample("a").target == 2.25


def test_a_correction_that_cannot_be_kept_is_told_and_the_canvas_goes_back(window, qtbot, make_project, monkeypatch):
    project = make_project(picture("a", mask=True))
    window.bench.set_project(project)
    qtbot.waitUntil(lambda: window.ready and window.centre.viewer.key == "a", timeout=30000)
    monkeypatch.setattr(project, "folder", Path("/proc/nowhere"))
    label = window.centre.viewer.napari.layers["label"]
    before = label.data.copy()
    label.fill((5, 5), 1)
    qtbot.waitUntil(lambda: window.desk.dialog is not None)
    qtbot.waitUntil(lambda: np.array_equal(label.data, before))
    assert "/proc/nowhere" in window.desk.dialog.message.text()


def test_predictions_show_in_the_list_above_the_image_and_as_tracks(window, make_project):
    window.bench.set_project(make_project(letters("a"), letters("b")))
    scores = np.linspace(0, 1, 80, dtype=np.float32)
    window.bench.add_predictions(
        [CurvePrediction("a", scores, "promoter"), ClassPrediction("b", "x", 0.9, {"x": 0.9, "y": 0.1})]
    )
    assert window.samples.model.predicted["b"] == "x (90% sure)"
    window.bench.show("b")
    window.commands["annotate.accept"].trigger()
    assert window.project.sample("b").target == "x"
    window.bench.add_predictions([ValuePrediction("b", 3.5)])
    window.commands["annotate.accept"].trigger()
    assert window.project.sample("b").target == 3.5


def test_a_file_that_cannot_be_opened_is_told_once_and_changes_nothing(window, qtbot, tmp_path, make_project):
    window.bench.set_project(make_project(letters("a")))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    window.open_paths([broken])
    qtbot.waitUntil(lambda: window.ready and window.desk.dialog is not None, timeout=20000)
    assert "broken.png" in window.desk.dialog.message.text()
    assert window.bench.key == "a"


def test_a_sequence_table_opens_in_the_sequence_panel(window, qtbot, sequences_file):
    opened(window, qtbot, sequences_file)
    assert window.centre.currentWidget() is window.centre.sequence
    assert window.annotation.classes.names() == ["other", "promoter"]


def test_a_feature_drawn_by_the_user_is_kept(window, make_project):
    from biofm_desktop.engine.samples import Feature

    project = make_project(letters("a"))
    window.bench.set_project(project)
    window.centre.sequence.feature_added.emit(Feature(10, 20, "exon", "new"))
    assert [f.name for f in project.sample("a").features] == ["abc", "new"]


def test_what_is_dropped_is_opened(window, qtbot, sequences_file):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(sequences_file))])
    left = Qt.MouseButton.LeftButton
    event = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, data, left, Qt.KeyboardModifier.NoModifier, QEvent.Type.Drop
    )
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.ready and window.project is not None, timeout=20000)
    assert len(window.project.dataset) == 6


def test_the_open_dialogs_open_what_is_chosen_and_it_is_remembered(window, qtbot, monkeypatch, sequences_file):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args: ([str(sequences_file)], ""))
    window.commands["action.open"].trigger()
    qtbot.waitUntil(lambda: window.ready and window.project is not None, timeout=20000)
    assert window.memory.recent()[0] == (sequences_file.resolve(),)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "")
    window.commands["action.open_folder"].trigger()
    assert window.ready


def test_export_brings_its_panel_to_the_front(window):
    window.commands["action.export"].trigger()
    assert not window.work.export.visibleRegion().isEmpty()


def test_the_theme_changes_at_once_and_is_kept(window):
    before = load_settings().theme
    window.commands["action.theme"].trigger()
    assert load_settings().theme != before
    window.commands["action.theme"].trigger()
    assert load_settings().theme == before


@pytest.mark.parametrize("name", ["action.settings", "action.shortcuts", "action.about", "action.open_sample"])
def test_each_dialog_opens_and_closes(window, qtbot, name):
    window.commands[name].trigger()
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    QApplication.activeModalWidget().reject()
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)


class Endless:
    """A stand-in for the child: its job runs until it is stopped, and then says that it saved."""

    def start(self):
        """Nothing to start."""

    def close(self):
        """Nothing to close."""

    def run(self, job):
        """Return a run."""
        import threading

        stopped = threading.Event()

        class Run:
            def __iter__(self):
                yield Started("endless")
                stopped.wait(20)
                yield Finished("saved", stopped=True)

            def stop(self):
                stopped.set()

            pause = resume = kill = stop

        return Run()


def test_closing_while_a_job_runs_asks_first_then_stops_and_saves(qtbot):
    window = make_window(None)
    window.jobs._runner = Endless()
    window.show()

    class Job:
        title = "endless"

    handle = window.jobs.submit(Job())
    qtbot.waitUntil(lambda: handle.state == "running" and bool(handle.events))
    window.close()
    assert window.isVisible()
    dialog = window.findChild(ClosingDialog)
    dialog.reject()
    assert window.isVisible()
    assert handle.state == "running"
    window.close()
    began = time.monotonic()
    window.findChildren(ClosingDialog)[-1].accept()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10000)
    assert time.monotonic() - began < 10
    assert handle.state == "stopped"
    window.deleteLater()


@pytest.mark.parametrize("times", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_windows_open_and_close_again_and_again_without_a_trace(tmp_path, times):
    code = """
import gc, sys
import numpy as np
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.samples import Dataset, ImageSample, LazyImage
from biofm_desktop.gui.app import make_window
application = QApplication([])
pixels = np.arange(2400).reshape(40, 60)
sample = ImageSample(key="a", pixels=LazyImage.of(pixels), mask=LazyImage.of((pixels > 9).astype(np.uint8)))
for number in range(int(sys.argv[1])):
    window = make_window(None)
    window.show()
    if number % 3 == 0:  # napari takes seconds
        window.bench.set_project(Project(Path("p"), [Path("x")], Dataset("d", (sample,)), None))
        assert window.wait_until_ready()
    window.close()
    window.deleteLater()
    del window
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
print("done")
"""
    done = run_python(code, str(times), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "done" in done.stdout
    for word in ("already deleted", "Traceback", "QThread", "Segmentation"):
        assert word not in done.stderr


def test_the_program_opens_what_it_is_given_and_ends_with_status_0(tmp_path, sequences_file):
    code = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from biofm_desktop.gui import app
def look():
    window = QApplication.topLevelWidgets()
    window = next(w for w in window if w.objectName() == "window")
    if window.project is not None and window.centre.viewer.napari is not None:
        print(len(window.project.dataset))
        window.close()
    else:
        QTimer.singleShot(50, look)
made = app._framed
app._framed = lambda: (made(), QTimer.singleShot(50, look))[0]
sys.exit(app.main([Path(sys.argv[1])]))
"""
    done = run_python(code, str(sequences_file), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "6"
    assert "Traceback" not in done.stderr
    assert "already deleted" not in done.stderr


def test_the_layout_is_remembered(qtbot):
    first = make_window(None)
    first.show()
    first.panels.docks["messages"].hide()
    first.close()
    second = make_window(None)
    second.show()
    assert second.panels.docks["messages"].isHidden()
    assert not second.panels.docks["samples"].isHidden()
    second.commands["action.reset_layout"].trigger()
    assert not second.panels.docks["messages"].isHidden()
    second.close()
    first.deleteLater()
    second.deleteLater()
