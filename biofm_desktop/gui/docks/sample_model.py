"""The list of samples as Qt's views see it: rows, pictures, states, and the filter."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage, QPixmap

from biofm_desktop.engine.samples import ImageSample, Sample
from biofm_desktop.gui.widgets.named import plain_tip

SAMPLE, THUMBNAIL, CORRECTED, PREDICTED, DOUBTFUL, PINNED = (Qt.ItemDataRole.UserRole + n for n in range(1, 7))
_MOST_TOLD = 5
_KEPT = 2000
_Index = QModelIndex | QPersistentModelIndex


def is_any(_: Sample) -> bool:
    """Say yes."""
    return True


def is_unlabelled(sample: Sample) -> bool:
    """Say whether a sample has nothing to learn from."""
    return not sample.labelled


FILTERS: dict[str, Callable[[Sample], bool]] = {
    "All samples": is_any,
    "Not labelled": is_unlabelled,
    "Labelled": lambda sample: sample.labelled,
    "Training": lambda sample: sample.split == "train",
    "Validation": lambda sample: sample.split == "val",
    "Test": lambda sample: sample.split == "test",
}


class SampleModel(QAbstractListModel):
    """Samples in order, those that pass the filter; pictures are wanted only when a view draws their row."""

    def __init__(self, want: Callable[[Sample], None]) -> None:
        super().__init__()
        self._want = want
        self._samples: Sequence[Sample] = ()
        self._rows: list[int] = []
        self._row_of: dict[str, int] = {}
        self._place: dict[str, int] = {}
        self._pictures: dict[str, QPixmap | None] = {}
        self._text, self._choice = "", "All samples"
        self.corrected: set[str] = set()
        self.problems: dict[str, list[str]] = {}
        self.predicted: dict[str, str] = {}
        self.pinned: list[str] = []

    def set_samples(self, samples: Sequence[Sample]) -> None:
        """Show other samples."""
        self._pictures.clear()
        self.predicted.clear()
        self.pinned.clear()
        self._samples = samples
        self._place = {sample.key: place for place, sample in enumerate(samples)}
        self._filter_rows()

    def update_samples(self, samples: Sequence[Sample], key: str) -> None:
        """Show the same samples after a correction (of one, or of several where the key is empty)."""
        self._samples = samples
        if not key:
            self._filter_rows()
        elif key in self._row_of:
            index = self.index(self._row_of[key])
            self.dataChanged.emit(index, index)

    def filter(self, text: str, choice: str) -> None:
        """Show only samples whose key, label or split holds the text, and of the chosen kind."""
        self._text, self._choice = text.strip().lower(), choice
        self._filter_rows()

    def row_of(self, key: str) -> int:
        """Return the row of a sample; -1 where the filter hides it."""
        return self._row_of.get(key, -1)

    def sample(self, row: int) -> Sample:
        """Return the sample of a row."""
        return self._samples[self._rows[row]]

    def next_key(self, key: str, step: int, wanted: Callable[[Sample], bool] = is_any) -> str:
        """Return the key of the next row (``step`` 1 or -1) that is wanted; empty where there is none."""
        row = self._row_of.get(key)
        if row is None:
            row = -1 if step > 0 else len(self._rows)
        row += step
        while 0 <= row < len(self._rows):
            if wanted(self.sample(row)):
                return self.sample(row).key
            row += step
        return ""

    def set_picture(self, key: str, picture: QImage) -> None:
        """Take over a picture that was made (null: there is none)."""
        if len(self._pictures) > _KEPT:
            self._pictures.clear()
        if picture.isNull():
            self._pictures.pop(key, None) if key not in self._place else self._pictures.update({key: None})
        else:
            self._pictures[key] = QPixmap.fromImage(picture)
        if key in self._row_of:
            index = self.index(self._row_of[key])
            self.dataChanged.emit(index, index, [THUMBNAIL])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of rows that pass the filter."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row shows."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        sample = self.sample(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return sample.key
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            pinned = "pinned" if sample.key in self.pinned else ""
            words = [sample.key, label_text(sample), sample.split, self.predicted.get(sample.key, ""), pinned]
            text = " · ".join(filter(None, words))
            told = self.problems.get(sample.key, [])
            text = "\n".join([text, *told[:_MOST_TOLD], *(["…"] if len(told) > _MOST_TOLD else [])])
            return plain_tip(text) if role == Qt.ItemDataRole.ToolTipRole else text
        if role == SAMPLE:
            return sample
        if role == CORRECTED:
            return sample.key in self.corrected
        if role == PREDICTED:
            return self.predicted.get(sample.key, "")
        if role == DOUBTFUL:
            return sample.key in self.problems
        if role == PINNED:
            return sample.key in self.pinned
        if role == THUMBNAIL:
            if sample.key not in self._pictures:
                self._pictures[sample.key] = None
                self._want(sample)
            return self._pictures[sample.key]
        return None

    def _filter_rows(self) -> None:
        self.beginResetModel()
        wanted, text = FILTERS[self._choice], self._text
        self._rows = [
            place
            for place, sample in enumerate(self._samples)
            if wanted(sample) and (not text or text in f"{sample.key} {label_text(sample)} {sample.split}".lower())
        ]
        self._row_of = {self._samples[place].key: row for row, place in enumerate(self._rows)}
        self.endResetModel()


def label_text(sample: Sample) -> str:
    """Return what is to be learnt of a sample, in a few words."""
    if sample.target is not None:
        return f"{sample.target:.6g}" if isinstance(sample.target, float) else str(sample.target)
    if not isinstance(sample, ImageSample):
        return "not labelled"
    shapes = len(sample.regions)
    counted = f"{shapes} shape{'s' if shapes > 1 else ''}" if shapes else ""
    return ", ".join(filter(None, ("mask" if sample.mask is not None else "", counted))) or "not labelled"
