"""Pictures that are equal, or one picture saved, scaled, lit or shifted a little differently."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample

from .equal import equal_leaks
from .leak import Clock, Compared, Kind, Leak, earlier

Array = NDArray[np.float32]

_SIDE, _SHIFT, _COARSE = 32, 3, 3.0
_MOST_BITS = 10  # of 64; what differs more is not looked at
_HOPELESS, _ALIKE = 0.4, 0.92
_BLOCK, _PAIRS = 64, 2048
_FOR_READING = 0.7  # of the time
_LARGEST = 1 << 30


@dataclass(frozen=True, eq=False)
class Look:
    """What is kept of a picture: a digest of all its pixels, its 64-bit perceptual hash, and it at 32 x 32."""

    digest: str
    hash: np.uint64
    small: NDArray[np.float16]


def picture_leaks(samples: Sequence[ImageSample], clock: Clock) -> Iterator[Leak | Progress | Compared]:
    """Give the pictures of val and test that an earlier split holds too; those held out are read first."""
    order = sorted(range(len(samples)), key=lambda place: samples[place].split == "train")
    looks: dict[int, Look | None] = {}
    for place in order:
        if clock.over(_FOR_READING):
            break
        looks[place] = look_at(samples[place])
        yield Progress(len(looks), len(samples), "Looking for leaks")
    places = [place for place in sorted(looks) if looks[place] is not None]
    seen, kept = [samples[place] for place in places], [look for p in places if (look := looks[p]) is not None]
    told = set()
    for leak in equal_leaks(seen, [look.digest for look in kept], Kind.CONTENT):
        told.add(leak.second)
        yield leak
    left = len(samples) - len(looks)
    for found in near_leaks(seen, kept, clock):
        if isinstance(found, Compared):
            left += len(kept) - found.done
        elif isinstance(found, Progress) or found.second not in told:
            yield found
    yield Compared(len(samples) - left)


def look_at(sample: ImageSample) -> Look | None:
    """Return what is kept of a picture; None where it cannot be read, is larger than 1 GB or blank."""
    from imagehash import phash
    from PIL import Image

    if sample.pixels.nbytes > _LARGEST:
        return None
    try:
        planes = sample.planes()
    except Fault:
        return None
    flat = np.nan_to_num(planes.mean(tuple(range(planes.ndim - 2)), dtype=np.float32), posinf=0.0, neginf=0.0)
    if not flat.size or np.ptp(flat) == 0:
        return None
    digest = hashlib.blake2b(np.ascontiguousarray(planes).tobytes() + repr(planes.shape).encode()).hexdigest()
    small = np.asarray(Image.fromarray(flat).resize((_SIDE, _SIDE), Image.Resampling.BOX))
    small = (small - small.min()) / max(float(np.ptp(small)), 1e-9)
    bits = phash(Image.fromarray((small * 255).astype(np.uint8))).hash
    return Look(digest, np.packbits(bits.ravel()).view(np.uint64)[0], small.astype(np.float16))


def near_leaks(
    samples: Sequence[ImageSample], looks: Sequence[Look], clock: Clock
) -> Iterator[Leak | Progress | Compared]:
    """Give for each held-out picture the most alike one of an earlier split, where one is alike enough."""
    hashes, details, left = np.array([look.hash for look in looks], np.uint64), _details(looks), 0
    for held, before in earlier([sample.split for sample in samples]):
        if not before:
            continue
        others = np.array(before)
        for start in range(0, len(held), _BLOCK):
            block = held[start : start + _BLOCK]
            if clock.over():
                left += len(block)
                continue
            near = np.bitwise_count(hashes[block][:, None] ^ hashes[others][None]) <= _MOST_BITS
            rows, columns = np.nonzero(near)
            likeness = _likeness(details, np.array(block)[rows], others[columns])
            for row in np.unique(rows[likeness >= _ALIKE]):
                best = max(np.flatnonzero(rows == row), key=lambda pair: likeness[pair])
                one, two = samples[others[columns[best]]], samples[block[row]]
                yield Leak(Kind.PICTURE, one.key, one.split, two.key, two.split, round(float(likeness[best]), 3))
            yield Progress(start + len(block), len(held), "Comparing pictures")
    yield Compared(len(looks) - left)


def _details(looks: Sequence[Look]) -> NDArray[np.float16]:
    """Return the small pictures without what is coarse, which all of a kind have in common."""
    from scipy.ndimage import gaussian_filter

    out = np.stack([look.small for look in looks]) if looks else np.zeros((0, _SIDE, _SIDE), np.float16)
    for start in range(0, len(out), _PAIRS):
        part = out[start : start + _PAIRS].astype(np.float32)
        out[start : start + _PAIRS] = part - gaussian_filter(part, (0, _COARSE, _COARSE))
    return out


def _likeness(details: NDArray[np.float16], ones: NDArray[np.int64], twos: NDArray[np.int64]) -> Array:
    """Return the correlation of the details of pairs, at the shift of a few pixels where it is highest."""
    out = np.zeros(len(ones), np.float32)
    for start in range(0, len(ones), _PAIRS):
        stretch = slice(start, start + _PAIRS)
        one, two = (details[places[stretch]].astype(np.float32) for places in (ones, twos))
        found = _correlation(one, two)
        hopeful = np.flatnonzero(found > _HOPELESS)
        if hopeful.size:
            found[hopeful] = np.maximum(found[hopeful], _shifted(one[hopeful], two[hopeful]))
        out[stretch] = found
    return out


def _shifted(one: Array, two: Array) -> Array:
    """Return the correlation of the middles once the second pictures are shifted to where they fit best."""
    from scipy.fft import irfft2, rfft2

    near = np.arange(-_SHIFT, _SHIFT + 1)
    fits = irfft2(rfft2(one) * rfft2(two).conj(), s=one.shape[1:])[:, near[:, None], near[None]]
    down, across = np.divmod(fits.reshape(len(one), -1).argmax(axis=1), len(near))
    inner = np.arange(_SIDE - 2 * _SHIFT)
    rows, columns = (2 * _SHIFT - shift[:, None] + inner for shift in (down, across))
    moved = two[np.arange(len(two))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return _correlation(one[:, _SHIFT:-_SHIFT, _SHIFT:-_SHIFT], moved)


def _correlation(one: Array, two: Array) -> Array:
    return np.asarray(np.einsum("ij,ij->i", _unit(one), _unit(two)), np.float32)


def _unit(pictures: Array) -> Array:
    rows = pictures.reshape(len(pictures), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
