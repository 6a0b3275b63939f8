"""The panels of the window and their places."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QTabWidget, QVBoxLayout, QWidget

_LEFT, _RIGHT, _BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


@dataclass(frozen=True)
class Place:
    """Where a panel stands at first. Panels of one ``stack`` share a place as tabs; one that ``scrolls`` may be low."""

    name: str
    title: str
    area: Qt.DockWidgetArea
    stack: str
    scrolls: bool = False


PLACES = (
    Place("samples", "Samples", _LEFT, "samples"),
    Place("annotation", "Annotate", _LEFT, "annotation", scrolls=True),
    Place("training", "Train", _RIGHT, "work", scrolls=True),
    Place("predictions", "Predict", _RIGHT, "work"),
    Place("export", "Export", _RIGHT, "work", scrolls=True),
    Place("plots", "Plots", _BOTTOM, "story"),
    Place("jobs", "Jobs", _BOTTOM, "story"),
    Place("history", "History", _BOTTOM, "story"),
    Place("messages", "Messages", _BOTTOM, "story"),
    Place("next", "Label next", _LEFT, "samples", scrolls=True),
)


class Panels:
    """The docks of a window, by the names of `PLACES`."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.docks = {place.name: _dock(window, place) for place in PLACES}
        window.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomLeftCorner, _LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        self.place()

    def fill(self, name: str, widget: QWidget) -> None:
        """Put a panel into its dock."""
        place = next(place for place in PLACES if place.name == name)
        body = self.docks[name].widget()
        layout = body.layout() if body is not None else None
        if layout is None:
            return
        if place.scrolls:
            scroll = _Scroll(widgetResizable=True)
            scroll.setObjectName(f"dock.{name}_scroll")
            scroll.setWidget(widget)
            layout.addWidget(scroll)
        else:
            layout.addWidget(widget)

    def place(self) -> None:
        """Put every panel where it stands at first."""
        first: dict[str, QDockWidget] = {}
        for place in PLACES:
            dock = self.docks[place.name]
            dock.setFloating(False)
            self._window.addDockWidget(place.area, dock)
            if place.stack in first:
                self._window.tabifyDockWidget(first[place.stack], dock)
            first.setdefault(place.stack, dock)
            dock.show()
        for dock in first.values():
            dock.raise_()
        self.share_room()

    def share_room(self) -> None:
        """Give the panels their widths and heights; the middle gets the rest."""
        wide = self._window.width() >= 1700
        side, work, story = (290, 380, 280) if wide else (250, 300, 226)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._window.resizeDocks([self.docks["samples"], self.docks["training"]], [side, work], across)
        self._window.resizeDocks([self.docks["plots"]], [story], down)
        height = self._window.height()
        self._window.resizeDocks(
            [self.docks["samples"], self.docks["annotation"]], [height * 5 // 10, height * 5 // 10], down
        )

    def bring(self, name: str) -> None:
        """Show a panel in front of those that share its place."""
        self.docks[name].show()
        self.docks[name].raise_()

    def actions(self) -> list[QAction]:
        """Return an action for each panel that shows or hides it."""
        actions = []
        for number, place in enumerate(PLACES, 1):
            action = self.docks[place.name].toggleViewAction()
            action.setObjectName(f"panel.{place.name}")
            action.setShortcut(QKeySequence(f"Ctrl+Alt+{number % 10}"))
            action.setToolTip(f"Show or hide the panel {place.title}")
            actions.append(action)
        return actions


class _Scroll(QScrollArea):
    """It may be lower than what it holds but not narrower, so that it scrolls down and never sideways."""

    def minimumSizeHint(self) -> QSize:
        least, held = super().minimumSizeHint(), self.widget()
        if held is not None:
            bar = self.verticalScrollBar().sizeHint().width()
            least.setWidth(held.minimumSizeHint().width() + bar + 2 * self.frameWidth())
        return least

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # what it holds has another least width, as with a new theme
            self.updateGeometry()
        return super().eventFilter(watched, event)


def _dock(window: QMainWindow, place: Place) -> QDockWidget:
    dock = QDockWidget(place.title, window)
    dock.setObjectName(f"dock.{place.name}")
    body = QWidget()
    body.setObjectName("dockBody")
    body.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    QVBoxLayout(body).setContentsMargins(1, 1, 1, 1)
    dock.setWidget(body)
    if sum(other.stack == place.stack for other in PLACES) > 1:
        dock.setTitleBarWidget(QWidget())  # its tab says it already
    return dock
