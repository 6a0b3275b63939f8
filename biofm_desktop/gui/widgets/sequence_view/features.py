"""Feature rows: arrows by strand, joined parts with a connector, names clipped inside; tiny ones as blocks."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from biofm_desktop.engine.samples import Feature

from .colours import Colours
from .lanes import FeatureLanes, Lane
from .raster import argb, draw_pixels
from .scale import Scale

ROW = 24.0
_BODY = 18.0
#: Narrower features have no shape that one could see.
_SHAPED = 12.0


def feature_name(feature: Feature) -> str:
    """Return the words for a feature: its name, else its kind."""
    return " ".join((feature.name or feature.kind).split())


def draw_features(
    painter: QPainter,
    rect: QRectF,
    scroll: float,
    scale: Scale,
    lanes: FeatureLanes,
    colours: Colours,
    ratio: float = 1.0,
) -> None:
    """Draw the rows that are seen in ``rect``, scrolled down by ``scroll`` pixels."""
    painter.save()
    painter.setClipRect(rect)
    first = max(0, int(scroll // ROW))
    last = min(len(lanes), int((scroll + rect.height()) // ROW) + 1)
    for number in range(first, last):
        top = rect.top() + number * ROW - scroll + (ROW - _BODY) / 2
        _draw_lane(painter, top, lanes.lanes[number], scale, lanes, colours, ratio)
    painter.restore()


def _draw_lane(
    painter: QPainter, top: float, lane: Lane, scale: Scale, lanes: FeatureLanes, colours: Colours, ratio: float
) -> None:
    seen = lane.between(scale.position(0), scale.position(scale.width))
    starts, ends, places = lane.starts[seen], lane.ends[seen], lane.places[seen]
    tiny = (ends - starts) * scale.letter < _SHAPED
    if tiny.any():
        table = np.array([argb(colours.feature(kind)) for kind in lanes.kinds], np.uint32)
        pixels = _tiny_pixels(starts[tiny], ends[tiny], table[lane.kinds[seen][tiny]], scale, ratio)
        draw_pixels(painter, QRectF(0, top, len(pixels) / ratio, _BODY), pixels)
    shaped = ~tiny
    for start, end, place in zip(starts[shaped].tolist(), ends[shaped].tolist(), places[shaped].tolist(), strict=True):
        _draw_shape(painter, top, lanes.features[place], start, end, scale, colours)


def _tiny_pixels(
    starts: NDArray[np.int64], ends: NDArray[np.int64], colours: NDArray[np.uint32], scale: Scale, ratio: float
) -> NDArray[np.uint32]:
    width = round(scale.width * ratio)
    left = np.clip((scale.x(0) + starts * scale.letter) * ratio, 0, width - 1).astype(np.int64)
    right = np.clip((scale.x(0) + ends * scale.letter) * ratio, 1, width).astype(np.int64)
    pixels = np.zeros(width, np.uint32)
    pixels[left] = colours
    for offset in range(1, int(_SHAPED * ratio) + 1):
        # A free pixel stays between neighbours, as far as there is one.
        more = np.flatnonzero(left + offset < right - 1)
        left, right, colours = left[more], right[more], colours[more]
        if not len(more):
            break
        pixels[left + offset] = colours
    return pixels


def _draw_shape(
    painter: QPainter, top: float, feature: Feature, start: int, end: int, scale: Scale, colours: Colours
) -> None:
    middle = top + _BODY / 2
    parts = [(max(start, low), min(end, high)) for low, high in sorted(feature.parts)]
    parts = [part for part in parts if part[1] > part[0]] or [(start, end)]
    painter.setPen(QPen(colours.feature_edge(feature.kind), 1))
    if len(parts) > 1:
        _draw_connectors(painter, parts, middle, scale)
    painter.setBrush(colours.feature(feature.kind))
    pointed = len(parts) - 1 if feature.strand > 0 else 0 if feature.strand < 0 else -1
    boxes = []
    for number, (low, high) in enumerate(parts):
        # Far outside of the window nothing needs to be exact, and Qt draws wrongly beyond 16 bits.
        left, right = max(scale.x(low), -50.0), min(scale.x(high), scale.width + 50.0)
        if right <= left:
            continue
        box = QRectF(left, top, max(1.0, right - left - 0.5), _BODY)
        painter.drawPolygon(_outline(box, feature.strand if number == pointed else 0))
        boxes.append(box)
    if boxes:
        _draw_name(painter, max(boxes, key=lambda box: box.width()), feature, colours, scale)


def _draw_connectors(painter: QPainter, parts: list[tuple[int, int]], middle: float, scale: Scale) -> None:
    path = QPainterPath()
    for (_, low), (high, _) in pairwise(parts):
        left, right = max(scale.x(low), -50.0), min(scale.x(high), scale.width + 50.0)
        if right > left:
            path.moveTo(left, middle)
            path.lineTo(right, middle)
    painter.strokePath(path, painter.pen())


def _outline(box: QRectF, strand: int) -> QPolygonF:
    tip = min(8.0, box.width() * 0.6)
    left, right, top, bottom, middle = box.left(), box.right(), box.top(), box.bottom(), box.center().y()
    if strand > 0:
        points = [(left, top), (right - tip, top), (right, middle), (right - tip, bottom), (left, bottom)]
    elif strand < 0:
        points = [(right, top), (left + tip, top), (left, middle), (left + tip, bottom), (right, bottom)]
    else:
        points = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return QPolygonF([QPointF(x, y) for x, y in points])


def _draw_name(painter: QPainter, box: QRectF, feature: Feature, colours: Colours, scale: Scale) -> None:
    left = max(box.left(), 0.0) + (11 if feature.strand < 0 and box.left() > -9 else 6)
    right = min(box.right(), scale.width) - (11 if feature.strand > 0 else 5)
    if right - left < 14:
        return
    metrics = QFontMetricsF(painter.font())
    text = metrics.elidedText(feature_name(feature)[:200], Qt.TextElideMode.ElideRight, right - left)
    if len(text) > 1 or text == feature_name(feature):
        painter.setPen(colours.feature_ink(feature.kind))
        painter.drawText(QRectF(left, box.top(), right - left, box.height()), Qt.AlignmentFlag.AlignVCenter, text)
