"""The reader's side of the pipes: ``python -m biofm_desktop.engine.opening.serve FOLDER ...``.

Down come requests ``(word, argument, roots, seconds, memory)``, up go answers ``(word, value, resident bytes)``, both
packed by `crossing` behind their length. The folders are the reader's own: large arrays are left there.
"""

import faulthandler
import importlib
import os
import shutil
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from pathlib import Path
from typing import IO, Any, BinaryIO

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.pipes import own_pipes

from . import guard
from .crossing import pack, unpack, unpack_load

LENGTH = struct.Struct("<Q")
#: A larger array goes by a file.
MOST_BY_PIPE = 1 << 20
#: So much must stay free in a folder in memory.
_SPARE = 64 << 20
_PARENT_SECONDS = 2.0
#: What opening needs soonest; the others are imported when such a file comes.
_WARM = ("numpy", "PIL.Image", "PIL.PngImagePlugin", "psutil", "biofm_desktop.engine.formats", "tifffile")


class Server:
    """Answers one request after the other, in the main thread."""

    def __init__(self, pipe: BinaryIO, folders: list[Path]) -> None:
        self._pipe, self._folders, self._count = pipe, folders, 0
        self.guard = guard.Guard(folders)
        self._ways: dict[str, Callable[[Any], tuple[str, Any]]] = {
            "open": _open,
            "inspect": _inspect,
            "pixels": self._pixels,
        }

    def answer(self, request: tuple[str, Any, list[Path], float, int]) -> None:
        """Do what is asked and tell the outcome."""
        word, argument, roots, seconds, memory = request
        guard.limit(seconds, memory)
        self.guard.reading(roots)
        try:
            self.tell(*self._ways[word](argument))
        except MemoryError:
            self.tell("memory", None)
        except Fault as fault:
            self.tell("memory" if isinstance(fault.__cause__, MemoryError) else "fault", fault)
        except Exception as error:  # noqa: BLE001 - the parent is told, whatever a library raises
            place = Path(guard.note_of(self._folders[0]) or roots[0]).name
            words = f"it cannot be read ({type(error).__name__})"
            self.tell("fault", Fault(place, words, "Get a sound copy of it", detail=repr(error)))

    def tell(self, word: str, value: Any) -> None:
        """Send one answer."""
        data = pack((word, value, guard.this_process().memory_info().rss))
        self._pipe.write(LENGTH.pack(len(data)) + data)
        self._pipe.flush()

    def _pixels(self, load: bytes) -> tuple[str, Any]:
        """Return an array: where it lies in the file, in a file of ours, or itself."""
        import numpy as np

        array = np.asanyarray(unpack_load(load)())
        root: object = array.base
        if isinstance(array, np.memmap) and isinstance(root, mmap) and array.filename:
            order = "C" if array.flags.c_contiguous else "F"
            return "mapped", (str(array.filename), array.dtype.str, array.offset, array.shape, order)
        if array.nbytes <= MOST_BY_PIPE:
            return "array", np.asarray(array)
        self._count += 1
        path = _roomy(self._folders, array.nbytes) / f"{self._count}.raw"
        with path.open("wb") as file:
            np.ascontiguousarray(array).tofile(file)
        return "file", (str(path), array.dtype.str, array.shape)


def _open(asked: tuple[list[Path], list[Path]]) -> tuple[str, Any]:
    from biofm_desktop.engine.formats import open_data

    paths, without = asked
    return "dataset", open_data(paths, frozenset(without))


def _inspect(path: Path) -> tuple[str, Any]:
    from biofm_desktop.engine.formats import inspect

    return "told", inspect(path)


def _roomy(folders: list[Path], size: int) -> Path:
    """Return the first of the folders that has room for so much, else the last, whose disk will tell."""
    return next((f for f in folders if shutil.disk_usage(f).free > size + _SPARE), folders[-1])


def read_message(pipe: IO[bytes], most: int) -> bytes | None:
    """Return the next message; None where the other side is gone, or claims more than ``most`` bytes."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    if length > most:
        return None
    data = pipe.read(length)
    return data if len(data) == length else None


def _watch_parent(parent: int, folders: list[Path]) -> None:
    """End at once when the parent is gone, whatever is being read."""
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    _leave(folders)


def _leave(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            shutil.rmtree(folder)
    os._exit(0)


def main() -> None:
    """Serve the parent until it goes."""
    folders = [Path(word) for word in sys.argv[1:]]
    commands, answers = own_pipes()
    faulthandler.enable()
    sys.dont_write_bytecode = True
    server = Server(answers, folders)
    for name in _WARM:
        with suppress(ImportError):
            importlib.import_module(name)
    threading.Thread(target=_watch_parent, args=(os.getppid(), folders), name="parent", daemon=True).start()
    server.guard.install()
    server.tell("ready", None)
    while (data := read_message(commands, sys.maxsize)) is not None:
        server.answer(unpack(data))
    _leave(folders)


if __name__ == "__main__":
    main()
