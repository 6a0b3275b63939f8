"""What another window had covered is drawn again: beside a native viewer with OpenGL, Qt leaves that out on X11.

Where a window holds OpenGL, `QWidgetRepaintManager::sync` flushes nothing when the system says that a part was
uncovered (it counts on composing the whole); where no compositor keeps the pictures of windows, as on remote desktops,
what was there before stays in sight.
"""

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

_SOON_MS = 30


class Uncovered(QObject):
    """Watches the native window of a top-level widget, and draws its parts again once something is uncovered."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._timer = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._timer.timeout.connect(self._draw)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note what is told to the widget (that it has a native window now) and to that window."""
        if watched is self._window and event.type() == QEvent.Type.Show:
            handle = self._window.windowHandle()
            handle.removeEventFilter(self)
            handle.installEventFilter(self)
        elif event.type() == QEvent.Type.Expose:
            self._timer.start()
        return False

    def _draw(self) -> None:
        for widget in (self._window, *self._window.findChildren(QWidget)):
            if widget.isVisible() and widget.window() is self._window:
                widget.update()
