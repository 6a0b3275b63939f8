"""The masks of a project: what the data gave, the strokes laid over it, and the chunk files that follow behind."""

import zlib
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault

from .chunks import chunk_shape, covering, drop, read_chunks, write_chunks
from .database import Damaged, Database
from .journal import Journal
from .strokes import Mask, Stroke

if TYPE_CHECKING:
    from threading import RLock

LABELS = "labels"
_KEPT_BYTES = 512 << 20


def label_path(folder: Path, key: str) -> Path:
    """Return where the mask of a sample lies; keys that no file can be named after are spelt out."""
    stem = quote(key, safe=" !#$&'()+,;=@[]{}~")
    if len(stem) > 120 or stem.endswith((".", " ")) or stem.startswith("."):
        stem = f"{stem[:100].strip('. ')}-{sha256(key.encode()).hexdigest()[:12]}"
    return folder / LABELS / f"{stem}.zarr"


class Labels:
    """The masks that the user changed, newest state. May be used from several threads.

    A mask is what `Journal` says: the base (what the data gave when it was first changed) with all moves in order.
    ``labels/`` holds each mask as of some row, so that only what came later is laid over it at opening.
    """

    def __init__(
        self, folder: Path, database: Database, journal: Journal, lock: "RLock", *, chunks: bool = True
    ) -> None:
        self._folder, self._database, self._journal = folder, database, journal
        self._lock = lock  # the project's: a stroke in the journal and in the mask are one step for `flush`
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._now: OrderedDict[str, Mask] = OrderedDict()
        self._dirty: dict[str, set[tuple[int, ...]]] = {}
        written = database.rows("SELECT key, journal FROM applied") if chunks else []
        self._written: dict[str, int] = dict(written)
        self._tops: dict[str, int] = dict(database.rows("SELECT key, top FROM bases"))
        #: What was wrong with chunk files that were then made anew.
        self.repaired: list[str] = []

    def known(self, key: str) -> bool:
        """Say whether this mask was ever changed."""
        return key in self._tops

    def dtype(self, key: str) -> np.dtype[Any]:
        """Return the smallest type that holds every value that was ever in this mask."""
        return np.min_scalar_type(max(self._tops.get(key, 0), self._journal.tops.get(key, 0)))

    def read(self, key: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return a copy of a mask."""
        with self._lock:
            return self._current(key, shape).copy()

    def original(self, key: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return what the data gave when this mask was first changed."""
        return self._base(key, shape)

    def stroke(
        self, key: str, mask: Mask, where: tuple[slice, ...], original: Callable[[], NDArray[Any] | None]
    ) -> tuple[Stroke | None, dict[str, Any]]:
        """Return what changes a mask to this one, and the row of its base where it is the first change."""
        with self._lock:
            self._shapes[key] = mask.shape
            if self.known(key):
                return Stroke.between(self._current(key, mask.shape), mask, where), {}
            given = original()
            before = np.zeros(mask.shape, mask.dtype) if given is None else smallest(key, np.asarray(given))
            stroke = Stroke.between(before, mask, where)
            if stroke is None:
                return None, {}
            top = int(before.max()) if before.size else 0
            body = zlib.compress(before.astype(np.uint32).tobytes(), 1) if top else None
            return stroke, {key: (top, body, zlib.crc32(body or b""))}

    def begin(self, bases: dict[str, Any]) -> None:
        """Take up the bases that were written with an edit."""
        with self._lock:
            self._tops |= {key: top for key, (top, _, _) in bases.items()}

    def moved(self, strokes: dict[str, Stroke], *, forward: bool) -> None:
        """Take up strokes that stand in the journal already (or were taken back there)."""
        with self._lock:
            for key, stroke in strokes.items():
                self._dirty.setdefault(key, set())
                mask = self._now.get(key)
                if mask is None:
                    continue  # it is made from the journal when it is asked for
                if mask.dtype != self.dtype(key):
                    mask = self._now[key] = mask.astype(self.dtype(key))
                box = stroke.apply(mask, forward=forward)
                self._dirty[key] |= covering(box, mask.shape)

    def flush(self) -> None:
        """Bring the chunk files up to the journal; the database must have been synced just before.

        Raises `Fault` where the disk does not let us; nothing is lost then, the journal has it all.
        """
        while True:
            with self._lock:
                waiting = [key for key in self._dirty if key in self._shapes]
                if not waiting:
                    return
                key, number = waiting[0], self._journal.last
                mask = self._current(key, self._shapes[key])
                places = self._dirty.pop(key)
                edges = chunk_shape(mask.shape)
                chunks = {
                    place: mask[tuple(slice(p * e, (p + 1) * e) for p, e in zip(place, edges))].copy()
                    for place in places
                }
            try:
                write_chunks(label_path(self._folder, key), mask.shape, chunks)
                with self._database.writing() as connection:
                    connection.execute("INSERT OR REPLACE INTO applied VALUES (?, ?)", (key, number))
            except Fault:
                with self._lock:
                    self._dirty.setdefault(key, set()).update(places)
                raise
            with self._lock:
                self._written[key] = number
                self._forget()

    def _current(self, key: str, shape: tuple[int, ...]) -> Mask:
        mask = self._now.get(key)
        if mask is None:
            self._shapes[key] = shape
            mask = self._now[key] = self._made(key, shape)
            self._forget()
        self._now.move_to_end(key)
        return mask

    def _made(self, key: str, shape: tuple[int, ...]) -> Mask:
        """Make a mask from its chunk files, or from its base, and the moves since."""
        since = self._written.get(key, 0)
        if since:
            try:
                mask = read_chunks(label_path(self._folder, key), shape).astype(self.dtype(key))
            except Fault as fault:
                self.repaired.append(f"{key}: its label file was damaged and was made anew from the journal")
                since = 0
                self._start_anew(key, fault)
        if not since:
            mask = self._base(key, shape)
            self._dirty[key] = covering(tuple(slice(0, size) for size in shape), shape)
        known: dict[int, Stroke] = {}
        for move in self._journal.moves.get(key, []):
            if move.number > since:
                stroke = known.get(move.edit) or self._journal.body(move.edit)[1][key]
                known[move.edit] = stroke
                box = stroke.apply(mask, forward=move.forward)
                self._dirty.setdefault(key, set()).update(covering(box, shape))
        return mask

    def _start_anew(self, key: str, fault: Fault) -> None:
        if self._database.read_only:
            return
        path = label_path(self._folder, key)
        self._written.pop(key, None)
        with self._database.writing() as connection:
            connection.execute("DELETE FROM applied WHERE key = ?", (key,))
        drop(path)

    def _base(self, key: str, shape: tuple[int, ...]) -> Mask:
        rows = self._database.rows("SELECT top, body, crc FROM bases WHERE key = ?", (key,))
        if not rows:
            raise Damaged(self._database.path, f"the first label of {key} is missing", "Restore a generation")
        _, body, crc = rows[0]
        if zlib.crc32(body or b"") != crc:
            raise Damaged(self._database.path, f"the first label of {key} is damaged", "Restore a generation")
        if body is None:
            return np.zeros(shape, self.dtype(key))
        values = np.frombuffer(zlib.decompress(body), np.uint32)
        if values.size != np.prod(shape, dtype=np.int64):
            raise Fault(key, "its image has another size than when it was labelled", "Restore the image of that size")
        return values.reshape(shape).astype(self.dtype(key))

    def _forget(self) -> None:
        """Keep the masks used last, and those that the chunk files do not hold yet."""
        for key in list(self._now):
            if sum(mask.nbytes for mask in self._now.values()) <= _KEPT_BYTES or len(self._now) == 1:
                return
            if key not in self._dirty:
                del self._now[key]


def smallest(key: str, mask: NDArray[Any]) -> Mask:
    """Return the mask in the smallest unsigned type that holds its values; raise `Fault` where it is no mask."""
    if mask.dtype == bool:
        return mask.astype(np.uint8)
    if not np.issubdtype(mask.dtype, np.integer):
        raise Fault(key, "the values of a label must be whole numbers")
    if mask.dtype == np.uint8:
        return mask
    low, high = (int(mask.min()), int(mask.max())) if mask.size else (0, 0)
    if low < 0 or high > 0xFFFFFFFF:
        raise Fault(key, f"the values of a label must lie between 0 and {0xFFFFFFFF}, not {low} to {high}")
    return mask.astype(np.min_scalar_type(high), copy=False)
