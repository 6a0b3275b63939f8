"""The plots panel: how a run learns, live, beside earlier runs."""

from PySide6.QtWidgets import QWidget


class PlotsPanel(QWidget):
    """Draws the losses, the metric and the learning rate of runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
