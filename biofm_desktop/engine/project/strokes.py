"""A change to a mask: the pixels that differ, with their values before and after, packed small."""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault

_HEAD = struct.Struct("<BIII")
_VERSION = 1
_LARGE = 0x80

Mask = NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class Runs:
    """Values with how often each stands in a row: a run-length code."""

    values: NDArray[np.uint32]
    counts: NDArray[np.uint64]

    @classmethod
    def of(cls, values: NDArray[np.uint32]) -> "Runs":
        """Pack values, of which there is at least one."""
        starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
        return cls(values[starts], np.diff(starts, append=len(values)).astype(np.uint64))

    def unpacked(self) -> NDArray[np.uint32]:
        """Return the values, one by one."""
        return np.repeat(self.values, self.counts.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Stroke:
    """The changed pixels of one mask as runs of flat indices (C order), and their values before and after."""

    starts: NDArray[np.uint64]
    lengths: NDArray[np.uint64]
    before: Runs
    after: Runs

    @classmethod
    def between(cls, before: Mask, after: Mask, where: tuple[slice, ...] = ()) -> "Stroke | None":
        """Return what changed from one mask to another of its shape, looked for in ``where``; None: nothing."""
        changed = np.nonzero(before[where] != after[where])
        if not changed[0].size:
            return None
        if where:
            changed = tuple(
                part + span.indices(size)[0] for part, span, size in zip(changed, where, before.shape, strict=True)
            )
        flat = np.ravel_multi_index(changed, before.shape)
        first = np.flatnonzero(np.concatenate(([True], np.diff(flat) != 1)))
        return cls(
            flat[first].astype(np.uint64),
            np.diff(first, append=len(flat)).astype(np.uint64),
            Runs.of(before[changed].astype(np.uint32)),
            Runs.of(after[changed].astype(np.uint32)),
        )

    @property
    def top(self) -> int:
        """Return the greatest value that it writes or takes away."""
        return int(max(self.after.values.max(), self.before.values.max()))

    def indices(self) -> NDArray[np.int64]:
        """Return the flat indices of the changed pixels, in order."""
        lengths = self.lengths.astype(np.int64)
        ends = np.cumsum(lengths)
        return np.arange(ends[-1]) + np.repeat(self.starts.astype(np.int64) - (ends - lengths), lengths)

    def apply(self, mask: Mask, *, forward: bool) -> tuple[slice, ...]:
        """Set the values after (or before) in place; return the box that holds what was set."""
        flat = self.indices()
        if flat[-1] >= mask.size:
            raise Fault("journal", "a stroke lies outside of its image", "Restore the image of that size")
        mask.reshape(-1)[flat] = (self.after if forward else self.before).unpacked()
        places = np.unravel_index(flat, mask.shape)
        return tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in places)

    def encode(self) -> bytes:
        """Return it as bytes."""
        large = bool(self.starts[-1] + self.lengths[-1] > 0xFFFFFFFF)
        kind = np.uint64 if large else np.uint32
        head = _HEAD.pack(
            _VERSION | (_LARGE if large else 0), len(self.starts), len(self.before.values), len(self.after.values)
        )
        gaps = np.diff(self.starts, prepend=np.uint64(0))
        parts = (gaps, self.lengths, self.before.counts, self.after.counts)
        numbers = b"".join(part.astype(kind).tobytes() for part in parts)
        return head + zlib.compress(numbers + self.before.values.tobytes() + self.after.values.tobytes(), 1)

    @classmethod
    def decode(cls, data: bytes) -> "Stroke":
        """Return what `encode` made; raise `ValueError` where it is broken."""
        mark, runs, before, after = _HEAD.unpack_from(data)
        if mark & ~_LARGE != _VERSION:
            raise ValueError("a stroke of an unknown version")
        kind = np.dtype(np.uint64 if mark & _LARGE else np.uint32)
        raw, place = zlib.decompress(data[_HEAD.size :]), 0
        parts = []
        for count, dtype in ((runs, kind), (runs, kind), (before, kind), (after, kind), (before, None), (after, None)):
            used = np.dtype(dtype or np.uint32)
            parts.append(np.frombuffer(raw, used, count, place))
            place += count * used.itemsize
        gaps, lengths, before_counts, after_counts, before_values, after_values = parts
        wide = [
            part.astype(np.uint64) for part in (np.cumsum(gaps, dtype=np.uint64), lengths, before_counts, after_counts)
        ]
        return cls(wide[0], wide[1], Runs(before_values, wide[2]), Runs(after_values, wide[3]))
