"""The list of samples to label next: name, how unsure the model is, and why each is proposed."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from biofm_desktop.engine.jobs import Suggestion
from biofm_desktop.gui.theme import theme_colours

from .named import named, plain_tip
from .row_table import paint_ground

PROPOSAL, DONE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex


class ProposalModel(QAbstractListModel):
    """Proposals in their order; ``is_done`` says which of them have a label by now."""

    def __init__(self) -> None:
        super().__init__()
        self.proposals: list[Suggestion] = []
        self.is_done: Callable[[str], bool] = lambda _: False

    def set_proposals(self, proposals: Sequence[Suggestion]) -> None:
        """Show these."""
        self.beginResetModel()
        self.proposals = list(proposals)
        self.endResetModel()

    def refresh(self) -> None:
        """Show anew which are done."""
        if self.proposals:
            self.dataChanged.emit(self.index(0), self.index(len(self.proposals) - 1))

    def row_of(self, key: str) -> int:
        """Return the row of a sample (-1: it is not proposed)."""
        return next((n for n, each in enumerate(self.proposals) if each.key == key), -1)

    def next_key(self, key: str) -> str:
        """Return the next sample that is not done after this one, else the first of all (empty: all are done)."""
        start = self.row_of(key) + 1
        order = [*self.proposals[start:], *self.proposals[:start]]
        return next((each.key for each in order if each.key != key and not self.is_done(each.key)), "")

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.proposals)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        proposal = self.proposals[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return proposal.key
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(f"{proposal.key}\n{proposal.reason}\nThe model says: {proposal.prediction}")
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{proposal.key}: {proposal.reason}"
        if role == DONE:
            return self.is_done(proposal.key)
        return proposal if role == PROPOSAL else None


class _Row(QStyledItemDelegate):
    """Draws a proposal on two lines: name and score, and the reason below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the size of every row."""
        return QSize(160, 2 * option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a row."""
        colours, proposal = theme_colours(), index.data(PROPOSAL)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, state)
        text = rect.adjusted(8, 5, -8, -5)
        self._mark(painter, text, done=bool(index.data(DONE)))
        self._write(painter, text.adjusted(16, 0, -48, 0), Qt.AlignmentFlag.AlignTop, proposal.key, colours.text)
        painter.setPen(QColor(colours.faint))
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, f"{proposal.score:.2g}")
        self._write(painter, text.adjusted(16, 0, 0, 0), Qt.AlignmentFlag.AlignBottom, proposal.reason, colours.faint)
        painter.restore()

    def _mark(self, painter: QPainter, room: QRect, *, done: bool) -> None:
        """A full dot is labelled by now, a ring is not."""
        colour = QColor(theme_colours().good if done else theme_colours().faint)
        painter.setPen(colour)
        painter.setBrush(colour if done else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRect(room.left(), room.top() + 4, 8, 8))

    def _write(self, painter: QPainter, room: QRect, place: Qt.AlignmentFlag, text: str, colour: str) -> None:
        painter.setPen(QColor(colour))
        short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | place | Qt.TextFlag.TextSingleLine, short)


def proposal_list(model: ProposalModel) -> QListView:
    """Return the view of the proposals."""
    view = named(QListView(), "next.list", "Label these next", "What to label next; choose one to see it")
    view.setModel(model)
    view.setItemDelegate(_Row(view))
    view.setUniformItemSizes(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return view
