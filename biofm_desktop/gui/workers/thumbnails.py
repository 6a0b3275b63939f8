"""A worker: draws small pictures of samples, those asked for last first."""

from collections import OrderedDict
from threading import Condition, Thread

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage

from biofm_desktop.engine.samples import ALPHABETS, ImageSample, Sample, SequenceSample

SIDE = 44
#: Larger files would keep the disk busy for a picture of 44 pixels.
LARGEST_BYTES = 512 << 20
_LETTERS = ("#4cbf8a", "#4b9cf5", "#e5b04b", "#ef6b6b", "#b58af0", "#4fc7d6", "#f29e4c", "#ef6b8f")


class ThumbnailMaker(QObject):
    """Makes pictures in a thread of low priority; ``made`` gives the key and a QImage (null: none can be made)."""

    made = Signal(str, QImage)
    _drawn = Signal(str, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: OrderedDict[str, Sample] = OrderedDict()
        self._bell, self._open = Condition(), True
        self._thread: Thread | None = None
        self._drawn.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def ask(self, sample: Sample) -> None:
        """Want a picture of a sample; the latest wish is served first, and the oldest of many are dropped."""
        with self._bell:
            self._wanted[sample.key] = sample
            self._wanted.move_to_end(sample.key)
            while len(self._wanted) > 64:
                self._drop_oldest()
            self._bell.notify()
        if self._thread is None:
            self._thread = Thread(target=self._work, name="thumbnails", daemon=True)
            self._thread.start()

    def forget(self) -> None:
        """Want nothing any more."""
        with self._bell:
            self._wanted.clear()

    def close(self) -> None:
        """End the thread, after the picture that it draws now."""
        with self._bell:
            self._open = False
            self._wanted.clear()
            self._bell.notify()
        if self._thread is not None:
            self._thread.join(5.0)

    def _drop_oldest(self) -> None:
        key, _ = self._wanted.popitem(last=False)
        self._drawn.emit(key, QImage())

    def _work(self) -> None:
        while True:
            with self._bell:
                while self._open and not self._wanted:
                    self._bell.wait()
                if not self._open:
                    return
                key, sample = self._wanted.popitem(last=True)
            try:
                picture = draw(sample)
            except Exception:  # noqa: BLE001 - a file that cannot be read is told when it is opened, not here
                picture = QImage()
            if self._open:
                self._drawn.emit(key, picture)

    @Slot(str, QImage)
    def _tell(self, key: str, picture: QImage) -> None:
        if self._open:
            self.made.emit(key, picture)


def draw(sample: Sample) -> QImage:
    """Return a picture of a sample, at most 88 pixels wide and high; null where its file is too large."""
    if isinstance(sample, ImageSample):
        return QImage() if sample.pixels.nbytes > LARGEST_BYTES else _of_image(sample)
    if isinstance(sample, SequenceSample):
        return _of_letters(sample)
    return QImage()


def _of_image(sample: ImageSample) -> QImage:
    planes = sample.planes()
    if planes.ndim == 4:
        planes = planes[:, planes.shape[1] // 2]
    step = max(1, min(planes.shape[1:]) // (2 * SIDE))
    planes = planes[:3, ::step, ::step].astype(np.float32)
    if len(planes) == 2:
        planes = np.concatenate([planes, np.zeros_like(planes[:1])])
    grey = np.moveaxis(planes if len(planes) == 3 else np.repeat(planes[:1], 3, axis=0), 0, -1)
    return _picture(stretched(grey, sample.pixels.dtype == np.uint8))


def stretched(values: NDArray[np.float32], is_byte: bool) -> NDArray[np.uint8]:
    """Return values as bytes, from black to white but for the few darkest and brightest."""
    values = np.nan_to_num(values)
    low, high = np.percentile(values, (0.5, 99.5))
    if is_byte and high - low > 60:
        low, high = 0.0, 255.0
    return (np.clip((values - low) / max(float(high - low), 1e-9), 0, 1) * 255).astype(np.uint8)


def _of_letters(sample: SequenceSample) -> QImage:
    """Draw the first letters as coloured squares, row by row."""
    side = 12
    indices = ALPHABETS[sample.alphabet].indices(sample.letters[: side * side])
    colours = np.array([_rgb("#929bab"), *(_rgb(colour) for colour in _LETTERS)], np.uint8)
    squares = np.full((side * side, 3), 128, np.uint8)
    squares[: len(indices)] = colours[np.where(indices > 0, (indices - 1) % len(_LETTERS) + 1, 0)]
    rows = max(1, -(-len(indices) // side))
    return _picture(np.kron(squares.reshape(side, side, 3)[:rows], np.ones((7, 7, 1), np.uint8)))


def _rgb(colour: str) -> tuple[int, int, int]:
    known = QColor(colour)
    return known.red(), known.green(), known.blue()


def _picture(rgb: NDArray[np.uint8]) -> QImage:
    rgb = np.ascontiguousarray(rgb)
    height, width, _ = rgb.shape
    side = 2 * SIDE
    picture = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    return picture.scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
