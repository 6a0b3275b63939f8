"""A page for samples that have no viewer of their own."""

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from biofm_desktop.engine.samples import Sample, facts_of

from .named import named, plain_label

_MARGIN = 10


class PlainPage(QWidget):
    """What a sample says of itself, as plain text that can be read, searched by eye and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = plain_label()
        self.title.setProperty("role", "title")
        self.text = named(QPlainTextEdit(readOnly=True), "centre.plain", "The sample as text", "What the sample holds")
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        stack = QVBoxLayout(self)
        stack.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        stack.addWidget(self.title)
        stack.addWidget(self.text)

    def show_sample(self, sample: Sample, note: str = "") -> None:
        """Show a sample's facts; ``note`` is what is known of it besides."""
        (_, key), *facts = facts_of(sample)
        self.title.setText(key[:60] + ("…" if len(key) > 60 else "") + (f"   {note}" if note else ""))
        self.text.setPlainText("\n\n".join(_told(name, text) for name, text in facts))

    def clear(self) -> None:
        """Show nothing."""
        self.title.clear()
        self.text.clear()


def _told(name: str, text: str) -> str:
    return f"{name}:\n{text}" if "\n" in text or len(text) > 80 else f"{name}: {text}"
