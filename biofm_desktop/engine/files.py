"""The one write layer: write aside, fsync, rename. A reader finds the old file or the new one, never a part.

Every write passes named points (``export.write``, ``export.sync``, ``export.rename`` ...), at which a test can make the
system fail.
"""

import contextlib
import io
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .faults import Fault, system_fault

_acting: Callable[[str, Path], None] | None = None


@contextmanager
def at_points(act: Callable[[str, Path], None]) -> Iterator[None]:
    """Call ``act(point, path)`` at every write point inside the block; for tests, which raise there."""
    global _acting  # noqa: PLW0603 - the one switch of this module
    before, _acting = _acting, act
    try:
        yield
    finally:
        _acting = before


def at_point(name: str, path: Path) -> None:
    """Pass a write point; rooms that write otherwise than through this file (SQLite, maps) pass theirs."""
    if _acting is not None:
        _acting(name, path)


def write_with(path: Path, write: Callable[[Path], object], *, room: str) -> None:
    """Let ``write(aside)`` make the file beside its place, then move it there.

    ``aside`` keeps the suffixes of ``path``, for libraries that look at them. ``room`` names the write points
    (``project``, ``checkpoint``, ``export``, ``settings``). Raises `Fault` when the disk is full, read-only, ...;
    the file that was there before then still stands.
    """
    aside = path.with_name(f".{uuid.uuid4().hex[:8]}.part.{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        at_point(f"{room}.write", path)
        aside.touch()
        mode = (path if path.exists() else aside).stat().st_mode
        write(aside)
        aside.chmod(mode)  # some libraries make files that only their owner may read
        at_point(f"{room}.sync", path)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        at_point(f"{room}.rename", path)
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise system_fault(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def fill_folder(folder: Path, fill: Callable[[Path], object], *, room: str, first: str = "") -> list[Path]:
    """Let ``fill(stage)`` write files into an empty folder aside, then move them all into ``folder``.

    The file named ``first`` is moved first. Files of the same names are replaced, each at once. Returns the files in
    their place. Where anything fails, no new file and no new folder is left, and what was replaced is put back.
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    stage, moved = folder / f".{uuid.uuid4().hex[:8]}.part", list[Path]()
    before, kept = stage / ".before", list[Path]()
    try:
        stage.mkdir(parents=True)
        fill(stage)
        made = sorted(stage.iterdir(), key=lambda path: (path.name != first, path.name))
        before.mkdir()
        for path in made:
            at_point(f"{room}.move", folder / path.name)
            if (folder / path.name).exists():
                link_or_copy(folder / path.name, before / path.name)
                kept.append(before / path.name)
            else:
                new.insert(0, folder / path.name)
            moved.append(path.replace(folder / path.name))
        new.clear()
        kept.clear()
        _sync_folder(folder)
    except OSError as error:
        raise system_fault(folder, error) from error
    finally:
        for path in kept:
            with contextlib.suppress(OSError):
                path.replace(folder / path.name)
        shutil.rmtree(stage, ignore_errors=True)
        for path in new:
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
    return moved


def link_or_copy(path: str | Path, second: str | Path) -> None:
    """Let a file stand under a second name too: a link where the disk knows links, else a copy."""
    try:
        os.link(path, second)
    except OSError:
        shutil.copy2(path, second, follow_symlinks=False)


def clear_parts(folder: Path) -> None:
    """Remove what writes that a crash cut off left directly in a folder; nobody may be writing there."""
    for path in folder.glob(f".{'[0-9a-f]' * 8}.part*"):
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_bytes(path: Path, data: bytes, *, room: str) -> None:
    """Write a whole file; see `write_with`."""
    write_with(path, lambda aside: aside.write_bytes(data), room=room)


def write_text(path: Path, text: str, *, room: str) -> None:
    """Write a whole UTF-8 file; see `write_with`."""
    write_bytes(path, text.encode("utf-8"), room=room)


def write_json(path: Path, value: Any, *, room: str) -> None:
    """Write a whole JSON file, readable by people; see `write_with`."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n", room=room)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raise `Fault` where it is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise system_fault(path, error) from error
    except (ValueError, RecursionError) as error:
        raise Fault(path, "it is not readable JSON", "Restore it from a copy", detail=str(error)) from None


def remove(path: Path, *, room: str) -> None:
    """Remove a file; one that is gone already is no fault."""
    try:
        at_point(f"{room}.remove", path)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise system_fault(path, error) from error


def append_lines(path: Path, lines: list[str], *, room: str, sync: bool = False) -> None:
    """Add lines to a log, all of them or none; what a full disk or a crash left of a line is cut off.

    With ``sync`` they are on the disk itself when this returns, so that a power cut leaves them.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            before = _cut_to_lines(file)
            try:
                _write_all(file, "".join(line + "\n" for line in lines).encode("utf-8"))
                at_point(f"{room}.append", path)
                if sync:
                    os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise system_fault(path, error) from error


def _cut_to_lines(file: io.FileIO) -> int:
    """Cut off a last line without an end; return the size that is left."""
    size, whole = file.seek(0, os.SEEK_END), 0
    for start in range((size - 1) // 4096 * 4096, -1, -4096):
        file.seek(start)
        place = file.read(4096).rfind(b"\n")
        if place >= 0:
            whole = start + place + 1
            break
    if whole < size:
        file.truncate(whole)
    return whole


def _write_all(file: io.FileIO, data: bytes) -> None:
    while data:
        data = data[file.write(data) :]


def new_folder(path: Path) -> Path:
    """Make an empty folder for results; raise `Fault` where one with contents is in the way."""
    try:
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise Fault(path, "it is there already and not empty", "Name a new folder; nothing was changed")
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise system_fault(path, error) from error
    return path


def free_bytes(path: Path) -> int:
    """Return the free space of the disk on which a path lies or will lie."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
