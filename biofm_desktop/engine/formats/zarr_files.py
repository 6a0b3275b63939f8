"""The files of one Zarr, in a folder or in a .zip: read by their keys, never outside, no link out followed."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from biofm_desktop.engine.faults import Fault

from .entry import Entry, faults_of
from .left_out import quoted

_IN_ONE = "Put all its parts into one folder"


@dataclass(frozen=True)
class ZarrFiles:
    """``entry`` is the mark of the outermost group or array; keys are places below its folder, parted by ``/``."""

    entry: Entry

    @property
    def what(self) -> str:
        """Return what messages call it."""
        return self.entry.name

    @cached_property
    def root(self) -> Path:
        """Return its folder, or the archive that it lies in."""
        return self.entry.source if self.entry.member else self.entry.source.parent

    @cached_property
    def _prefix(self) -> str:
        return self.entry.member.rpartition("/")[0] + "/" if "/" in self.entry.member else ""

    def read(self, key: str) -> bytes | None:
        """Return the content of a file; None where there is none; raise `Fault` where it lies outside."""
        with faults_of(self.entry):
            if self.entry.member:
                size = self._members.get(key)
                if size is None:
                    return None
                place = PurePosixPath(key)
                with Entry(place, self.root, size, self._prefix + key, self.entry.modified).open() as packed:
                    return packed.read()
            path = self._inside(key)
            return path.read_bytes() if path is not None and path.is_file() else None

    def walk(self, key: str) -> Iterator[tuple[str, int]]:
        """Give the files at and below a folder by their places in it, with their sizes."""
        if self.entry.member:
            below = f"{key}/" if key else ""
            for name, size in self._members.items():
                if name.startswith(below):
                    yield name.removeprefix(below), size
            return
        waiting = [key]
        while waiting:
            here = waiting.pop()
            for item in self._listed(here):
                place = f"{here}/{item.name}" if here else item.name
                if item.is_symlink():
                    self._inside(place)
                if item.is_dir():
                    waiting.append(place)
                elif stat.S_ISREG(item.stat().st_mode):
                    yield place.removeprefix(f"{key}/" if key else ""), item.stat().st_size

    def folders(self, key: str) -> list[str]:
        """Return the names of the folders in a folder."""
        if not self.entry.member:
            return [item.name for item in self._listed(key) if item.is_dir(follow_symlinks=False)]
        return sorted({name.partition("/")[0] for name, _ in self.walk(key) if "/" in name})

    def _listed(self, key: str) -> list["os.DirEntry[str]"]:
        with faults_of(self.entry):
            path = self._inside(key)
            return list(os.scandir(path)) if path is not None and path.is_dir() else []

    def _inside(self, key: str) -> Path | None:
        """Return the path of a key; None where nothing is there; raise `Fault` where it leads outside."""
        path = self.root / key
        if ".." in PurePosixPath(key).parts or not path.resolve().is_relative_to(self.root.resolve()):
            fault = f"its part {quoted(key)} is a link that leads outside its folder; it was not read"
            raise Fault(self.what, fault, _IN_ONE)
        return path if path.exists() else None

    @property
    def _members(self) -> dict[str, int]:
        return _members(self.what, self.root, self.entry.modified, self._prefix)


@lru_cache(maxsize=4)
def _members(what: str, archive: Path, _modified: int, prefix: str) -> dict[str, int]:
    """Return the members of an archive below a folder, with their sizes; raise `Fault` where one is there twice."""
    with ZipFile(archive) as opened:
        found: dict[str, int] = {}
        for member in opened.infolist():
            if member.is_dir() or not member.filename.startswith(prefix):
                continue
            name = member.filename.removeprefix(prefix)
            if name in found:
                fault = f"its part {quoted(name)} is doubled in the archive: which one counts is not certain"
                raise Fault(what, fault, "Make the archive anew")
            found[name] = member.file_size
        return found
