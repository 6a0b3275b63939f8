"""The signs at the right of the status bar: pointer, device, offline, and who else works on the project."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QStatusBar

from biofm_desktop.engine.settings import Settings

from .theme import theme_colours
from .widgets.named import named, plain_label, plain_tip


class StatusSigns(QObject):
    """Plain labels in the status bar, and the button that takes a project over."""

    take_over = Signal()

    def __init__(self, bar: QStatusBar) -> None:
        super().__init__(bar)
        self.loop, self.pointer, self._device, self._offline, self._holder = (self._label(bar, n) for n in _NAMES)
        tip = "Open this project for writing: only where that program is gone or does not work on it any more"
        self._button = named(QPushButton("Take over"), "status.take_over", "Take over", tip)
        self._button.clicked.connect(self.take_over)
        bar.addPermanentWidget(self._button)
        self.show_holder("")

    def _label(self, bar: QStatusBar, name: str) -> QLabel:
        label = plain_label(wrap=False)
        label.setObjectName(f"status.{name}")
        bar.addPermanentWidget(label)
        return label

    def show_settings(self, settings: Settings) -> None:
        """Say on what is trained, and whether the network is left alone."""
        self._device.setText(f"Device: {settings.device}")
        self._offline.setText("Offline" if settings.offline else "")
        self._offline.setVisible(settings.offline)

    def show_holder(self, words: str) -> None:
        """Say that another program works on the project (empty: none does)."""
        self._holder.setText("Read only" if words else "")
        self._holder.setStyleSheet(f"color: {theme_colours().warning}; font-weight: bold;")
        self._holder.setToolTip(plain_tip(f"{words} works on this project; here it can be looked at." if words else ""))
        self._holder.setVisible(bool(words))
        self._button.setVisible(bool(words))


_NAMES = ("loop", "pointer", "device", "offline", "holder")
