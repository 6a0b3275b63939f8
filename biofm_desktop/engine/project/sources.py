"""The files a project is about: known by size and content, so that they are found again after a move."""

import os
import shutil
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import at_point

_WHOLE = 64 << 20
_PART = 8 << 20
_BLOCK = 1 << 20


class Moved(Fault):
    """The data of a project is not where it was."""

    def __init__(self, project: Path, gone: Sequence[Path]) -> None:
        self.project, self.gone = project, tuple(gone)
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        super().__init__(
            gone[0],
            f"the data of the project {project.name} is not there any more{more}",
            "Connect the drive, or say where it lies now (File, Find moved data; or 'biofm project relocate')",
        )


def digest_of(path: Path) -> str:
    """Return the BLAKE2b hash of a file; of one over 64 MB, of its size, start, middle and end."""
    hashed = blake2b(digest_size=16)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size <= _WHOLE:
            while block := file.read(_BLOCK):
                hashed.update(block)
            return hashed.hexdigest()
        hashed.update(str(size).encode())
        for place in (0, size // 2, size - _PART):
            file.seek(place)
            hashed.update(file.read(_PART))
    return "parts-" + hashed.hexdigest()


def moved_to(sources: Sequence[Path], project: Path, recorded: str) -> list[Path]:
    """Return the sources where they are now: where they were, or at the same place as seen from the project's folder,
    which lay at ``recorded``."""
    old = Path(recorded or project)
    found = []
    for source in sources:
        beside = source
        if not source.exists() and old != project:
            beside = Path(os.path.normpath(project / os.path.relpath(source, old)))
        found.append(beside if beside.exists() else source)
    return found


def find_moved(known: dict[str, tuple[int, str]], room: Path) -> dict[str, Path]:
    """Return for each known file (size, digest) where it lies now somewhere under ``room``, found by its content."""
    sizes: dict[int, list[str]] = {}
    for name, (size, _) in known.items():
        sizes.setdefault(size, []).append(name)
    found: dict[str, Path] = {}
    for here, folders, names in os.walk(room):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        for name in sorted(names):
            path = Path(here) / name
            try:
                wanted = [n for n in sizes.get(path.stat().st_size, ()) if n not in found]
                if not wanted or path.is_symlink():
                    continue
                digest = digest_of(path)
            except OSError:
                continue
            for n in wanted:
                if known[n][1] == digest:
                    found[n] = path
        if len(found) == len(known):
            break
    return found


def copy_in(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Copy files and folders into a folder ``data`` of a project; return the copies. Links are not followed out of it.

    Where there is a ``data`` already, which a crash may have left, the new one gets a number. Raises `Fault` where the
    disk does not let us; nothing of the copy is left then.
    """
    room, number = folder / "data", 1
    while room.exists():
        number += 1
        room = folder / f"data-{number}"
    aside = folder / f".{uuid4().hex[:8]}.part"
    try:
        aside.mkdir(parents=True)
        for source in sources:
            target = aside / source.name
            if target.exists():
                raise Fault(source, "another of the files has the same name", "Copy them in one folder first")
            at_point("project.copy", target)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            else:
                shutil.copy2(source, target)
        at_point("project.rename", room)
        aside.rename(room)
    except (OSError, shutil.Error) as error:
        raise (
            system_fault(room, error)
            if isinstance(error, OSError) and error.errno
            else Fault(room, "the data cannot be copied", "Check the disk", detail=str(error))
        ) from error
    finally:
        if aside.exists():
            shutil.rmtree(aside, ignore_errors=True)
    return [room / source.name for source in sources]
