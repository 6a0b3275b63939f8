"""Whole rows of pixels from arrays, drawn in one go whatever they hold."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter


def draw_pixels(painter: QPainter, rect: QRectF, pixels: NDArray[np.uint32]) -> None:
    """Draw premultiplied ARGB pixels (a row, or rows x columns) stretched over a rectangle."""
    rows = np.ascontiguousarray(np.atleast_2d(pixels))
    height, width = rows.shape
    image = QImage(rows.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
    painter.drawImage(rect, image)


def argb(colour: QColor) -> int:
    """Return the premultiplied pixel of a colour."""
    alpha = colour.alpha()
    red, green, blue = (part * alpha // 255 for part in (colour.red(), colour.green(), colour.blue()))
    return alpha << 24 | red << 16 | green << 8 | blue


def band(height: int, tops: NDArray[np.float32], bottoms: NDArray[np.float32], colour: QColor) -> NDArray[np.uint32]:
    """Return ``height`` rows of pixels, coloured in each column from top to bottom (soft edges; NaN: nothing)."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    cover = np.minimum(rows + 1, bottoms) - np.maximum(rows, tops)
    # fmax takes the number where the other one is none.
    levels = (np.minimum(np.fmax(cover, 0), 1) * 255).astype(np.uint8)
    alpha = np.arange(256, dtype=np.uint32) * colour.alpha() // 255
    red, green, blue = (alpha * part // 255 for part in (colour.red(), colour.green(), colour.blue()))
    return np.asarray(alpha << 24 | red << 16 | green << 8 | blue, np.uint32)[levels]


def densities(columns: NDArray[np.int64], width: int, colour: QColor) -> NDArray[np.uint32]:
    """Return a row of pixels, the stronger coloured the more ``columns`` (each 0 to width - 1) fall onto one."""
    counts = np.bincount(columns, minlength=width)
    most = max(1, int(counts.max(initial=0)))
    shades = np.array([argb(tinted(colour, 255 if most == 1 else 70 + 185 * level // 255)) for level in range(256)])
    return np.where(counts > 0, shades[counts * 255 // most], 0).astype(np.uint32)


def tinted(colour: QColor, alpha: int) -> QColor:
    """Return the colour with another opacity (0 to 255)."""
    clear = QColor(colour)
    clear.setAlpha(alpha)
    return clear
