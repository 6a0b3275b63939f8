"""Text that comes from files is shown as it is, everywhere in the window."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QComboBox, QLabel, QTextEdit, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Feature
from biofm_desktop.gui.widgets.named import plain_tip
from tests.gui.conftest import shared_window, window

__all__ = ["shared_window", "window"]

MARK = "<img src=x>"
_PLAIN = (Qt.TextFormat.PlainText,)


def models(widget: QWidget) -> Iterator[QAbstractItemModel]:
    """Give the model that a widget shows."""
    if isinstance(widget, (QAbstractItemView, QComboBox)) and widget.model() is not None:
        yield widget.model()


def tips(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[str]:
    """Give the tooltips of a model's first rows, with those of their children."""
    flat = isinstance(model, QAbstractListModel)
    for row in range(min(model.rowCount(parent), 50)):
        for column in range(1 if flat else model.columnCount(parent)):
            index = model.index(row, column, parent)
            yield str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
            if not flat and model.hasChildren(index):
                yield from tips(model, index)


def is_plain(tip: str) -> bool:
    """Say whether a tooltip draws no mark of a file: it is no rich text, or all of it was escaped."""
    return not Qt.mightBeRichText(tip) or MARK not in tip


def rich_places() -> list[str]:
    """Return every place of the program where a file's marks would be drawn."""
    found = []
    for widget in QApplication.allWidgets():
        name = f"{type(widget).__name__} {widget.objectName()}"
        if isinstance(widget, QLabel) and widget.textFormat() not in _PLAIN and MARK in widget.text():
            found.append(f"label {name}: {widget.text()[:60]}")
        if isinstance(widget, QTextEdit) and widget.acceptRichText() and "<img" in widget.toHtml():
            found.append(f"text {name}")
        if not is_plain(widget.toolTip()):
            found.append(f"tip {name}: {widget.toolTip()[:60]}")
        for action in widget.actions():
            if not is_plain(action.toolTip()) and widget.property("toolTipsVisible"):
                found.append(f"action of {name}: {action.toolTip()[:60]}")
        for model in models(widget):
            found += [f"item of {name}: {tip[:60]}" for tip in tips(model, QModelIndex()) if not is_plain(tip)]
    return found


def shown(text: str) -> bool:
    """Say whether a text stands in a label, a list or a title of the program: else the search sees nothing."""
    labels = [w.text() for w in QApplication.allWidgets() if isinstance(w, QLabel)]
    items = [
        str(model.index(0, 0).data() or "")
        for w in QApplication.allWidgets()
        for model in models(w)
        if model.rowCount() and isinstance(w, QAbstractItemView)
    ]
    return any(text in words for words in (*labels, *items))


@pytest.fixture
def hostile_images(tmp_path: Path) -> Path:
    """Images and classes whose names are marks of rich text."""
    for label in ("<b>bold", f"{MARK}class"):
        folder = tmp_path / f"{MARK}data" / label
        folder.mkdir(parents=True)
        for number in range(2):
            pixels = np.random.default_rng(number).integers(0, 255, (20, 30), np.uint8)
            Image.fromarray(pixels).save(folder / f"{MARK}{number}.png")
    (tmp_path / f"{MARK}data" / "<b>bold" / f"{MARK}cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path / f"{MARK}data"


def test_the_search_finds_a_rich_label_and_a_rich_tip(qtbot) -> None:
    label = QLabel(f"a {MARK}")
    label.setToolTip(f"b {MARK}")
    qtbot.addWidget(label)
    assert len(rich_places()) == 2
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setToolTip(plain_tip(f"b {MARK}"))
    assert not rich_places()


def test_names_and_classes_of_images_are_shown_as_they_are(window, hostile_images: Path, qtbot) -> None:
    window.show()
    window.open_paths([hostile_images])
    assert window.wait_until_ready()
    assert window.project is not None
    assert len(window.project.dataset) == 4
    qtbot.waitUntil(lambda: shown(MARK), timeout=5000)
    window._show_recent()
    window.show_message(f"a {MARK}")
    assert not rich_places()


def test_a_fault_that_names_such_a_file_is_shown_as_it_is(window, tmp_path: Path) -> None:
    window.show_error(Fault(f"{MARK}.png", f"it is <b>damaged</b> {MARK}", detail=MARK))
    assert window.desk.dialog is not None
    window.desk.dialog.details.show()
    assert not rich_places()
    window.desk.dialog.accept()


def test_names_and_features_of_sequences_are_shown_as_they_are(window, tmp_path: Path, qtbot) -> None:
    path = tmp_path / f"{MARK}.fasta"
    path.write_text(f">{MARK}one <b>words</b>\n{'ACGT' * 20}\n>two\n{'ACGA' * 20}\n")
    window.open_paths([path])
    assert window.wait_until_ready()
    assert window.project is not None
    key = window.project.dataset.samples[0].key
    window.project.set_features(key, [Feature(3, 9, f"{MARK}gene", f"{MARK}name")])
    window.bench.set_project(window.project)
    assert window.wait_until_ready()
    assert shown(MARK)
    assert not rich_places()
