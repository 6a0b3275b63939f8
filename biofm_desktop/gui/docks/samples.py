"""The list of samples: pictures, labels, splits, and the way from one to the next."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.samples import Dataset, Sample
from biofm_desktop.gui.theme import icon, theme_bus, theme_colours
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.row_table import paint_ground
from biofm_desktop.gui.workers.thumbnails import SIDE, ThumbnailMaker

from .sample_model import (
    CORRECTED,
    DOUBTFUL,
    FILTERS,
    PINNED,
    PREDICTED,
    SAMPLE,
    THUMBNAIL,
    SampleModel,
    is_any,
    is_unlabelled,
    label_text,
)

_SPLITS = {"train": "Training", "val": "Validation", "test": "Test", "": "Undecided"}


class SamplesPanel(QWidget):
    """Shows the samples of a project; tells which one the user chose and where the user put others."""

    chosen = Signal(str)
    split_requested = Signal(str, list)
    remove_label_requested = Signal(list)
    accept_requested = Signal(list)
    pins_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = ThumbnailMaker(self)
        self.model = SampleModel(self.thumbnails.ask)
        self.thumbnails.made.connect(self.model.set_picture)
        self.filter_text = QLineEdit(placeholderText="Filter by name, class or split")
        tip = "Show only samples whose name, class or split holds this text"
        named(self.filter_text, "samples.filter", "Filter samples", tip)
        self.filter_text.setClearButtonEnabled(True)
        tip = "Show only samples of this kind"
        self.filter_kind = named(QComboBox(), "samples.filter_kind", "Kind of samples", tip)
        self.filter_kind.addItems(list(FILTERS))
        self.list = _list(self.model)
        self.counts = plain_label(wrap=False)
        self.counts.setObjectName("samples.counts")
        self.counts.setProperty("role", "faint")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(2)
        self._buttons.addWidget(self.counts, 1)
        self._dataset = Dataset("", ())
        whole, top = QVBoxLayout(self), QHBoxLayout()
        whole.setContentsMargins(6, 6, 6, 4)
        whole.setSpacing(6)
        top.setSpacing(6)
        top.addWidget(self.filter_text, 1)
        top.addWidget(self.filter_kind)
        self.filter_kind.setMaximumWidth(118)
        whole.addLayout(top)
        whole.addWidget(self.list, 1)
        whole.addLayout(self._buttons)
        self.filter_text.textChanged.connect(self._filter)
        self.filter_kind.currentTextChanged.connect(self._filter)
        self.list.selectionModel().currentChanged.connect(self._tell_current)
        self.list.customContextMenuRequested.connect(self._open_menu)
        theme_bus().changed.connect(self._redraw)

    def add_buttons(self, actions: Sequence[QAction]) -> None:
        """Put the ways to the next and the previous sample below the list."""
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            named(button, f"{action.objectName()}_button", action.text().replace("&", ""), action.toolTip())
            self._buttons.addWidget(button)

    def show_dataset(self, dataset: Dataset, corrected: set[str]) -> None:
        """Show the samples of a dataset; ``corrected`` ones have a label of the user."""
        self.thumbnails.forget()
        self._dataset = dataset
        self.filter_text.clear()
        self.filter_kind.setCurrentIndex(0)
        self.model.set_samples(dataset.samples)
        self.model.corrected, self.model.problems = corrected, dataset.problems_by_key()
        self._count()

    def update_dataset(self, dataset: Dataset, corrected: set[str], key: str) -> None:
        """Show a correction of one sample (several, where the key is empty)."""
        self._dataset = dataset
        current = self.current_key()
        self.model.corrected = corrected
        self.model.update_samples(dataset.samples, key)
        if not key:
            self.show_current(current)
        self._count()

    def show_current(self, key: str) -> None:
        """Mark the sample that is shown, without telling that it was chosen."""
        row = self.model.row_of(key)
        selection = self.list.selectionModel()
        if row < 0 or self.current_key() == key:
            return
        blocked = self.blockSignals(True)
        index = self.model.index(row)
        selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.blockSignals(blocked)
        self.list.scrollTo(index)

    def show_predictions(self, words: dict[str, str]) -> None:
        """Show what a model says of some samples."""
        self.model.predicted.update(words)
        self.list.viewport().update()

    def current_key(self) -> str:
        """Return the key of the marked sample."""
        index = self.list.currentIndex()
        return self.model.sample(index.row()).key if index.isValid() else ""

    def selected_keys(self) -> list[str]:
        """Return the keys of all selected samples."""
        return [self.model.sample(index.row()).key for index in self.list.selectionModel().selectedIndexes()]

    def next_key(self, key: str, step: int, *, unlabelled: bool = False) -> str:
        """Return the key of the next sample in the list (``step`` 1 or -1)."""
        return self.model.next_key(key, step, is_unlabelled if unlabelled else is_any)

    @property
    def pinned(self) -> tuple[str, ...]:
        """Return the keys of the pinned samples, in the order in which they were pinned."""
        return tuple(self.model.pinned)

    def set_pinned(self, keys: Sequence[str]) -> None:
        """Mark these samples as pinned, without telling it."""
        self.model.pinned = list(keys)
        self._redraw()

    def toggle_pins(self, keys: Sequence[str]) -> None:
        """Pin these samples; where all of them are pinned, let go of them."""
        if set(keys) <= set(self.pinned):
            self.set_pinned([key for key in self.pinned if key not in keys])
        else:
            self.set_pinned(list(dict.fromkeys((*self.pinned, *keys))))
        self.pins_changed.emit()

    def close_panel(self) -> None:
        """End the thread that draws pictures."""
        self.thumbnails.close()

    def _filter(self) -> None:
        current = self.current_key()
        self.model.filter(self.filter_text.text(), self.filter_kind.currentText())
        self.show_current(current)
        self._count()

    def _count(self) -> None:
        shown, samples = self.model.rowCount(), self._dataset.samples
        labelled = sum(sample.labelled for sample in samples)
        head = f"{shown:,} of {len(samples):,}" if shown != len(samples) else f"{len(samples):,}"
        noun = "sample" if len(samples) == 1 else "samples"
        self.counts.setText(f"{head} {noun} · {labelled:,} labelled" if samples else "No samples")

    def _tell_current(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.model.sample(index.row()).key)

    def _open_menu(self, place: QPoint) -> None:
        keys = self.selected_keys()
        if not keys:
            return
        menu = QMenu(self)
        splits = menu.addMenu("Use for")
        for split, title in _SPLITS.items():
            splits.addAction(title).triggered.connect(partial(self._ask_split, split, keys))
        menu.addAction("Accept prediction as label", lambda: self.accept_requested.emit(keys))
        menu.addAction("Remove label", lambda: self.remove_label_requested.emit(keys))
        pinned = set(keys) <= set(self.pinned)
        pin = "Unpin" if pinned else "Pin: predict after each epoch of a training"
        menu.addAction(pin, lambda: self.toggle_pins(keys)).setObjectName("samples.pin_these")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _ask_split(self, split: str, keys: list[str], _: bool = False) -> None:
        self.split_requested.emit(split, keys)

    def _redraw(self) -> None:
        self.list.viewport().update()


def _list(model: SampleModel) -> QListView:
    view = named(QListView(), "samples.list", "Samples", "The samples; choose one to see it")
    view.setModel(model)
    view.setItemDelegate(_Row(view))
    view.setUniformItemSizes(True)
    view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return view


class _Row(QStyledItemDelegate):
    """Draws a row: picture, key, label, and on the right the split and the state of the label."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the size of every row."""
        return QSize(180, SIDE + 10)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw a row."""
        colours, sample = theme_colours(), index.data(SAMPLE)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, rect, state)
        _draw_picture(painter, QRect(rect.left() + 5, rect.top() + 5, SIDE, SIDE), index.data(THUMBNAIL))
        text = rect.adjusted(SIDE + 14, 7, -10, -7)
        _draw_state(painter, text, sample, corrected=bool(index.data(CORRECTED)))
        doubtful = bool(index.data(DOUBTFUL))
        if doubtful:  # what was doubtful is in the tooltip
            sign = icon("alert-outline", colours.warning)
            sign.paint(painter, QRect(text.right() - 28, text.top(), 14, 14))
        pinned = bool(index.data(PINNED))
        if pinned:
            place = text.right() - (44 if doubtful else 28)
            icon("pin", colours.accent).paint(painter, QRect(place, text.top(), 14, 14))
        split = sample.split
        if split:
            painter.setPen(QColor(colours.faint))
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, split)
        key_room = text.adjusted(0, 0, -16 - 16 * (doubtful + pinned), 0)
        painter.setPen(QColor(colours.text))
        _draw_text(painter, key_room, Qt.AlignmentFlag.AlignTop, sample.key)
        predicted = index.data(PREDICTED)
        words = label_text(sample) + (f"  →  {predicted}" if predicted else "")
        painter.setPen(QColor(colours.faint))
        _draw_text(painter, text.adjusted(0, 0, -34 if split else 0, 0), Qt.AlignmentFlag.AlignBottom, words)
        painter.restore()


def _draw_text(painter: QPainter, room: QRect, place: Qt.AlignmentFlag, text: str) -> None:
    short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | place | Qt.TextFlag.TextSingleLine, short)


def _draw_picture(painter: QPainter, room: QRect, picture: QPixmap | None) -> None:
    path = QPainterPath()
    path.addRoundedRect(room, 5, 5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillPath(path, QColor(theme_colours().hover))
    if picture is not None:
        painter.save()
        painter.setClipPath(path)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        side = min(picture.width(), picture.height())
        part = QRect((picture.width() - side) // 2, (picture.height() - side) // 2, side, side)
        painter.drawPixmap(room, picture, part)
        painter.restore()


def _draw_state(painter: QPainter, room: QRect, sample: Sample, *, corrected: bool) -> None:
    """A full dot is labelled, a ring is not; the accent colour says that the user did it."""
    colours = theme_colours()
    dot = QRect(room.right() - 8, room.top() + 3, 8, 8)
    colour = QColor(colours.accent if corrected else colours.good if sample.labelled else colours.faint)
    painter.setPen(colour)
    painter.setBrush(colour if sample.labelled else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(dot)
