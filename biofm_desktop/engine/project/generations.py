"""Generations: whole copies of a project's database at its saves, thinned out as they grow old.

The journal holds every stroke since the first, so that a copy of the database is a copy of all labels.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import at_point, clear_parts, link_or_copy, read_json, remove, write_bytes, write_json

from .chunks import drop
from .database import DATABASE, HELPERS, PENDING, Database
from .labels import LABELS

GENERATIONS = "generations"
PICTURE = "picture.png"
_NEWEST = 10
_HOURS = 24
_DAYS = 30
_STAMP = "%Y-%m-%d_%H-%M-%S"
_ABOUT = "about.json"


@dataclass(frozen=True)
class Generation:
    """One saved state: its folder, when and why it was saved, how far the journal went, and how much was labelled."""

    folder: Path
    made: datetime
    reason: str
    row: int
    counts: dict[str, int]

    @property
    def database(self) -> Path:
        """Return the copy of the database."""
        return self.folder / DATABASE

    @property
    def picture(self) -> Path | None:
        """Return what was on the screen, where that was kept."""
        path = self.folder / PICTURE
        return path if path.is_file() else None

    @property
    def words(self) -> str:
        """Return it in a line for people."""
        counts = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        return f"{self.made:%Y-%m-%d %H:%M:%S}, {self.reason}: {counts}"


def save_generation(
    project: Path, database: Database, row: int, reason: str, counts: dict[str, int], picture: bytes | None
) -> Generation:
    """Copy the database aside; raise `Fault` where the disk does not let us (nothing of it is left then)."""
    room, made = project / GENERATIONS, datetime.now().replace(microsecond=0)
    name, number = f"{made:{_STAMP}}", 1
    while (room / name).exists():
        number += 1
        name = f"{made:{_STAMP}}_{number}"
    aside = room / f".{uuid4().hex[:8]}.part"
    try:
        aside.mkdir(parents=True)
        database.copy_to(aside / DATABASE)
        if picture:
            write_bytes(aside / PICTURE, picture, room="project")
        about = {"made": made.isoformat(), "reason": reason, "row": row, "counts": counts}
        write_json(aside / _ABOUT, about, room="project")
        at_point("project.rename", room / name)
        aside.rename(room / name)
    except OSError as error:
        raise system_fault(room, error) from error
    finally:
        if aside.exists():
            shutil.rmtree(aside, ignore_errors=True)
    return Generation(room / name, made, reason, row, counts)


def generations(project: Path) -> list[Generation]:
    """Return the generations of a project, the newest first; one that cannot be read is left out."""
    found = []
    for folder in (project / GENERATIONS).glob("????-??-??_*"):
        with suppress(Fault, KeyError, TypeError, ValueError):
            about: dict[str, Any] = read_json(folder / _ABOUT)
            counts = {str(name): int(count) for name, count in about["counts"].items()}
            made = datetime.fromisoformat(about["made"])
            found.append(Generation(folder, made, str(about["reason"]), int(about["row"]), counts))
    return sorted(found, key=lambda generation: (generation.made, generation.folder.name), reverse=True)


def to_keep(made: Iterable[datetime], now: datetime) -> set[int]:
    """Return the places of those to keep of some times, newest first: the last 10, then one an hour, then one a day."""
    kept, taken = set(), set()
    for place, time in enumerate(made):
        age = now - time
        if age.days > _DAYS and place >= _NEWEST:
            continue
        slot = (time.date(), time.hour) if age.total_seconds() < _HOURS * 3600 else (time.date(),)
        if place < _NEWEST or slot not in taken:
            kept.add(place)
        taken.add(slot)
    return kept


def thin_out(project: Path) -> None:
    """Remove the generations that are not to be kept; what cannot be removed stays."""
    found = generations(project)
    kept = to_keep((generation.made for generation in found), datetime.now())
    for place, generation in enumerate(found):
        if place not in kept:
            with suppress(Fault):
                drop(generation.folder)


def sound_generations(project: Path) -> list[Generation]:
    """Return the generations whose copy can be opened and whose journal is what was written, the newest first."""
    from .journal import Journal

    sound = []
    for generation in generations(project):
        try:
            database = Database(generation.database, read_only=True)
        except Fault:
            continue
        try:
            Journal(database)
            sound.append(generation)
        except Fault:
            continue
        finally:
            database.close()
    return sound


def put_back(project: Path, generation: Generation) -> Path:
    """Let a generation take the place of a damaged database; return where the damaged one lies now, untouched.

    The label files are made anew from the journal. Raises `Fault` where the disk does not let us. From the moment that
    the copy stands beside the damaged one it counts, however this ends: `finish_put_back` does the rest.
    """
    kept = project / f"damaged-{datetime.now():{_STAMP}}-{uuid4().hex[:4]}"
    aside = project / f".{uuid4().hex[:8]}.part"
    try:
        aside.mkdir()
        for name in (DATABASE, *HELPERS):
            if (project / name).exists():
                link_or_copy(project / name, aside / name)
        if (project / LABELS).exists():
            shutil.copytree(project / LABELS, aside / LABELS, copy_function=link_or_copy)
        at_point("project.rename", kept)
        aside.rename(kept)
        data = generation.database.read_bytes()
    except (OSError, shutil.Error) as error:
        raise system_fault(project, error if isinstance(error, OSError) else OSError(str(error))) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    write_bytes(project / PENDING, data, room="project")
    finish_put_back(project)
    return kept


def finish_put_back(project: Path) -> None:
    """Move a copy that `put_back` made into its place, where that was not done yet; raise `Fault` as it does."""
    if not (project / PENDING).exists():
        return
    drop(project / LABELS)
    for name in HELPERS:  # they belong to the damaged one
        remove(project / name, room="project")
    try:
        at_point("project.rename", project / DATABASE)
        (project / PENDING).replace(project / DATABASE)
    except OSError as error:
        raise system_fault(project, error) from error


def clear_leftovers(project: Path) -> None:
    """Remove what a crash left of writes in a project that is ours alone."""
    for folder in (project, project / GENERATIONS, project / LABELS):
        clear_parts(folder)
