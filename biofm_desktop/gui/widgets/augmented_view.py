"""A sample and changed versions of it: pictures side by side, or sequences with the changed letters marked."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontDatabase, QPixmap, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QGridLayout, QLabel, QPlainTextEdit, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from biofm_desktop.gui.theme import theme_bus, theme_colours

from .named import named, plain_label

_COLUMNS, _CELLS, _SIDE = 3, 9, 156


class AugmentedView(QStackedWidget):
    """Shows what an `AugmentPreviewJob` wrote."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells = [(self._picture(n), plain_label("", wrap=False)) for n in range(_CELLS)]
        tip = "The sample and changed versions of it; letters that differ are marked"
        self.text = named(QPlainTextEdit(readOnly=True), "augmentation.letters", "Sequences", tip)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._marks: list[int] = []
        pictures = QWidget()
        grid = QGridLayout(pictures)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for place, (picture, title) in enumerate(self._cells):
            cell = QVBoxLayout()
            cell.setSpacing(1)
            title.setProperty("role", "faint")
            cell.addWidget(picture)
            cell.addWidget(title)
            grid.addLayout(cell, *divmod(place, _COLUMNS))
        grid.setRowStretch(_CELLS // _COLUMNS, 1)
        self.addWidget(pictures)
        self.addWidget(self.text)
        theme_bus().changed.connect(self._mark)

    def show_preview(self, result: dict[str, Any]) -> None:
        """Show the result of a preview job, whose files are in its ``folder``."""
        if result["kind"] == "letters":
            self._show_letters(result["rows"])
        else:
            self._show_pictures(Path(result["folder"]), result["rows"])

    def _picture(self, number: int) -> QLabel:
        title = f"Version {number}" if number else "Original"
        label = named(QLabel(), f"augmentation.picture_{number}", title, f"{title}; outlines are those of the mask")
        label.setFixedSize(_SIDE, _SIDE)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    def _show_pictures(self, folder: Path, rows: list[dict[str, Any]]) -> None:
        for (picture, title), row in zip(self._cells, rows):
            pixmap = QPixmap(str(folder / row["file"]))
            picture.setPixmap(
                pixmap.scaled(
                    _SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
                )
            )
            title.setText(row["title"])
        self.setCurrentIndex(0)

    def _show_letters(self, rows: list[dict[str, Any]]) -> None:
        text, self._marks = "", []
        for row in rows:
            text += row["title"] + "\n"
            self._marks += [len(text) + place for place in row["marked"]]
            text += row["letters"] + "\n\n"
        self.text.setPlainText(text.rstrip())
        self._mark()
        self.setCurrentIndex(1)

    def _mark(self) -> None:
        """Mark the changed letters as a selection, not as rich text."""
        look = QTextCharFormat()
        look.setBackground(QColor(theme_colours().accent))
        look.setForeground(QColor(theme_colours().accent_text))
        marks = []
        for place in self._marks:
            mark = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.text.document())
            cursor.setPosition(place)
            cursor.setPosition(place + 1, QTextCursor.MoveMode.KeepAnchor)
            mark.cursor, mark.format = cursor, look
            marks.append(mark)
        self.text.setExtraSelections(marks)
