"""Where the data of a project lie now."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from biofm_desktop.engine.project.sources import Moved
from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import named, plain_label


class RelocateDialog(QDialog):
    """Asks for a folder under which moved data are looked for, by their contents."""

    chosen = Signal(object)

    def __init__(self, moved: Moved, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("relocate.dialog")
        self.setWindowTitle("Find moved data")
        self.setMinimumWidth(520)
        gone = "\n".join(str(path) for path in moved.gone[:5]) + ("\n…" if len(moved.gone) > 5 else "")
        words = plain_label(
            f"The data of the project {moved.project.name} are not where they were:\n\n{gone}\n\n"
            "Name a folder: its files are compared with what was labelled, by size and content. "
            "Nothing is changed where they do not fit."
        )
        self.path = named(
            QLineEdit(), "relocate.path", "Folder to look in", "Folder to look in, with all folders in it"
        )
        browse = named(QPushButton("Browse…"), "relocate.browse", "Browse", "Choose the folder")
        browse.clicked.connect(self._browse)
        buttons = two_buttons(
            self,
            Choice("relocate.accept", "Find", "Look for the data in this folder"),
            Choice("relocate.cancel", "Cancel", "Leave the project closed"),
        )
        find = buttons.button(QDialogButtonBox.StandardButton.Ok)
        find.setEnabled(False)
        self.path.textChanged.connect(lambda text: find.setEnabled(Path(text).is_dir()))
        buttons.accepted.connect(self._tell)
        asked = QWidget()
        row = QHBoxLayout(asked)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        stacked(self, [words, asked, buttons])

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder that holds the data", self.path.text())
        if name:
            self.path.setText(name)

    def _tell(self) -> None:
        self.chosen.emit(Path(self.path.text()))
        self.accept()
