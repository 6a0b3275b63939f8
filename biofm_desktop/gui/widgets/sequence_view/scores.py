"""The plot of one value per letter."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from .colours import Colours
from .pyramid import MinMaxPyramid
from .raster import band, draw_pixels, tinted
from .scale import Scale


def draw_scores(
    painter: QPainter,
    rect: QRectF,
    scale: Scale,
    scores: MinMaxPyramid,
    name: str,
    colours: Colours,
    ratio: float = 1.0,
) -> None:
    """Draw least to greatest value under each pixel, filled from zero; letters without a value stay empty."""
    low, high = limits(*scores.range())
    left, right = max(rect.left(), scale.x(0)), min(rect.right(), scale.x(scale.length))
    painter.fillRect(QRectF(left, rect.top(), right - left, rect.height()), tinted(colours.text, 12))
    height = max(1, round(rect.height() * ratio))
    lows, highs = scores.columns(scale.columns(ratio))
    unit = height / (high - low)
    tops, bottoms = (high - highs) * unit, (high - lows) * unit
    zero = np.float32((high - min(max(0.0, low), high)) * unit)
    place = QRectF(0, rect.top(), len(tops) / ratio, rect.height())
    fill = band(height, np.minimum(tops, zero), np.maximum(bottoms, zero), tinted(colours.accent, 70))
    draw_pixels(painter, place, fill)
    # Joined to the column before, so that a step is a line and not a hole.
    joined_top = np.fmin(tops, np.where(np.isnan(tops), np.nan, np.concatenate([bottoms[:1], bottoms[:-1]])))
    joined_bottom = np.fmax(bottoms, np.where(np.isnan(bottoms), np.nan, np.concatenate([tops[:1], tops[:-1]])))
    draw_pixels(painter, place, band(height, joined_top - 0.8 * ratio, joined_bottom + 0.8 * ratio, colours.accent))
    if low < 0 < high:
        painter.setPen(QPen(colours.faint, 1, Qt.PenStyle.DotLine))
        y = rect.top() + float(zero) / ratio
        painter.drawLine(QPointF(left, y), QPointF(right, y))
    _draw_labels(painter, rect, left, name, low, high, colours)


def limits(low: float, high: float) -> tuple[float, float]:
    """Return the ends of the axis: zero is on it, shares and chances have 0 to 1."""
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    low, high = min(0.0, low), max(0.0, high)
    edge = 0.05 * (high - low)
    return (low - edge if low < 0 else 0.0), (high + edge if high > 0 else 0.0)


def short(value: float) -> str:
    """Return a number with three digits that count, without powers of ten where it can be."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"


def _draw_labels(
    painter: QPainter, rect: QRectF, left: float, name: str, low: float, high: float, colours: Colours
) -> None:
    side = Qt.AlignmentFlag.AlignLeft
    inner = QRectF(left + 4, rect.top() + 2, max(0.0, rect.right() - left - 8), rect.height() - 4)
    for text, edge in ((short(high), Qt.AlignmentFlag.AlignTop), (short(low), Qt.AlignmentFlag.AlignBottom)):
        box = painter.boundingRect(inner, side | edge, text)
        painter.fillRect(box.adjusted(-2, 0, 2, 0), tinted(colours.ground, 190))
        painter.setPen(colours.faint)
        painter.drawText(inner, side | edge, text)
    title = painter.fontMetrics().elidedText(" ".join(name.split()), Qt.TextElideMode.ElideRight, 300)
    spot = inner.adjusted(painter.fontMetrics().horizontalAdvance(short(high)) + 14, 0, 0, 0)
    box = painter.boundingRect(spot, side | Qt.AlignmentFlag.AlignTop, title)
    painter.fillRect(box.adjusted(-2, 0, 2, 0), tinted(colours.ground, 190))
    painter.setPen(colours.text)
    painter.drawText(spot, side | Qt.AlignmentFlag.AlignTop, title)
