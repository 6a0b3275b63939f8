"""Mouse and keys: what the user's hand does to the canvas."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from biofm_desktop.engine.samples import Feature

from .canvas import SequenceCanvas
from .features import ROW
from .scale import MARGIN
from .words import about_feature, plain_tip

_DRAG = Qt.MouseButton.LeftButton


class SequenceView(SequenceCanvas):
    """The canvas with selection by mouse and keys, zoom by wheel, tooltips and a menu."""

    menu_requested = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed = ""
        self._drag_x = 0.0
        self._edge_timer = QTimer(self)
        self._edge_timer.setInterval(30)
        self._edge_timer.timeout.connect(self._drag_over_edge)

    # Mouse -------------------------------------------------------------------------------------------------------

    def feature_at(self, point: QPointF) -> Feature | None:
        """Return the feature under a point of the viewport."""
        rect = self.places().features
        if self.content is None or not rect.contains(point):
            return None
        row = int((point.y() - rect.top() + self.verticalScrollBar().value()) // ROW)
        return self.content.lanes.at(row, self.scale.position(point.x()), 1.5 / self.scale.letter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start a selection, take a feature, or move the window in the overview."""
        if event.button() is not _DRAG or self.content is None:
            return
        point = event.position()
        if self.places().overview.contains(point):
            self._pressed = "overview"
            self._move_window(point.x())
            return
        feature = self.feature_at(point)
        if feature and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.select(feature.start, feature.end, show=False)
            return
        self._pressed = "page" if self.places().page.contains(point) else "letters"
        caret = self._boundary(point)
        self._set_selection(self._anchor if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else caret, caret)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Widen the selection, or show by the cursor what a click would do."""
        point = event.position()
        if self._pressed == "overview":
            self._move_window(point.x())
        elif self._pressed == "letters":
            self._drag_x = point.x()
            outside = not 0 <= self._drag_x <= self.scale.width
            if outside != self._edge_timer.isActive():
                self._edge_timer.start() if outside else self._edge_timer.stop()
            self._set_selection(self._anchor, self.scale.boundary(point.x()))
        elif self._pressed == "page":
            self._set_selection(self._anchor, self._boundary(point))
        else:
            places = self.places()
            text = self.content is not None and (places.letters.contains(point) or places.page.contains(point))
            hand = self.feature_at(point) is not None or self.places().overview.contains(point)
            shape = Qt.CursorShape.IBeamCursor if text else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else shape)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the drag."""
        self._pressed = ""
        self._edge_timer.stop()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Zoom to a feature."""
        if feature := self.feature_at(event.position()):
            edge = max(2, (feature.end - feature.start) // 20)
            self.zoom_to(feature.start - edge, feature.end + edge)

    def _boundary(self, point: QPointF) -> int:
        return self.page().boundary(point) if self._pressed == "page" else self.scale.boundary(point.x())

    def _drag_over_edge(self) -> None:
        over = self._drag_x if self._drag_x < 0 else self._drag_x - self.scale.width
        self._refresh(self.scale.moved(self.scale.first + over * 0.5 / self.scale.letter))
        self._set_selection(self._anchor, self.scale.boundary(min(max(self._drag_x, 0.0), self.scale.width)))

    def _move_window(self, x: float) -> None:
        share = (x - MARGIN) / max(1.0, self.scale.room)
        self._refresh(self.scale.moved(share * self.scale.length - self.scale.span / 2))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with ctrl zoom round the cursor; over hidden feature rows scroll these."""
        turn = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1.0015 ** event.angleDelta().y(), event.position().x())
        elif self.places().page.contains(event.position()):
            page = self.page()
            lines = -round(turn.y() / 40) or (-1 if turn.y() > 0 else 1)
            self.scroll_page(page.start + lines * page.columns)
        elif turn.x() == 0 and self._over_hidden_rows(event):
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - turn.y())
        else:
            along = turn.x() if abs(turn.x()) > abs(turn.y()) else turn.y()
            self._refresh(self.scale.moved(self.scale.first - along / self.scale.letter))
        event.accept()

    def _over_hidden_rows(self, event: QWheelEvent) -> bool:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        return (
            not shift and self.verticalScrollBar().maximum() > 0 and self.places().features.contains(event.position())
        )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu."""
        self.menu_requested.emit(event.globalPos())

    def viewportEvent(self, event: QEvent) -> bool:
        """Show tooltips of features and letters."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.tip(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(text) if text else "", self.viewport())
            return True
        return bool(super().viewportEvent(event))

    def tip(self, point: QPointF) -> str:
        """Return what there is to say about a point, as plain text."""
        if self.content is None:
            return ""
        if feature := self.feature_at(point):
            return about_feature(feature, self.content.unit)
        place, places = self.scale.letter_at(point.x()), self.places()
        if places.page.contains(point):
            place = self.page().letter_at(point)
        over = places.ruler.united(places.scores if self.scores else places.letters)
        if place is None or not (over.contains(point) or places.page.contains(point)):
            return ""
        text = f"{place + 1:,}: {self.content.sample.letters[place]}"
        value = self.scores.at(place) if self.scores else float("nan")
        return text if value != value else f"{text}\n{self.scores_name} {value:.4g}"

    # Keys --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, select, zoom and copy."""
        extend = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        # Selecting is exact; walking over a zoomed-out sequence takes steps that can be seen.
        step = 1 if extend else max(1, round(6 / self.scale.letter))
        page = max(1, int(self.scale.span * 0.9))
        moves = {
            Qt.Key.Key_Left: -step,
            Qt.Key.Key_Right: step,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -self.scale.length,
            Qt.Key.Key_End: self.scale.length,
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.set_scale(self.scale.moved(self.scale.first + moves[key]))
        if key in moves:
            self._move_caret(self._caret + moves[key], extend)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            down = int(ROW) if key is Qt.Key.Key_Down else -int(ROW)
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + down)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.zoom(1 / 1.5 if key is Qt.Key.Key_Minus else 1.5)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.select(0, self.scale.length, show=False)
        elif key is Qt.Key.Key_Escape:
            self._set_selection(self._caret, self._caret)
        else:
            super().keyPressEvent(event)
