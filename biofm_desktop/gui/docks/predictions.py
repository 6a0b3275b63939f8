"""The predictions panel: what to predict, and a table of what the model said."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class PredictionsPanel(QWidget):
    """Shows predictions; tells which sample to show and which labels to take over."""

    start_requested = Signal()
    stop_requested = Signal()
    show_sample = Signal(str)
    accept_requested = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
