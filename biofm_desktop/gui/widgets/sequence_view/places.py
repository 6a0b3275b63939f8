"""Which track lies where, from top to bottom."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF

from .features import ROW

_TITLE, _OVERVIEW, _RULER, _STRAND, _SCORES, _GAP = 26.0, 30.0, 28.0, 24.0, 110.0, 6.0

#: A page of fewer lines would be of no use.
_LEAST_PAGE = 60.0


@dataclass(frozen=True)
class Places:
    """The rectangle of each track."""

    title: QRectF
    overview: QRectF
    ruler: QRectF
    letters: QRectF
    scores: QRectF
    features: QRectF
    page: QRectF

    @classmethod
    def of(cls, width: float, height: float, *, strands: int, scores: bool, rows: int) -> "Places":
        """Lay the tracks out; the features take the rows they need, one at least, the page of letters what is left."""
        tops = [4.0]
        heights = [_TITLE, _OVERVIEW, _RULER, _STRAND * strands, _SCORES if scores else 0.0]
        for size in heights:
            tops.append(tops[-1] + size + (_GAP if size else 0.0))
        boxes = [QRectF(0, top, width, size) for top, size in zip(tops, heights)]
        top, rest = tops[-1] + 2, max(ROW, height - tops[-1] - 4)
        needed = rows * ROW + 2 * _GAP
        page = rest - needed - 10
        if page < _LEAST_PAGE:
            page, needed = 0.0, rest
        features = QRectF(0, top, width, needed)
        below = QRectF(0, top + needed + 10, width, page)
        title, overview, ruler, letters, curve = boxes
        return cls(title, overview, ruler, letters, curve, features, below)
