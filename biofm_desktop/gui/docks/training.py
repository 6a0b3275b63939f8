"""The training panel: what to learn, with which model, and the buttons to start and end it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class TrainingPanel(QWidget):
    """Says what the user wants trained; knows no job."""

    task_changed = Signal(str)
    model_changed = Signal(str)
    freeze_requested = Signal()
    start_requested = Signal()
    pause_requested = Signal()
    stop_requested = Signal()
    command_requested = Signal()
    run_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
