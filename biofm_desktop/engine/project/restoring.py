"""What it takes to set a project back to one of its generations."""

from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from .database import Database
from .edits import ABSENT, Change, Slot
from .generations import Generation
from .journal import Journal
from .labels import Labels
from .strokes import Stroke

if TYPE_CHECKING:
    from .store import Store


def restoring(
    store: "Store", generation: Generation, shapes: Mapping[str, tuple[int, ...]]
) -> tuple[list[Change], dict[str, Stroke]]:
    """Return the changes that lead from what stands to a generation; raise `Fault` where its copy is damaged.

    ``shapes`` are the sizes of the images that there are. Only the copy is read, so that it may come from a journal
    that went another way since.
    """
    database = Database(generation.database, read_only=True)
    try:
        journal = Journal(database)
        then: dict[tuple[Slot, str], Any] = {}
        for change in journal.changes():
            then[change.slot, change.key] = change.after
        then = {place: state for place, state in then.items() if state is not ABSENT}
        places = sorted(store.values.keys() | then.keys(), key=lambda place: (place[0].value, place[1]))
        changes = [
            Change(*place, store.values.get(place, ABSENT), then.get(place, ABSENT))
            for place in places
            if store.values.get(place, ABSENT) != then.get(place, ABSENT)
        ]
        labels = Labels(Path(), database, journal, RLock(), chunks=False)
        strokes = {}
        for key in sorted(store.journal.moves.keys() & shapes.keys()):
            now, base = store.labels.read(key, shapes[key]), store.labels.original(key, shapes[key])
            wanted = labels.read(key, shapes[key]) if labels.known(key) else base
            stroke = Stroke.between(now, wanted)
            if stroke is not None:
                strokes[key] = stroke
        return changes, strokes
    finally:
        database.close()
