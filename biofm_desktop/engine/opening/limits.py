"""How long a reader may take and how much memory it may hold, by the size of what it reads."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from biofm_desktop.engine.formats.limits import in_words

_MOST_LISTED = 200_000
#: So many seconds a figure of the free memory holds.
_FRESH = 5.0


@dataclass(frozen=True)
class Limits:
    """Time and memory of one request; ``start_seconds`` is the patience with a reader that imports its libraries."""

    seconds: float = 60.0
    seconds_a_byte: float = 1e-7
    memory: int = 2 << 30
    memory_a_byte: int = 16
    #: Of the memory that is free.
    memory_share: float = 0.6
    start_seconds: float = 60.0

    def time(self, size: int) -> float:
        """Return the seconds for so many bytes."""
        return self.seconds + size * self.seconds_a_byte

    def space(self, size: int | None) -> int:
        """Return the bytes of memory for a file of this size; None: the size says nothing (a folder, an image)."""
        most = max(int(_free_memory(int(time.monotonic() / _FRESH)) * self.memory_share), min(self.memory, 1 << 30))
        return most if size is None else min(most, self.memory + size * self.memory_a_byte)


@lru_cache(maxsize=1)
def _free_memory(_moment: int) -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def size_of_file(paths: Sequence[Path]) -> int | None:
    """Return the size of the one file; None where there are several, or a folder."""
    try:
        return paths[0].stat().st_size if len(paths) == 1 and paths[0].is_file() else None
    except OSError:
        return None


def size_of_all(paths: Sequence[Path]) -> int:
    """Return about how many bytes lie in files and folders; what cannot be looked at counts nothing."""
    total, left = 0, _MOST_LISTED
    waiting = list(paths)
    while waiting and left > 0:
        here, left = waiting.pop(), left - 1
        try:
            if here.is_dir():
                waiting += [Path(item.path) for item in os.scandir(here) if not item.is_symlink()]
            else:
                total += here.stat().st_size
        except OSError:
            continue
    return total


def resident(process: int) -> int:
    """Return the bytes of memory that a process holds; 0 where it is gone."""
    import psutil

    try:
        return int(psutil.Process(process).memory_info().rss)
    except psutil.Error:
        return 0


def memory_words(size: int) -> str:
    """Return what is said of a reader that took more than this."""
    return f"its reader needed more than {in_words(size)} of memory and was ended"
