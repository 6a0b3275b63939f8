"""The drawing widget: keeps sequence, zoom, selection and hits, and paints what is seen of them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QFontDatabase,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from biofm_desktop.engine.samples import SequenceSample

from .colours import Colours
from .content import Content
from .features import ROW
from .hits import Hits
from .overview import feature_cover, strip_of
from .page import Page
from .paint import Picture
from .places import Places
from .pyramid import MinMaxPyramid
from .scale import Scale

#: Scroll bars count in whole numbers of at most 31 bits.
_MOST_STEPS = 1_000_000_000
_DRAG = Qt.MouseButton.LeftButton


class SequenceCanvas(QAbstractScrollArea):
    """Shows one sequence: title, overview, ruler, letters, scores, features."""

    selection_changed = Signal(int, int)
    scale_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content: Content | None = None
        self.scale = Scale(0, 1.0)
        self.hits, self.current_hit = Hits(), -1
        self.scores: MinMaxPyramid | None = None
        self.scores_name = ""
        self._anchor = self._caret = self.page_first = 0
        self._colours: Colours | None = None
        self._cover: tuple[int, NDArray[np.float32]] | None = None
        self._setting_bars = False
        self.setObjectName("sequence.view")
        self.setAccessibleName("Sequence")
        self.setAccessibleDescription(
            "Letters, features and scores; arrows move, shift and arrows select, + and - zoom"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.horizontalScrollBar().valueChanged.connect(self._scroll_to_bar)
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        self.viewport().setMouseTracking(True)
        self.setMinimumSize(240, 150)

    # What is shown -----------------------------------------------------------------------------------------------

    def show_sample(self, sample: SequenceSample) -> None:
        """Show a sequence whole; the same sequence (key and letters) again keeps zoom, selection, hits and scores."""
        before = self.content
        self.content, self._cover = Content(sample), None
        if before and (before.sample.key, before.sample.letters) == (sample.key, sample.letters):
            self._refresh(self.scale)
            return
        self._forget()
        self._refresh(Scale(self.content.length, self._width()).whole())

    def clear(self) -> None:
        """Show nothing."""
        self.content, self._cover = None, None
        self._forget()
        self._refresh(Scale(0, self._width()))

    def set_scores(self, scores: ArrayLike | None, name: str) -> None:
        """Show one value per letter (NaN: none), or no values."""
        self.scores = None if scores is None or not np.size(scores) else MinMaxPyramid(scores)
        self.scores_name = name
        self._refresh(self.scale)

    def set_hits(self, hits: Hits, current: int = -1) -> None:
        """Show hits of a search; ``current`` is the place of the chosen one, -1 for none."""
        self.hits, self.current_hit = hits, current
        self.viewport().update()

    def _forget(self) -> None:
        self.scores, self.scores_name, self.hits, self.current_hit = None, "", Hits(), -1
        self.verticalScrollBar().setValue(0)
        self._set_selection(0, 0)

    # Selection ---------------------------------------------------------------------------------------------------

    @property
    def selection(self) -> tuple[int, int]:
        """Return the half-open range that is selected; both ends are the caret where nothing is."""
        return min(self._anchor, self._caret), max(self._anchor, self._caret)

    def select(self, start: int, end: int, *, show: bool = True) -> None:
        """Select a half-open range, clamped to the sequence, and scroll to it."""
        self._set_selection(self._clamped(start), self._clamped(end))
        if show:
            self._refresh(self.scale.showing(*self.selection))
            self._show_on_page(self.selection[0])

    def selected_letters(self) -> str:
        """Return the selected letters."""
        start, end = self.selection
        return self.content.sample.letters[start:end] if self.content else ""

    def copy(self) -> None:
        """Copy the selected letters; nothing selected leaves the clipboard as it is."""
        if letters := self.selected_letters():
            QGuiApplication.clipboard().setText(letters)

    def _clamped(self, position: int) -> int:
        return max(0, min(self.scale.length, position))

    def _set_selection(self, anchor: int, caret: int) -> None:
        before = self.selection
        self._anchor, self._caret = anchor, caret
        if self.selection != before:
            self.selection_changed.emit(*self.selection)
        self.viewport().update()

    def _move_caret(self, caret: int, extend: bool) -> None:
        caret = self._clamped(caret)
        self._set_selection(self._anchor if extend else caret, caret)
        self._refresh(self.scale.showing(caret, caret))
        self._show_on_page(caret)

    def _show_on_page(self, position: int) -> None:
        page = self.page()
        if page.lines and not page.start <= position < page.end:
            self.scroll_page(position - page.columns)

    # Zoom and scroll ---------------------------------------------------------------------------------------------

    def zoom(self, factor: float, x: float | None = None) -> None:
        """Zoom in ``factor`` times round a pixel; without one round the selection if it is seen, else the middle."""
        self._refresh(self.scale.zoomed(factor, self._focus_x() if x is None else x))

    def zoom_fit(self) -> None:
        """Show the whole sequence."""
        self._refresh(self.scale.whole())

    def zoom_to(self, start: int, end: int) -> None:
        """Show a range as large as it can be."""
        self._refresh(self.scale.spanning(self._clamped(start), self._clamped(end)))

    def visible_range(self) -> tuple[int, int]:
        """Return the half-open range of letters that is seen."""
        return self.scale.visible()

    def set_scale(self, scale: Scale) -> None:
        """Show what a scale says."""
        self._refresh(scale.settled())

    def _focus_x(self) -> float:
        start, end = self.selection
        middle = self.scale.x((start + end) / 2)
        return middle if 0 <= middle <= self.scale.width else self.scale.width / 2

    def _width(self) -> float:
        return float(max(1, self.viewport().width()))

    def _steps(self) -> float:
        """Return the scroll bar's steps per letter."""
        return min(self.scale.letter, _MOST_STEPS / max(1, self.scale.length))

    def _refresh(self, scale: Scale) -> None:
        changed, self.scale = scale != self.scale, scale
        steps, bar = self._steps(), self.horizontalScrollBar()
        places = self.places()
        rows = len(self.content.lanes) if self.content else 0
        self._setting_bars = True
        hidden = max(0.0, scale.length - scale.span)
        bar.setRange(0, int(np.ceil(hidden * steps - 1e-6)))
        bar.setPageStep(max(1, int(scale.span * steps)))
        bar.setSingleStep(max(1, int(30 * steps / scale.letter)))
        bar.setValue(round(scale.first * steps))
        self.verticalScrollBar().setRange(0, max(0, int(np.ceil(rows * ROW - places.features.height()))))
        self.verticalScrollBar().setPageStep(int(places.features.height()))
        self.verticalScrollBar().setSingleStep(int(ROW))
        self._setting_bars = False
        self.viewport().update()
        if changed:
            self.page_first = scale.visible()[0]
            self.scale_changed.emit()

    def _scroll_to_bar(self, value: int) -> None:
        if not self._setting_bars:
            self._refresh(self.scale.moved(value / self._steps()))

    # Painting ----------------------------------------------------------------------------------------------------

    def places(self) -> Places:
        """Return the rectangle of each track."""
        strands = 2 if self.content is None or self.content.nucleotides else 1
        size = self.viewport().size()
        rows = len(self.content.lanes) if self.content else 0
        scores = self.scores is not None
        return Places.of(size.width(), size.height(), strands=strands, scores=scores, rows=rows)

    def page(self) -> Page:
        """Return where the letters of the page lie."""
        return Page(self.places().page, self.page_first, self.scale.length)

    def scroll_page(self, first: int) -> None:
        """Show the page from the line of a letter on."""
        self.page_first = self._clamped(first)
        self.viewport().update()

    def colours(self) -> Colours:
        """Return the colours that go with the palette of now."""
        if self._colours is None:
            self._colours = Colours.of(self.palette())
        return self._colours

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is seen."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        painter.fillRect(event.rect(), self.colours().ground)
        if self.content is None or not self.content.length:
            painter.setPen(self.colours().faint)
            words = "No sequence is open" if self.content is None else "This sequence has no letters"
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, words)
        else:
            self._picture(self.content).paint(painter)
        painter.end()

    def _picture(self, content: Content) -> Picture:
        places = self.places()
        strip = max(1, round(strip_of(places.overview).width()))
        if self._cover is None or self._cover[0] != strip:
            self._cover = (strip, feature_cover(content.lanes, content.length, strip))
        return Picture(
            content=content,
            scale=self.scale,
            places=places,
            colours=self.colours(),
            letter_font=QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont),
            selection=self.selection,
            caret=self.hasFocus(),
            hits=self.hits,
            current_hit=self.current_hit,
            scores=self.scores,
            scores_name=self.scores_name,
            cover=self._cover[1],
            page=self.page(),
            scroll=float(self.verticalScrollBar().value()),
            ratio=self.devicePixelRatioF(),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole in view if it was."""
        super().resizeEvent(event)
        self._refresh(self.scale.sized(self._width()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._colours = None
            self.viewport().update()
