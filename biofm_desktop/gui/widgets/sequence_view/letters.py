"""The letters: written, as blocks of colour, or as a plot of their make-up, by zoom."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from .colours import Colours
from .content import Content
from .raster import band, draw_pixels, tinted
from .scale import Scale
from .search import complement

#: The make-up is counted over at least so many letters; fewer give a comb.
_LEAST_WINDOW = 48.0


def draw_letters(
    painter: QPainter, rect: QRectF, scale: Scale, content: Content, colours: Colours, font: QFont, ratio: float = 1.0
) -> None:
    """Draw what fits the zoom: letters (with the other strand below), blocks or a plot."""
    if scale.written:
        _draw_written(painter, rect, scale, content, colours, font)
    elif scale.letter >= 1.0:
        _draw_blocks(painter, rect, scale, content, colours, ratio)
    else:
        _draw_make_up(painter, rect, scale, content, colours, ratio)


def letter_font(font: QFont, scale: Scale) -> QFont:
    """Return the font in the size that fits a letter's width."""
    sized = QFont(font)
    sized.setPixelSize(int(min(17.0, scale.letter / 0.64)))
    sized.setWeight(QFont.Weight.DemiBold)
    return sized


def _draw_written(
    painter: QPainter, rect: QRectF, scale: Scale, content: Content, colours: Colours, font: QFont
) -> None:
    start, end = scale.visible()
    letters = content.sample.letters[start:end]
    alphabet = content.sample.alphabet
    painter.setFont(letter_font(font, scale))
    metrics = QFontMetricsF(painter.font())
    rise = (metrics.ascent() - metrics.descent()) / 2
    height = rect.height() / 2 if content.nucleotides else rect.height()
    gap = 1.0 if scale.letter >= 12 else 0.0
    strands = [(letters, rect.top(), True)]
    if content.nucleotides:
        strands.append((complement(letters, alphabet), rect.top() + height, False))
    for row, top, tinted_cells in strands:
        for letter in sorted(set(row)):
            ink, cell = colours.ink(alphabet, letter), colours.cell(alphabet, letter)
            half = metrics.horizontalAdvance(letter) / 2
            xs = [scale.x(start + place) for place, other in enumerate(row) if other == letter]
            if tinted_cells:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(cell)
                painter.drawRects([QRectF(x, top, scale.letter - gap, height - gap) for x in xs])
            painter.setPen(ink if tinted_cells else tinted(ink, 150))
            for x in xs:
                painter.drawText(QPointF(x + scale.letter / 2 - half - gap / 2, top + height / 2 + rise), letter)


def _draw_blocks(
    painter: QPainter, rect: QRectF, scale: Scale, content: Content, colours: Colours, ratio: float
) -> None:
    edges = scale.columns(ratio)
    places = np.floor((edges[:-1] + edges[1:]) / 2).astype(np.int64)
    inside = (places >= 0) & (places < content.length)
    pixels = np.zeros(len(places), np.uint32)
    pixels[inside] = colours.blocks(content.sample.alphabet)[content.codes[places[inside]]]
    draw_pixels(painter, QRectF(0, rect.top(), len(pixels) / ratio, rect.height()), pixels)


def _draw_make_up(
    painter: QPainter, rect: QRectF, scale: Scale, content: Content, colours: Colours, ratio: float
) -> None:
    edges = scale.columns(ratio)
    middles = (edges[:-1] + edges[1:]) / 2
    half = max(_LEAST_WINDOW, 2.5 / scale.letter) / 2
    shares = content.composition.shares(middles - half, middles + half)
    shares[(middles < 0) | (middles > content.length)] = np.nan
    height = round(rect.height() * ratio)
    tops = ((1 - shares) * height).astype(np.float32)
    place = QRectF(0, rect.top(), len(tops) / ratio, rect.height())
    left, right = max(rect.left(), scale.x(0)), min(rect.right(), scale.x(content.length))
    painter.fillRect(QRectF(left, rect.top(), right - left, rect.height()), tinted(colours.text, 12))
    fill = colours.block(content.sample.alphabet, "C" if content.nucleotides else "A")
    draw_pixels(painter, place, band(height, tops, np.full_like(tops, height), tinted(fill, 90)))
    before = np.concatenate([tops[:1], tops[:-1]])
    before = np.where(np.isnan(before), tops, before)
    line = np.fmin(tops, before), np.fmax(tops, before)
    draw_pixels(painter, place, band(height, line[0] - 0.8, line[1] + 0.8, fill))
    painter.setPen(QPen(colours.line, 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(left, rect.center().y()), QPointF(right, rect.center().y()))
    painter.setPen(colours.faint)
    label = QRectF(max(left, rect.left()) + 4, rect.top() + 1, 200, 14)
    painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, f"{content.plotted} 0–100 %")
