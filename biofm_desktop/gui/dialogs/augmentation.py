"""Which changes by chance a training makes to its samples, shown on one of the user's own as they are set."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.tasks import Task
from biofm_desktop.gui.widgets.augmentation_list import AugmentationList
from biofm_desktop.gui.widgets.augmented_view import AugmentedView
from biofm_desktop.gui.widgets.named import named, plain_label

#: A preview is asked for once nothing was changed for so long.
PATIENCE_MS = 250


class AugmentationDialog(QDialog):
    """Values in, values out; ``preview_wanted`` gives values and a seed whose preview is to be shown.

    ``apply_requested`` asks for a change of the training under way.
    """

    preview_wanted = Signal(dict, int)
    apply_requested = Signal(dict)

    def __init__(
        self, task: type[Task], values: Mapping[str, Any], key: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation.dialog")
        self.setWindowTitle(f"Augmentation: {task.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._seed = 0
        self.list, self.view = AugmentationList(task), AugmentedView()
        self.status = named(plain_label(), "augmentation.status", "Preview", "What the preview shows")
        self.status.setProperty("role", "faint")
        self._again = named(
            QPushButton("Again"), "augmentation.again", "Again", "Show other versions, drawn by another chance"
        )
        self._buttons = self._make_buttons()
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._timer.timeout.connect(self._ask)
        self.list.changed.connect(self._timer.start)
        self._again.clicked.connect(self._draw_again)
        self._lay_out(key)
        self.show_running(running=False)
        self.list.set_values(values)

    def values(self) -> dict[str, Any]:
        """Return the value of every augmentation."""
        return self.list.values()

    def show_preview(self, result: dict[str, Any]) -> None:
        """Show what a preview job wrote."""
        self.view.show_preview(result)
        self._say("")

    def show_waiting(self, words: str) -> None:
        """Say that a preview is being made."""
        self._say(words)

    def show_fault(self, words: str) -> None:
        """Say why there is no preview."""
        self._say(words, "error")

    def show_running(self, *, running: bool) -> None:
        """Offer to change the training under way, where there is one."""
        self._apply.setVisible(running)

    def _say(self, words: str, role: str = "faint") -> None:
        self.status.setText(words or "Outlines and marks show where the label or the letters went.")
        self.status.setProperty("role", role)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)

    def _ask(self) -> None:
        self.preview_wanted.emit(self.values(), self._seed)

    def _draw_again(self) -> None:
        self._seed += 1
        self._ask()

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel)
        use, cancel = buttons.button(kinds.Ok), buttons.button(kinds.Cancel)
        use.setText("Use for the next training")
        tip = "Change the training that is under way, from its next step on; the change is marked on its curves"
        self._apply = named(QPushButton("Apply to the running training"), "augmentation.apply", "Apply", tip)
        self._apply.setAutoDefault(False)
        self._again.setAutoDefault(False)
        self._apply.clicked.connect(lambda: self.apply_requested.emit(self.values()))
        buttons.addButton(self._again, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self._apply, QDialogButtonBox.ButtonRole.ApplyRole)
        for button, name, tip in (
            (use, "augmentation.accept", "Train with these from the next training on"),
            (cancel, "augmentation.cancel", "Leave the options as they were"),
        ):
            named(button, name, button.text().replace("&", ""), tip)
        for button in (use, cancel, self._apply, self._again):
            button.setIcon(QIcon())
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _lay_out(self, key: str) -> None:
        shown = plain_label(f"Shown on {key}" if key else "Shown on the first sample that has a label", wrap=False)
        shown.setProperty("role", "faint")
        scroll = QScrollArea(widgetResizable=True)
        scroll.setObjectName("augmentation.scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.list)
        scroll.setMinimumWidth(320)
        right = QVBoxLayout()
        right.addWidget(shown)
        right.addWidget(self.view, 1)
        right.addWidget(self.status)
        both = QHBoxLayout()
        both.setSpacing(14)
        both.addWidget(scroll, 2)
        both.addLayout(right, 3)
        whole = QVBoxLayout(self)
        whole.addLayout(both, 1)
        whole.addWidget(self._buttons)
        self.resize(900, 650)
