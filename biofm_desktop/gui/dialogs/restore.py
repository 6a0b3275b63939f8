"""Which saved state to go back to."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QWidget

from biofm_desktop.engine.project.generations import Generation
from biofm_desktop.gui.theme import icon
from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import named, plain_label

_PICTURE = QSize(112, 72)


class RestoreDialog(QDialog):
    """Lists the saved states of a project with a picture and counts; tells the one that was chosen."""

    chosen = Signal(object)

    def __init__(self, generations: Sequence[Generation], words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("restore.dialog")
        self.setWindowTitle("Go back to a saved state")
        self.setMinimumSize(560, 420)
        self.list = named(QListWidget(), "restore.list", "Saved states", "Saved states, the newest above")
        self.list.setIconSize(_PICTURE)
        self.list.setSpacing(3)
        for generation in generations:
            picture = QPixmap(str(generation.picture)) if generation.picture else QPixmap()
            sign = QIcon(picture) if not picture.isNull() else icon("content-save-outline")
            counts = ", ".join(f"{count:,} {name}" for name, count in generation.counts.items())
            item = QListWidgetItem(sign, f"{generation.made:%A, %d %B %Y, %H:%M:%S}\n{generation.reason}\n{counts}")
            item.setData(Qt.ItemDataRole.UserRole, generation)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        buttons = two_buttons(
            self,
            Choice("restore.accept", "Go back to this state", "Set every label back to this state"),
            Choice("restore.cancel", "Cancel", "Leave everything as it is"),
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(generations))
        buttons.accepted.connect(self._tell)
        self.list.itemDoubleClicked.connect(self._tell)
        none_yet = plain_label("There is no saved state yet: File, Save a state (Ctrl+S) makes one.")
        stacked(self, [plain_label(words), self.list, *([] if generations else [none_yet]), buttons], self.list)

    def _tell(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))
            self.accept()
