"""The values of all curves where the pointer is."""

from html import escape
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtWidgets import QLabel

from biofm_desktop.gui.theme import theme_bus, theme_colours

if TYPE_CHECKING:
    from .curve_plot import CurvePlot


class CrossHair(QObject):
    """A vertical line that follows the pointer over a plot, and a small table of the values there.

    The table is a label over the plot, not an item in it: it must not make the curves be drawn anew.
    """

    def __init__(self, plot: "CurvePlot") -> None:
        super().__init__(plot)
        self._plot = plot
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.setZValue(5)
        self._line.hide()
        plot.addItem(self._line, ignoreBounds=True)
        self._label = QLabel(plot)
        self._label.setObjectName("plot.values")
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._label.hide()
        self._proxy = pg.SignalProxy(plot.scene().sigMouseMoved, rateLimit=30, slot=lambda found: self.move(found[0]))
        plot.viewport().installEventFilter(self)
        theme_bus().changed.connect(self._colour)
        self._colour()

    @property
    def text(self) -> str:
        """Return what the table says (empty: it is not shown)."""
        return self._label.text() if self._label.isVisible() else ""

    def move(self, at: QPointF) -> None:
        """Stand where the pointer is, a place in the scene."""
        view = self._plot.getPlotItem().getViewBox()
        if not view.sceneBoundingRect().contains(at):
            self.hide()
            return
        x = view.mapSceneToView(at).x()
        found = self._plot.values_at(x)
        if not found:
            self.hide()
            return
        rows = [f"<b>{found[0][1]:.6g}</b>"]
        rows += [f"<span style='color:{c.colour}'>●</span> {escape(c.name)} {y:.5g}" for c, _, y in found]
        self._line.setValue(x)
        self._line.show()
        self._label.setText("<br>".join(rows))
        self._label.adjustSize()
        point = self._plot.mapFromScene(at)
        right = point.x() + 14 + self._label.width() > self._plot.width()
        left = point.x() - 14 - self._label.width() if right else point.x() + 14
        self._label.move(left, max(2, min(point.y(), self._plot.height() - self._label.height() - 2)))
        self._label.show()

    def hide(self) -> None:
        """Show nothing."""
        self._line.hide()
        self._label.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Disappear with the pointer."""
        if event.type() == QEvent.Type.Leave:
            self.hide()
        return super().eventFilter(watched, event)

    def _colour(self) -> None:
        colours = theme_colours()
        self._line.setPen(pg.mkPen(colours.faint, width=1))
        self._label.setStyleSheet(
            f"background: {colours.raised}; color: {colours.text}; border: 1px solid {colours.line}; padding: 3px;"
        )
