"""HDF5 opened with care: no link is followed, no other file read, no filter but the known ones run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, faults_of
from .left_out import quoted, some

if TYPE_CHECKING:
    import numpy as np

MARK = b"\x89HDF\r\n\x1a\n"
_PLACES = (0, 512, 1024, 2048)  # where the format may begin, behind a block of the user's
_MOST_OBJECTS = 200_000
_FILTERS = {1, 2, 3, 4, 5, 6, 32000}  # deflate, shuffle, fletcher32, szip, nbit, scale-offset, lzf: built in
_DEEPEST = 100
_COPY = "Get a sound copy of it"


@dataclass(frozen=True)
class Stored:
    """An array of numbers or texts in the file."""

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"


@dataclass
class Contents:
    """The arrays of a file by their paths, and the paths that must not be read, each with the reason."""

    arrays: dict[str, Stored] = field(default_factory=dict)
    barred: dict[str, str] = field(default_factory=dict)

    def check(self, entry: Entry, top: str) -> None:
        """Raise `Fault` where something at or below a path must not be read."""
        for path, reason in self.barred.items():
            if path == top or path.startswith(f"{top}/"):
                raise Fault(entry.name, reason, "Save it as one file without links", place=shown_path(path))


def shown_path(path: str) -> str:
    """Return the path of an array as it may stand in a message."""
    return quoted(path.lstrip("/"))


def is_hdf5(head: bytes) -> bool:
    """Say whether the mark of HDF5 is in the first bytes of a file."""
    return any(head[place : place + 8] == MARK for place in _PLACES)


@contextmanager
def opened_hdf5(entry: Entry) -> Iterator[Any]:
    """Open the file for reading only; raise `Fault` where it is none, or damaged."""
    import h5py

    if not is_hdf5(entry.head()):
        raise Fault(entry.name, "it is not HDF5: its mark is missing", "Choose another file, or get a sound copy of it")
    with faults_of(entry):
        try:
            file = h5py.File(entry.source if entry.on_disk else entry.open_seekable(), "r", locking=False)
        except OSError as error:
            if error.errno is not None:
                raise
            cut = "truncated" in str(error)
            fault = "it is truncated (cut short)" if cut else "it is damaged: its first block cannot be read"
            raise Fault(entry.name, fault, _COPY, detail=str(error)) from None
        with file:
            yield file


def contents_of(entry: Entry, file: Any, problems: list[Problem]) -> Contents:
    """Return what lies in the file, links not followed; what must not be read is told."""
    import h5py

    found, loops = Contents(), list[str]()
    seen = {_address(file)}
    waiting: list[tuple[str, Any, int]] = [("", file, 0)]
    while waiting:
        place, group, depth = waiting.pop()
        for name in group:
            path = f"{place}/{name}"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                outside = isinstance(link, h5py.ExternalLink)
                where = "that leads to another file, outside this one" if outside else "to another place"
                found.barred[path] = f"it is a link {where}; it was not followed"
                continue
            item = group[name]
            if isinstance(item, h5py.Dataset):
                _take(found, path, item)
            elif _address(item) in seen or depth > _DEEPEST:
                loops.append(shown_path(path))
            elif isinstance(item, h5py.Group):
                seen.add(_address(item))
                waiting.append((path, item, depth + 1))
            if len(found.arrays) + len(seen) > _MOST_OBJECTS:
                raise Fault(entry.name, f"it holds more than {_MOST_OBJECTS:,} arrays", "Save a part of it")
    for reason in dict.fromkeys(found.barred.values()):
        paths = some([shown_path(path) for path, its in found.barred.items() if its == reason])
        problems.append(Problem(entry.name, f"{paths}: {reason}"))
    if loops:
        message = f"{some(loops)}: a group that is met twice (a loop of links); it was read once"
        problems.append(Problem(entry.name, message))
    return found


def _address(item: Any) -> Any:
    import h5py

    info = h5py.h5o.get_info(item.id)
    return info.fileno, info.addr


def _take(found: Contents, path: str, dataset: Any) -> None:
    if reason := _reason(dataset):
        found.barred[path] = reason
    else:
        found.arrays[path] = Stored(dataset.shape or (), dataset.dtype)


def _reason(dataset: Any) -> str:
    """Say why an array must not be read; empty where it may be."""
    if dataset.external:
        return "its bytes lie in a file outside this one, which was not read"
    if dataset.is_virtual:
        return "its values lie in other files (a virtual array), outside this one; they were not read"
    plist = dataset.id.get_create_plist()
    codes = {plist.get_filter(number)[0] for number in range(plist.get_nfilters())}
    if codes - _FILTERS:
        return f"it is packed by a filter ({some(map(str, sorted(codes - _FILTERS)))}) that is not built in"
    return ""
