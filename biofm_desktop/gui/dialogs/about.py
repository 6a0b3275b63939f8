"""Which program this is, on what terms, and on which libraries it stands."""

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from biofm_desktop import __version__
from biofm_desktop.gui.widgets.named import named, plain_label

_LIBRARIES = ("PySide6-Essentials", "napari", "pyqtgraph", "torch", "torchvision", "numpy", "scikit-image", "biopython")


class AboutDialog(QDialog):
    """Shows name, version, licence and libraries."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about.dialog")
        self.setWindowTitle("About BioFM Desktop")
        title = QLabel("BioFM Desktop")
        title.setProperty("role", "heading")
        words = plain_label(_words())
        words.setObjectName("about.text")
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        named(close, "about.close", "Close", "Close")
        buttons.rejected.connect(self.reject)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(22, 20, 22, 14)
        whole.setSpacing(12)
        for part in (title, words, buttons):
            whole.addWidget(part)


def _words() -> str:
    libraries = "\n".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    return (
        f"Version {__version__}, licence BSD-3-Clause.\n\n"
        "Open, annotate, fine-tune, predict, export: foundation models for a lab's images and sequences.\n"
        "Results are for research, not for diagnosis.\n\n"
        f"Python {platform.python_version()}\n{libraries}"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
