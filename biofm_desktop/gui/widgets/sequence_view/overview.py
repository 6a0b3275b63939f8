"""The strip that shows the whole sequence and the window on it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .colours import Colours
from .lanes import FeatureLanes
from .raster import densities, draw_pixels, tinted
from .scale import MARGIN, Scale


def feature_cover(lanes: FeatureLanes, length: int, width: int) -> NDArray[np.float32]:
    """Return for each pixel of a strip how much of it lies under features, 0 to 1 (three rows or more)."""
    rise = np.zeros(width + 1, np.float64)
    left = np.clip(lanes.starts * width // max(1, length), 0, width - 1)
    # Shorter than a pixel would vanish.
    right = np.clip(np.maximum(lanes.ends * width // max(1, length), left + 1), 1, width)
    np.add.at(rise, left, 1.0)
    np.add.at(rise, right, -1.0)
    return np.asarray(np.clip(np.cumsum(rise)[:width] / 3, 0, 1), np.float32)


def draw_overview(
    painter: QPainter,
    rect: QRectF,
    scale: Scale,
    cover: NDArray[np.float32],
    marks: NDArray[np.int64],
    selection: tuple[int, int],
    colours: Colours,
) -> None:
    """Draw the strip: cover of features, marks (search hits), the selection and the window."""
    strip = strip_of(rect)
    length = max(1, scale.length)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tinted(colours.text, 20))
    painter.drawRoundedRect(strip, 3, 3)
    hue = colours.feature("cds")
    alphas = (cover * 235).astype(np.uint32)
    parts = [(alphas * part // 255) << shift for part, shift in ((hue.red(), 16), (hue.green(), 8), (hue.blue(), 0))]
    pixels = np.asarray(alphas << 24 | parts[0] | parts[1] | parts[2], np.uint32)
    draw_pixels(painter, strip.adjusted(0, 4, 0, -4), pixels)
    if len(marks):
        width = max(1, round(strip.width()))
        pixels = densities(np.clip(marks * width // length, 0, width - 1), width, colours.hit)
        # Below, so that many hits do not hide the features.
        draw_pixels(painter, strip.adjusted(0, strip.height() * 0.55, 0, 0), pixels)
    unit = strip.width() / length
    start, end = selection
    if end > start:
        painter.fillRect(_part(strip, start * unit, end * unit, 2.0), tinted(colours.accent, 110))
    window = _part(strip, scale.first * unit, (scale.first + scale.span) * unit, 6.0)
    whole = scale.span >= scale.length
    painter.setBrush(Qt.BrushStyle.NoBrush if whole else tinted(colours.accent, 40))
    painter.setPen(QPen(colours.line if whole else colours.accent, 1.5))
    painter.drawRoundedRect(window.adjusted(0, 0.5, 0, -0.5), 3, 3)


def strip_of(rect: QRectF) -> QRectF:
    """Return the strip inside its place: as wide as the letters."""
    return rect.adjusted(MARGIN, 2, -MARGIN, -2)


def _part(strip: QRectF, low: float, high: float, least: float) -> QRectF:
    width = min(strip.width(), max(least, high - low))
    left = min(max(0.0, (low + high) / 2 - width / 2), strip.width() - width)
    return QRectF(strip.left() + left, strip.top(), width, strip.height())
