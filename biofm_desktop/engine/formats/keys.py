"""Keys of samples: unique, and fit to be file names; and the order in which people expect files."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from biofm_desktop.engine.samples import Sample

from .entry import bare_stem

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 120
_PLAIN = re.compile(
    r"[A-Za-z0-9][\w.+=@()-]{0,98}[A-Za-z0-9+)]", re.ASCII
)  # most keys; quick for files of 10^5 records


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts ``slice_9`` before ``slice_10``."""
    parts = re.split(r"(\d+)", text.lower())
    return [(0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part) for part in parts if part]


def clean(text: str) -> str:
    """Return text as a stem that every system takes for a file's name; never empty."""
    if _PLAIN.fullmatch(text) and not _RESERVED.fullmatch(text):
        return text
    text = re.sub(r"[^\w.+=@()-]+", "_", unicodedata.normalize("NFC", text)).strip("._-") or "unnamed"
    if _RESERVED.fullmatch(text):
        text += "_"
    while len(text[:_LONGEST].encode("utf-8")) > 2 * _LONGEST:
        text = text[: len(text) - 1]
    return text[:_LONGEST]


def with_unique_keys(samples: Sequence[Sample], places: Sequence[PurePosixPath] = ()) -> tuple[Sample, ...]:
    """Return the samples with clean keys of their own.

    A key that occurs twice is made longer by the folders of its ``places``, then by a number.
    """
    keys = [clean(sample.key) for sample in samples]
    counts = Counter(key.lower() for key in keys)
    if places:
        keys = [_long(p, key) if counts[key.lower()] > 1 else key for p, key in zip(places, keys)]
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    unique = []
    for sample, key in zip(samples, keys):
        number = ""
        while (key + number).lower() in taken:  # names that differ in case alone are one file on many systems
            numbers[key.lower()] += 1
            number = f"_{numbers[key.lower()] + 1}"
        taken.add((key + number).lower())
        unique.append(sample if sample.key == key + number else replace(sample, key=key + number))
    return tuple(unique)


def _long(place: PurePosixPath, key: str) -> str:
    folders = [part for part in place.parent.parts if part not in (".", "/")]
    return clean("_".join([*folders, key if folders else bare_stem(place.name)]))
