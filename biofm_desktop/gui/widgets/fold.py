"""A part of a form that can be folded away."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget


class Fold(QWidget):
    """A line with an arrow over contents that show only when it is unfolded.

    Not superqt's QCollapsible: that hides by height, so the keyboard walks through fields nobody sees, contents that
    grow later are cut off, and its arrows keep the colour of the theme they were made in.
    """

    def __init__(self, title: str, contents: QLayout, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton()
        self.button.setObjectName(name)
        self.button.setText(title)
        self.button.setAccessibleName(title)
        self.button.setToolTip(f"Show or hide: {title.lower()}")
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._contents = QWidget()
        self.button.clicked.connect(lambda: self.unfold(self._contents.isHidden()))
        self._contents.setLayout(contents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(self._contents)
        self.unfold(False)

    def unfold(self, shown: bool = True) -> None:
        """Show (or hide) the contents."""
        self._contents.setVisible(shown)
        self.button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
