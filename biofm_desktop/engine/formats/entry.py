"""One file to be read, on the disk or inside a .zip, and a set of them."""

import errno
import gzip
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from biofm_desktop.engine.faults import Fault, system_fault

from .limits import MOST_TEXT, in_words

HEAD = 4096
GZIP = b"\x1f\x8b"
_HOLDS = {".pdb": "atom", ".ent": "atom", ".cif": "atom", ".smi": "molecule", ".sdf": "molecule", ".mol": "molecule"}
_DOUBLE = (".nii.gz", ".ome.tif", ".ome.tiff")


@dataclass(frozen=True)
class Entry:
    """A file of ``size`` bytes: ``source`` on the disk, or its ``member`` where ``source`` is an archive.

    ``path`` is its place within what the user opened, ``modified`` when ``source`` was last changed (ns). Picklable, so
    that samples can cross to another process.
    """

    path: PurePosixPath
    source: Path
    size: int
    member: str = ""
    modified: int = 0

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return shown(str(self.path))

    @property
    def suffix(self) -> str:
        """Return the lower-case ending, of ``x.csv.gz`` that of ``x.csv``."""
        name = self.path.name.lower().removesuffix(".gz")
        return PurePosixPath(name).suffix

    @cached_property
    def stem(self) -> str:
        """Return the file's name without its ending or endings (``.nii.gz``, ``.ome.tif``, ``.csv.gz``)."""
        return bare_stem(self.path.name)

    @property
    def on_disk(self) -> bool:
        """Say whether it can be memory-mapped."""
        return not self.member

    def open(self) -> IO[bytes]:
        """Open it for reading; raise `Fault` where it is no plain file or may not be read."""
        if self.member:
            with faults_of(self):
                return _archive(self.source, self.modified, os.getpid()).open(self.member)
        try:
            return self.source.open("rb")
        except OSError as error:
            raise system_fault(self.name, error) from error

    def head_raw(self, count: int) -> bytes:
        """Return its first bytes as they are stored."""
        with faults_of(self), self.open() as file:
            return file.read(count)

    def head(self) -> bytes:
        """Return its first bytes, unpacked where it is gzip; raise `Fault` where it cannot be read."""
        with faults_of(self), self.open() as file:
            head = file.read(HEAD)
            if head[:2] == GZIP:
                return _unpacked(head)
            return head

    def read_bytes(self, most: int = MOST_TEXT) -> bytes:
        """Return its whole content, unpacked; raise `Fault` beyond ``most`` bytes or where it is cut."""
        if self.size > most:
            raise Fault(
                self.name, f"its size is {in_words(self.size)}, more than {in_words(most)}", "Cut it into parts"
            )
        with faults_of(self), self.open() as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            if not packed:
                return file.read()
            with gzip.GzipFile(fileobj=file) as unpacked:
                data = unpacked.read(most + 1)
        if len(data) > most:
            raise Fault(self.name, f"its unpacked size is more than {in_words(most)}", "Cut it into parts")
        return data

    def open_seekable(self) -> IO[bytes]:
        """Open it for jumping about: the file itself, or an archive's member read into memory."""
        if not self.member:
            return self.open()
        with faults_of(self), self.open() as file:
            return io.BytesIO(file.read())


def _unpacked(head: bytes) -> bytes:
    """Return what the first bytes of a gzip stream give, also where it is damaged further on."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        unpacker, out = zlib.decompressobj(wbits=31), b""
        try:
            for byte in head:
                out += unpacker.decompress(bytes([byte]))
        except zlib.error:
            pass
        return out[:HEAD] or head


def shown(name: str) -> str:
    """Return a file's name fit for a message: on one line, of letters that can be written."""
    return name if name.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in name)


def bare_stem(name: str) -> str:
    """Return a file's name without its ending or endings."""
    lower = name.lower()
    for ending in _DOUBLE:
        if lower.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    if lower.endswith(".gz"):
        name = name[:-3]
    return PurePosixPath(name).stem if name else name


@lru_cache(maxsize=8)
def _archive(source: Path, _modified: int, _process: int) -> zipfile.ZipFile:
    """Return an archive, opened once a process: a forked child shares its parent's place in the file otherwise."""
    return zipfile.ZipFile(source)


@contextmanager
def faults_of(entry: Entry) -> Iterator[None]:
    """Turn what a library raises on a broken file into one `Fault` that names the file."""
    try:
        yield
    except Fault:
        raise
    except MemoryError as error:
        raise Fault(
            entry.name, "its size is more than memory holds", "Cut it into parts", detail=repr(error)
        ) from error
    except (EOFError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(entry, error) from error
    except OSError as error:
        if error.errno is not None:
            raise system_fault(entry.name, error) from error
        raise _damaged(entry, error) from error
    except Exception as error:
        raise _damaged(entry, error) from error


_COPY = "Get a sound copy of it"


def _damaged(entry: Entry, error: Exception) -> Fault:
    words = str(error).lower()
    if isinstance(error, EOFError) or "truncated" in words or "end-of-stream" in words or "unexpected end" in words:
        return Fault(entry.name, "it is truncated (cut short) or damaged", _COPY, detail=repr(error))
    if isinstance(error, zipfile.BadZipFile) and "not a zip" in words:
        return Fault(entry.name, "it is truncated (cut short) or damaged: its list of files is missing", _COPY)
    if "crc" in words or "checksum" in words:
        return Fault(entry.name, "it is damaged: its checksum is wrong", _COPY, detail=repr(error))
    return Fault(entry.name, "it is damaged and cannot be read or decompressed", _COPY, detail=repr(error))


def entry_of(path: Path, name: str = "") -> Entry:
    """Return the entry of one path; raise `Fault` where it is no plain file, is empty or may not be read."""
    what = shown(name or str(path))
    try:
        status = path.stat()
    except FileNotFoundError as error:
        link = " (a link to nothing)" if path.is_symlink() else ""
        raise Fault(what, f"the file is not there{link}", "Check the name and that the drive is connected") from error
    except OSError as error:
        raise system_fault(what, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise Fault(what, "it is not a file (a pipe, device, socket or folder)", "Choose a plain file")
    if not status.st_mode & 0o444:  # the superuser could read it, but nobody is meant to
        raise system_fault(what, PermissionError(errno.EACCES, "no right to read"))
    if status.st_size == 0:
        missing = _HOLDS.get(path.suffix.lower())
        fault = "the file is empty (0 bytes)" + (f": it holds no {missing}" if missing else "")
        raise Fault(what, fault, "Choose another file, or get a sound copy of it")
    return Entry(PurePosixPath(name or path.name), path, status.st_size, modified=status.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class Tree:
    """Files opened together: ``name`` for people, ``root`` on the disk, ``entries`` in natural order.

    ``index`` is the table that lists them where the user opened that table.
    """

    name: str
    root: Path
    entries: tuple[Entry, ...]
    index: Entry | None = None

    @cached_property
    def by_path(self) -> dict[str, Entry]:
        """Return the entries by their place."""
        return {str(entry.path): entry for entry in self.entries}

    def find(self, *names: str) -> Entry | None:
        """Return the first of these files that lies at the top."""
        return next((self.by_path[name] for name in names if name in self.by_path), None)
