"""The export panel: which format, which place."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.exports import Export
from biofm_desktop.gui.theme import icon, theme_bus
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip


class ExportPanel(QWidget):
    """Asks for format and place, and says how the export ended."""

    export_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._formats: dict[str, Export] = {}
        self._base: Path | None = None
        self._written = ""
        self._count = named(plain_label(), "export.count", "What is exported", "How many predictions there are")
        self._format = named(QComboBox(), "export.format", "Format", "Which kind of file to write")
        self._format.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._path = named(QLineEdit(), "export.path", "File or folder", "Where to write it")
        self._browse = named(QToolButton(), "export.browse", "Browse", "Choose the place")
        self._start = named(QPushButton("Export"), "export.start", "Export", "Write the files")
        self._start.setProperty("primary", True)
        self._busy = named(QProgressBar(), "export.progress", "Progress", "The files are being written")
        self._result = named(plain_label(), "export.result", "Result of the export", "How the export ended")
        self._show = named(QPushButton("Open folder"), "export.open_folder", "Open folder", "Show what was written")
        self._lay_out()
        self._connect()
        self.offer((), 0, None)

    def offer(self, formats: Sequence[Export], count: int, base: Path | None) -> None:
        """Offer these formats for so many predictions; ``base`` is the folder for places that the user did not name."""
        chosen = self._format.currentData()
        self._formats, self._base = {entry.name: entry for entry in formats}, base
        self._format.blockSignals(True)
        self._format.clear()
        for entry in formats:
            self._format.addItem(entry.title, entry.name)
        if formats:
            self._format.setCurrentIndex(max(0, self._format.findData(chosen)))
        self._format.blockSignals(False)
        words = (
            f"{count:,} prediction{'s'[: count != 1]} to export" if count else "Nothing to export yet: predict first."
        )
        self._count.setText(words)
        for widget in (self._format, self._path, self._browse, self._start):
            widget.setEnabled(count > 0)
        self._propose()

    def show_busy(self, busy: bool) -> None:
        """Say whether an export is being written."""
        self._start.setEnabled(not busy and bool(self._formats))
        self._busy.setVisible(busy)
        if busy:
            self.show_result("Writing …")

    def show_result(self, words: str, role: str = "", folder: str = "") -> None:
        """Say how the export ended; ``role`` may be ``error`` or ``good``, ``folder`` is where the files are."""
        self._result.setText(words)
        self._result.setProperty("role", role)
        self._result.style().unpolish(self._result)
        self._result.style().polish(self._result)
        self._written = folder
        self._show.setVisible(bool(folder))

    def _propose(self) -> None:
        """Name a place, unless the user did."""
        entry = self._formats.get(self._format.currentData() or "")
        if self._path.isModified() or entry is None or self._base is None:
            return
        name = f"predictions{entry.suffix}" if entry.single else entry.name
        self._path.setText(str(self._base / name))
        self._path.setToolTip(plain_tip(self._path.text()))

    def _ask_place(self) -> None:
        entry = self._formats.get(self._format.currentData() or "")
        if entry is None:
            return
        if entry.single:
            name, _ = QFileDialog.getSaveFileName(self, "Export", self._path.text(), f"{entry.title} (*{entry.suffix})")
        else:
            name = QFileDialog.getExistingDirectory(self, "Export into a folder", self._path.text())
        if name:
            self._path.setText(name)
            self._path.setModified(True)

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self._path, 1)
        place.addWidget(self._browse)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Format", self._format)
        form.addRow("To", place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._count)
        layout.addLayout(form)
        layout.addWidget(self._start)
        self._busy.setRange(0, 0)
        self._busy.setFixedHeight(8)
        for widget in (self._busy, self._result, self._show):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._busy.hide()
        self._show.hide()

    def _connect(self) -> None:
        self._format.currentIndexChanged.connect(self._propose)
        self._browse.clicked.connect(self._ask_place)
        self._start.clicked.connect(self._ask_for_export)
        self._show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._written)))
        theme_bus().changed.connect(self._colour)
        self._colour()

    def _ask_for_export(self) -> None:
        if not self._path.text().strip():
            self.show_result("Name a place first.", "error")
            return
        self.export_requested.emit(self._format.currentData(), self._path.text().strip())

    def _colour(self) -> None:
        self._browse.setIcon(icon("folder-open-outline"))
