"""The export panel: which format, which place."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget


class ExportPanel(QWidget):
    """Asks for format and place, and says how the export ended."""

    export_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
