"""A worker: reads the pixels and masks of samples, the wanted one first, its neighbours ahead of time."""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal, Slot

from biofm_desktop.engine.samples import ImageSample, LazyImage
from biofm_desktop.gui.workers.open_worker import plain

#: Read samples are kept up to this many bytes, so that going back and forth is instant.
KEPT_BYTES = 256 << 20


@dataclass(frozen=True, eq=False)
class Pixels:
    """A sample with its values in memory, not to be written to; ``mask`` is None where it has none."""

    sample: ImageSample
    image: NDArray[Any]
    mask: NDArray[Any] | None


class PixelReader(QObject):
    """Reads in one thread; `read` and `failed` tell of the sample that was asked for last, and of no other."""

    read = Signal(object)
    failed = Signal(str, object)
    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pixels")
        self._kept: OrderedDict[int, tuple[LazyImage, NDArray[Any]]] = OrderedDict()
        self._lock = Lock()
        self._wanted: ImageSample | None = None
        self._ahead: list[Future[None]] = []
        self._done.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def ask(self, sample: ImageSample, neighbours: Sequence[ImageSample] = ()) -> None:
        """Read a sample (at once where it is kept), then its neighbours."""
        self._wanted = sample
        for future in self._ahead:
            future.cancel()
        image = self._kept_of(sample.pixels)
        mask = None if sample.mask is None else self._kept_of(sample.mask)
        if image is not None and (mask is not None or sample.mask is None):
            self._ahead = []
            self.read.emit(Pixels(sample, image, mask))
        else:
            self._ahead = [self._pool.submit(self._read, sample)]
        small = [n for n in neighbours if n.pixels.nbytes < KEPT_BYTES // 4]
        self._ahead += [self._pool.submit(self._read, neighbour) for neighbour in small]

    def forget(self) -> None:
        """Forget everything; what is being read now is dropped."""
        self._wanted = None
        with self._lock:
            self._kept.clear()

    def close(self) -> None:
        """End the thread, after the file that it reads now."""
        self._wanted = None
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _read(self, sample: ImageSample) -> None:
        try:
            mask = None if sample.mask is None else self._values(sample.mask)
            pixels = Pixels(sample, self._values(sample.pixels), mask)
        except Exception as error:  # noqa: BLE001 - shown in the window, whatever a reader raises
            self._done.emit(sample, error)
        else:
            self._done.emit(sample, pixels)

    def _values(self, image: LazyImage) -> NDArray[Any]:
        kept = self._kept_of(image)
        if kept is not None:
            return kept
        values = image.read()
        with self._lock:
            self._kept[id(image)] = (image, values)
            while len(self._kept) > 2 and sum(v.nbytes for _, v in self._kept.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
        return values

    def _kept_of(self, image: LazyImage) -> NDArray[Any] | None:
        with self._lock:
            if id(image) not in self._kept:
                return None
            self._kept.move_to_end(id(image))
            return self._kept[id(image)][1]

    @Slot(object, object)
    def _take(self, sample: ImageSample, result: object) -> None:
        if sample is not self._wanted:
            return
        if isinstance(result, Pixels):
            self.read.emit(result)
        elif isinstance(result, Exception):
            self.failed.emit(sample.key, plain(result, [sample.source] if sample.source else []))
