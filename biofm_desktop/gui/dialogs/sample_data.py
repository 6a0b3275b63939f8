"""Which of the small sample data to try."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from biofm_desktop.gui.theme import icon
from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.paths import resources_dir

_KNOWN = {
    "nuclei": ("Nuclei", "images with masks: paint, correct, segment", "brush"),
    "cells": ("Cells", "images in class folders: sort and classify", "shape-outline"),
    "promoters.csv": ("Promoters", "DNA with classes: classify sequences", "dna"),
    "plasmid.gb": ("Plasmid", "a GenBank record with features: look and annotate", "vector-circle"),
}


def sample_data() -> list[Path]:
    """Return the sample data that came with the program."""
    folder = resources_dir() / "sample_project"
    return [folder / name for name in _KNOWN if (folder / name).exists()]


class SampleDialog(QDialog):
    """Lets the user choose one of the sample data."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample.dialog")
        self.setWindowTitle("Sample project")
        self.setMinimumWidth(440)
        words = plain_label("Small made-up data to try everything with. Your corrections go to a project of your own.")
        words.setProperty("role", "faint")
        self.list = named(QListWidget(), "sample.list", "Sample data", "Sample data; double-click to open")
        self.list.setIconSize(QSize(26, 26))
        self.list.setSpacing(3)
        for path in sample_data():
            title, about, sign = _KNOWN[path.name]
            item = QListWidgetItem(icon(sign), f"{title}\n{about}")
            item.setData(Qt.ItemDataRole.UserRole, path)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        buttons = two_buttons(
            self, Choice("sample.open", "Open", "Open this"), Choice("sample.cancel", "Cancel", "Open nothing")
        )
        buttons.accepted.connect(self._tell)
        self.list.itemDoubleClicked.connect(self._tell)
        stacked(self, [words, self.list, buttons], self.list)

    def _tell(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
            self.accept()
