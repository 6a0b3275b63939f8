"""The readers of a program: warm processes that open files and read pixels, replaced when they end or grow."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Dataset, Problem

from .limits import Limits, size_of_file
from .reader import Reader, ReaderEnded, Request

#: One opens while the other reads pixels of what lies open.
MOST_READERS = 2
#: An idle reader that holds more is replaced.
_MOST_IDLE = 4 << 30
_KINDS = "biufc"
#: So many files of one opening may end their readers before it is given up.
_MOST_ENDED = 8

_readers: "Readers | None" = None


def read_aside(readers: "Readers | None") -> None:
    """Let `open_paths` of this process open by these readers; None: in this process, as at first."""
    global _readers  # noqa: PLW0603 - the one switch of this module: the window has a child, its jobs are one
    _readers = readers


def open_paths(paths: Sequence[Path]) -> Dataset:
    """Return the samples at the paths, opened where `read_aside` says; raise `Fault` where nothing can be opened."""
    if _readers is not None:
        return _readers.open(paths)
    from biofm_desktop.engine.formats import open_data  # readers are not imported before something is opened

    return open_data(paths)


@dataclass(frozen=True)
class _Load:
    """How a reader loads one image: the load of a `LazyImage` that a reader gave."""

    readers: "Readers"
    roots: tuple[Path, ...]
    what: str
    packed: bytes
    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"

    def __call__(self) -> NDArray[Any]:
        return self.readers.pixels(self)


class Readers:
    """Opens files and reads pixels in processes aside. All methods may be called from any thread."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._free = threading.Condition()
        self._idle: list[Reader] = []
        self._busy: list[Reader] = []
        self._closed = False

    def start(self) -> None:
        """Start one where there is none, and return at once; it imports its libraries meanwhile."""
        with self._free:
            if not self._closed and not (self._idle or self._busy):
                self._idle.append(Reader(self.limits))

    @property
    def process_ids(self) -> list[int]:
        """Return the numbers of the living processes."""
        with self._free:
            return [reader.process_id for reader in (*self._idle, *self._busy) if reader.alive]

    def open(self, paths: Sequence[Path]) -> Dataset:
        """Return the samples of a file, of several files, or of a folder; their pixels are read aside as well.

        A file among others that ends its reader is left out and becomes a problem of the dataset.
        """
        whole = tuple(_whole(path) for path in paths)
        if not whole:
            raise Fault("nothing to open", "no file was named", "Choose a file or a folder")
        ended: dict[Path, str] = {}
        while True:
            try:
                dataset = self._ask(self._request("open", (list(whole), list(ended)), whole), "dataset")
                break
            except ReaderEnded as fault:
                if fault.at is None or fault.at in (*whole, *ended) or len(ended) == _MOST_ENDED:
                    raise
                ended[fault.at] = fault.fault
        if not isinstance(dataset, Dataset):
            raise _nonsense(_name(whole))
        left_out = [Problem(path.name, f"{why}; it was left out") for path, why in ended.items()]
        return replace(dataset, problems=(*dataset.problems, *left_out))

    def inspect(self, path: Path) -> dict[str, Any]:
        """Return what ``biofm inspect`` tells of a path: verdict, message, value; never raises."""
        whole = _whole(path)
        try:
            told = self._ask(self._request("inspect", whole, (whole,)), "told")
            return {"verdict": str(told["verdict"]), "message": str(told["message"]), "value": dict(told["value"])}
        except Fault as fault:
            return {"verdict": "refused", "message": fault.message, "value": {}}

    def pixels(self, load: _Load) -> NDArray[Any]:
        """Return the values of an image that a reader opened; raise `Fault` where they cannot be read."""
        size = int(np.prod(load.shape, dtype=np.float64)) * load.dtype.itemsize + (size_of_file(load.roots) or 0)
        request = Request("pixels", load.packed, load.roots, load.what, size)
        with self._reader(request) as reader:
            word, value = reader.ask(request, _no_load)
            try:
                return _array(reader, load, word, value)
            except (TypeError, ValueError, OverflowError, OSError) as error:
                raise _nonsense(load.what, repr(error)) from error

    def cancel(self) -> None:
        """End what is being opened: its `open` raises a `Fault` that says so."""
        with self._free:
            for reader in self._busy:
                request = reader.request
                if request is not None and request.word != "pixels":
                    reader.cancel()

    def close(self) -> None:
        """End all processes; what they were doing raises a `Fault`. `open_paths` opens in this process again."""
        if _readers is self:
            read_aside(None)
        with self._free:
            self._closed = True
            idle, self._idle = self._idle, []
            for reader in self._busy:
                reader.cancel()
            self._free.notify_all()
        for reader in idle:
            reader.close()

    def _request(self, word: str, argument: Any, paths: tuple[Path, ...]) -> Request:
        size = size_of_file(paths)
        return Request(word, argument, paths, _name(paths), size, size)

    def _ask(self, request: Request, expected: str) -> Any:
        load = partial(_Load, self, request.roots, request.what)
        with self._reader(request) as reader:
            word, value = reader.ask(request, load)
        if word != expected:
            raise _nonsense(request.what)
        return value

    @contextmanager
    def _reader(self, request: Request) -> Iterator[Reader]:
        """Give a living reader, the one used last where several are idle, and take it back."""
        reader = self._taken(request)
        try:
            yield reader
        finally:
            with self._free:
                self._busy.remove(reader)
                keep = reader.alive and reader.resident < _MOST_IDLE and not self._closed
                if keep:
                    self._idle.append(reader)
                elif not self._closed and not self._idle:
                    with suppress(OSError, Fault):  # the next request tries once more
                        self._idle.append(Reader(self.limits))
                self._free.notify()
            if not keep:
                reader.end()

    def _taken(self, request: Request) -> Reader:
        with self._free:
            self._free.wait_for(lambda: self._idle or len(self._busy) < MOST_READERS or self._closed)
            if self._closed:
                raise Fault("reader", "the program is being closed", "Open it again")
            while self._idle:
                reader = self._idle.pop()
                if reader.alive:
                    break
                reader.end()
            else:
                reader = Reader(self.limits)
            reader.begin(request)
            self._busy.append(reader)
            return reader


def _no_load(*_: Any) -> Any:
    raise TypeError("an image in an image")


def _array(reader: Reader, load: _Load, word: str, value: Any) -> NDArray[Any]:
    """Return the array that an answer means; raise ValueError where it is none, or lies where it must not."""
    match word, value:
        case "array", np.ndarray():
            return value
        case "file", (str(path), str(dtype), tuple(shape)) if reader.owns(Path(path)):
            return _taken_over(Path(path), _plain(dtype), shape)
        case "mapped", (str(path), str(dtype), int(offset), tuple(shape), "C" | "F" as order):
            if not _within(Path(path), load.roots):
                raise ValueError(f"{path} is not what was opened")
            return np.memmap(path, _plain(dtype), "r", offset, shape, order)
    raise ValueError(f"{word} is no array")


def _taken_over(path: Path, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the array in a reader's file, which is removed."""
    array: NDArray[Any]
    if os.name == "posix":
        array = np.memmap(path, dtype, "c", 0, shape)  # keeps its pages when the name is gone
    else:
        array = np.fromfile(path, dtype).reshape(shape)
    path.unlink()
    return array


def _plain(text: str) -> "np.dtype[Any]":
    dtype = np.dtype(text)
    if dtype.kind not in _KINDS:
        raise ValueError(f"{dtype} is no type of pixels")
    return dtype


def _within(path: Path, roots: tuple[Path, ...]) -> bool:
    """Say whether a file is one of those opened, or lies in a folder of theirs."""
    real = path.resolve()
    tops = [root if root.is_dir() else root.parent for root in roots]
    return any(real.is_relative_to(top.resolve()) for top in tops) or any(real == root.resolve() for root in roots)


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its name, which messages tell


def _name(paths: Sequence[Path]) -> str:
    from biofm_desktop.engine.formats.entry import shown

    return shown(paths[0].name or str(paths[0]))


def _nonsense(what: str, detail: str = "") -> Fault:
    return Fault(what, "its reader said what no reader says", "Open it again", detail=detail)
