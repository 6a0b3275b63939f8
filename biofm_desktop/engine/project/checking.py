"""Looking a project through, and finding data that was moved."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from biofm_desktop.engine.faults import Fault

from .audit import check_log
from .database import DATABASE, Database, standing
from .generations import sound_generations
from .journal import Journal
from .sources import find_moved
from .store import Store


@dataclass(frozen=True)
class Check:
    """What was found: the journal's rows, what is wrong (empty: nothing), and the saved states that are sound."""

    rows: int
    faults: tuple[str, ...]
    sound: int


def check(folder: Path) -> Check:
    """Look through database, journal and audit log of a project; nothing is changed."""
    faults, rows = [], 0
    try:
        database = Database(standing(folder), read_only=True)
        try:
            rows = Journal(database).last
            faults += [f"{DATABASE}: {line}" for (line,) in database.rows("PRAGMA integrity_check") if line != "ok"]
        finally:
            database.close()
    except Fault as fault:
        faults.append(fault.message)
    except sqlite3.Error as error:
        faults.append(f"{DATABASE}: {error}")
    faults += check_log(folder)
    return Check(rows, tuple(faults), len(sound_generations(folder)))


def missing(folder: Path) -> list[Path]:
    """Return the sources of a project that are not where they were."""
    store = Store(folder, write=False)
    try:
        return [path for path in _sources(store) if not path.exists()]
    finally:
        store.close()


def relocate(folder: Path, room: Path) -> list[tuple[Path, Path]]:
    """Find a project's missing sources under a folder by their contents; return the old and new places.

    Raises `Fault` where nothing of them lies there, or what lies there is not what was labelled.
    """
    store = Store(folder, write=True)
    try:
        store.must_write()
        moved = []
        for source in _sources(store):
            if source.exists():
                continue
            known = {
                path: (size, digest)
                for path, (size, _, digest) in store.files().items()
                if Path(path) == source or Path(path).is_relative_to(source)
            }
            moved.append((source, _found(source, known, room)))
        places = dict(moved)
        store.set_about(sources=json.dumps([str(places.get(path, path)) for path in _sources(store)]))
        store.audit.add("relocated", moved=[[str(old), str(new)] for old, new in moved])
        return moved
    finally:
        store.close()


def _found(source: Path, known: dict[str, tuple[int, str]], room: Path) -> Path:
    if not known:
        by_name = room if room.name == source.name else room / source.name
        if by_name.exists():
            return by_name
        raise Fault(source, f"nothing of this name lies in {room}", "Choose the folder that it lies in now")
    found = find_moved(known, room)
    if len(found) < len(known):
        names = ", ".join(sorted(Path(path).name for path in known.keys() - found.keys())[:3])
        raise Fault(
            source,
            f"{len(known) - len(found)} of its {len(known)} files are not in {room}, or are changed ({names})",
            "Choose the folder that it lies in now",
        )
    places = set()
    for old, new in found.items():
        inside = Path(old).relative_to(source) if Path(old) != source else Path()
        place = new.parents[len(inside.parts) - 1] if inside.parts else new
        if place / inside != new or (not inside.parts and new.name != source.name):
            raise Fault(new, f"its contents are those of {old}, but its name is another", "Give it its old name")
        places.add(place)
    if len(places) > 1:
        raise Fault(source, "its files lie in several folders now", "Put them back into one folder")
    return places.pop()


def _sources(store: Store) -> list[Path]:
    return [Path(path) for path in json.loads(store.about("sources") or "[]")]
