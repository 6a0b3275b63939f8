"""A plot of growing curves that stays quick with any number of points."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPaintDevice, QPainter, QShowEvent
from PySide6.QtWidgets import QWidget

from biofm_desktop.engine.files import write_with
from biofm_desktop.gui.theme import theme_bus, theme_colours

from .cross_hair import CrossHair
from .named import plain_tip
from .pyramid import Floats, Pyramid

#: Least time between two redraws, in milliseconds.
REDRAW_MS = 50
#: More points than this are drawn without a dot each.
MOST_DOTS = 120
#: Shares of the curves' width and height that are left free around them: at first, and once they grow.
_TIGHT, _ROOM = 0.03, 0.2


@dataclass(frozen=True)
class Curve:
    """One curve to draw: ``per_x`` turns its x into the axis' unit; ``faint`` ones lie behind. One without a name is
    not in the legend."""

    key: str
    name: str
    points: Pyramid
    colour: str
    per_x: float = 1.0
    dashed: bool = False
    dots: bool = False
    faint: bool = False


class CurvePlot(pg.PlotWidget):
    """Draws `Curve`s, at most 20 times a second, and of each only what its pixels can show.

    It follows growing curves until the user zooms, and leaves them room to grow: axes that are drawn anew at every
    redraw take more time than the curves (5 of 9 ms).
    """

    def __init__(self, y_title: str, parent: QWidget | None = None, *, legend_below: bool = False) -> None:
        super().__init__(parent)
        self._curves: tuple[Curve, ...] = ()
        self._items: dict[str, pg.PlotDataItem] = {}
        self._y_title, self._x_title, self._log = y_title, "Step", False
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._timer.timeout.connect(self.redraw)
        plot = self.getPlotItem()
        plot.setMenuEnabled(False)
        # Major lines of y only: lines for all of both axes' ticks cost 4 ms of each redraw.
        plot.showGrid(x=False, y=True, alpha=0.2)
        self.getAxis("left").setStyle(maxTickLevel=0)
        self.getAxis("bottom").setStyle(maxTickLevel=1)
        plot.disableAutoRange()
        plot.hideButtons()
        self._follows, self._moves, self._fresh = True, False, True
        plot.getViewBox().sigRangeChanged.connect(self._note_zoom)
        for side in ("left", "bottom"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self._marks: list[pg.InfiniteLine] = []
        self._cross = CrossHair(self)
        self._legend = plot.addLegend(offset=(-8, -8 if legend_below else 8), labelTextSize="8pt")
        theme_bus().changed.connect(self._colour)
        self._colour()

    def show_curves(self, curves: Sequence[Curve], x_title: str) -> None:
        """Draw these curves from now on; those with faint marks first."""
        self._curves, self._x_title = tuple(sorted(curves, key=lambda curve: not curve.faint)), x_title
        for key in set(self._items) - {curve.key for curve in curves}:
            self.removeItem(self._items.pop(key))
        self._fresh = True
        self._label()
        self._show_labels(False)
        self.refresh()

    def show_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Draw a vertical line at each of these x; its words come up when the pointer rests on it."""
        for line in self._marks:
            self.removeItem(line)
        self._marks = []
        pen = pg.mkPen(theme_colours().warning, width=1, style=Qt.PenStyle.DotLine)
        for x, words in marks:
            line = pg.InfiniteLine(x, angle=90, pen=pen)
            line.setToolTip(plain_tip(words))
            line.setZValue(-2)
            self._marks.append(line)
            self.addItem(line, ignoreBounds=True)

    def values_at(self, x: float) -> list[tuple[Curve, float, float]]:
        """Return for each named curve the point nearest to an x of the axis: x and y."""
        found = []
        for curve in self._curves:
            if curve.name and len(curve.points):
                xs = curve.points.x
                place = int(np.searchsorted(xs, x / curve.per_x))
                place = min(
                    range(max(0, place - 1), min(len(xs), place + 1)), key=lambda i: abs(xs[i] * curve.per_x - x)
                )
                found.append((curve, float(xs[place]) * curve.per_x, float(curve.points.y[place])))
        return found

    def set_log(self, log: bool) -> None:
        """Draw y on a logarithmic scale, or a plain one."""
        self._log = log
        self.getPlotItem().setLogMode(x=False, y=log)
        self.fit_view()

    def refresh(self) -> None:
        """Redraw soon: many calls make one redraw."""
        if not self._timer.isActive():
            self._timer.start()

    def fit_view(self) -> None:
        """Show everything again after the user zoomed in."""
        self._follows = self._fresh = True
        self.refresh()

    def redraw(self) -> None:
        """Draw now, if anyone sees it."""
        self._timer.stop()
        if not self.isVisible():
            return
        view = self.getPlotItem().getViewBox()
        first, last = (-np.inf, np.inf) if self._follows else view.viewRange()[0]
        boxes = []
        for curve in self._curves:
            x, y = curve.points.window(first / curve.per_x, last / curve.per_x, max(100, int(view.width())))
            item = self._item(curve)
            item.setData(x * curve.per_x, np.where(y > 0, y, np.nan) if self._log else y)
            boxes.append(_box(*item.getData()))
        if self._follows:
            self._follow([box for box in boxes if box is not None])
        self.scene().prepareForPaint()  # else the paint itself moves the axes, and asks for another one

    def _follow(self, boxes: Sequence[tuple[float, float, float, float]]) -> None:
        """Show all curves: as they stand where they are new, else with room to grow where they outgrew the view."""
        if not boxes:
            return
        left, right, low, high = (pick(side) for pick, side in zip((min, max, min, max), zip(*boxes)))
        (view_left, view_right), (view_low, view_high) = self.getPlotItem().getViewBox().viewRange()
        within = view_left <= left and right <= view_right and view_low <= low and high <= view_high
        small = min((right - left) / (view_right - view_left), (high - low) / (view_high - view_low)) < 0.5
        if within and not small and not self._fresh:
            return
        share, wide, tall = _TIGHT if self._fresh else _ROOM, (right - left) or 1.0, (high - low) or abs(high) or 1.0
        self._moves = True
        view = self.getPlotItem().getViewBox()
        view.setXRange(left - _TIGHT * wide, right + share * wide, padding=0)
        view.setYRange(low - _TIGHT * tall, high + _TIGHT * tall, padding=0)
        self._moves = self._fresh = False

    def save_picture(self, path: Path) -> None:
        """Write the plot as it stands, PNG or SVG by the name's end; raise `Fault` where the disk does not let us."""
        self.redraw()
        write_with(path, self._write_svg if path.suffix.lower() == ".svg" else self._write_png, room="export")

    def _write_svg(self, path: Path) -> None:
        # Not pyqtgraph's exporter, which fails on the paths that this Qt writes.
        from PySide6.QtSvg import QSvgGenerator

        data = QBuffer()
        generator = QSvgGenerator()
        generator.setOutputDevice(data)  # not the file: it says nothing of a full disk
        generator.setSize(self.size())
        generator.setViewBox(self.rect())
        self._paint(generator)
        path.write_bytes(data.data().data())

    def _write_png(self, path: Path) -> None:
        image = QImage(self.size() * 2, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(2.0)
        self._paint(image)
        data = QBuffer()
        image.save(data, "PNG")  # type: ignore[call-overload] # its stub wants bytes, the library refuses them
        path.write_bytes(data.data().data())

    def _paint(self, device: QPaintDevice) -> None:
        self._show_labels(True)
        painter = QPainter(device)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.render(painter, QRectF(self.rect()))
        painter.end()
        self._show_labels(False)

    def _show_labels(self, shown: bool) -> None:
        """Name the axes in pictures only: in the window the tab and the choice below say it, and room is scarce."""
        for side in ("left", "bottom"):
            self.getAxis(side).showLabel(shown)
        self.getPlotItem().layout.activate()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.fit_view()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()

    def _item(self, curve: Curve) -> pg.PlotDataItem:
        """Return what draws a curve, made or adapted as it asks."""
        colour = QColor(curve.colour)
        colour.setAlpha(70 if curve.faint else 255)
        style = Qt.PenStyle.DashLine if curve.dashed else Qt.PenStyle.SolidLine
        # One pixel where there are many points: Qt strokes wider lines many times slower.
        pen = pg.mkPen(colour, width=1.0 if len(curve.points) > MOST_DOTS else 1.6, style=style)
        item, name = self._items.get(curve.key), escape(curve.name) or None  # a legend reads rich text
        if item is not None and item.name() != name:
            self.removeItem(item)
            item = None
        if item is None:
            item = pg.PlotDataItem(name=name, connect="finite", clipToView=False, autoDownsample=False)
            item.setZValue(-1 if curve.faint else 0)
            self._items[curve.key] = item
            self.addItem(item)
        if item.opts["pen"] != pen:
            item.setPen(pen)
            for sample, _ in self._legend.items:  # does not notice by itself
                sample.update()
        dots = curve.dots and len(curve.points) <= MOST_DOTS
        if bool(item.opts["symbol"]) != dots or item.opts["symbolBrush"] != curve.colour:
            item.setSymbol("o" if dots else None)
            item.setSymbolSize(5)
            item.setSymbolPen(None)
            item.setSymbolBrush(curve.colour)
        return item

    def _note_zoom(self) -> None:
        if not self._moves:
            self._follows = False
            self.refresh()

    def _label(self) -> None:
        self.setLabel("bottom", self._x_title)
        self.setLabel("left", escape(self._y_title))

    def set_y_title(self, title: str) -> None:
        """Name what the y axis shows."""
        self._y_title = title
        self._label()
        self._show_labels(False)

    def _colour(self) -> None:
        if self.plotItem is None:  # pyqtgraph takes a closed plot apart before Qt deletes it
            return
        colours = theme_colours()
        self.setBackground(colours.panel)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(colours.line)
            axis.setTextPen(colours.faint)
        brush = QColor(colours.panel)
        brush.setAlpha(190)
        self._legend.setBrush(brush)
        self._legend.setLabelTextColor(colours.text)
        for _, label in self._legend.items:
            label.setText(label.text, color=colours.text)
        self.refresh()


def _box(x: Floats | None, y: Floats | None) -> tuple[float, float, float, float] | None:
    """Return left, right, lowest and highest of a curve; None where there is nothing to see."""
    if x is None or y is None or not np.isfinite(y).any():
        return None
    return float(x[0]), float(x[-1]), float(np.nanmin(y)), float(np.nanmax(y))
