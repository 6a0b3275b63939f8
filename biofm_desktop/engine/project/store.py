"""What a project keeps on the disk: database, journal, masks, generations, logs, and who may write them."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop import __version__
from biofm_desktop.engine.faults import Fault

from .audit import AuditLog
from .database import DATABASE, PENDING, Damaged, Database, create, standing
from .edits import ABSENT, Change, Edit, Slot
from .generations import Generation, clear_leftovers, finish_put_back, save_generation, thin_out
from .journal import Journal
from .keeper import Keeper
from .labels import Labels
from .lock import Holder, give_back, take
from .sources import digest_of
from .strokes import Mask, Stroke

#: What gives the mask that the data itself holds for a sample; None: there is none.
Original = Callable[[], NDArray[Any] | None]


class Store:
    """An open project folder, without its data. May be used from several threads.

    ``holder`` says which other program may write here; this one then only reads.
    """

    def __init__(self, folder: Path, *, write: bool, by_force: bool = False) -> None:
        self.folder, self.lock = folder, RLock()
        self.holder: Holder | None = take(folder, by_force=by_force) if write else None
        self.read_only = not write or self.holder is not None
        with ExitStack() as undoing:
            if not self.read_only:
                undoing.callback(give_back, folder)
                finish_put_back(folder)
                clear_leftovers(folder)
            self._database = Database(standing(folder), read_only=self.read_only)
            undoing.callback(self._database.close)
            self.journal = Journal(self._database)
            self._check_rows()
            if not self.read_only:
                self._database.begin_writing()
            chunks = self._database.path.name != PENDING  # a copy that is not in its place yet has no label files
            self.labels = Labels(folder, self._database, self.journal, self.lock, chunks=chunks)
            self.values: dict[tuple[Slot, str], Any] = {}
            for change in self.journal.changes():
                self._lay(change.slot, change.key, change.after)
            undoing.pop_all()
        self.audit = AuditLog(folder)
        self._told = self._saved = self.journal.last
        #: Faults of the keeper's thread that nobody has been told yet.
        self.troubles: list[Fault] = []
        self._waiting: list[Callable[[], None]] = []
        self._keeper = Keeper(self._keep, self.troubles.append)

    @classmethod
    def create(cls, folder: Path, name: str, sources: Sequence[Path], **more: str) -> None:
        """Make an empty project; raise `Fault` where the disk does not let us."""
        about = {
            "name": name,
            "sources": json.dumps([str(path) for path in sources]),
            "folder": str(folder),
            "program": __version__,
            **more,
        }
        create(folder / DATABASE, about)

    def about(self, name: str) -> str:
        """Return what the project says of itself under a name; empty where it says nothing."""
        rows = self._database.rows("SELECT value FROM about WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def set_about(self, **values: str) -> None:
        """Keep what the project says of itself."""
        self.must_write()
        with self._database.writing(sure=True) as connection:
            connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", values.items())

    def files(self) -> dict[str, tuple[int, int, str]]:
        """Return the size, time (ns) and digest of each known file of the data."""
        return {path: (size, time, digest) for path, size, time, digest in self._database.rows("SELECT * FROM files")}

    def set_files(self, files: Mapping[str, tuple[int, int, str]]) -> None:
        """Keep what is known of files."""
        self.must_write()
        with self._database.writing() as connection:
            rows = [(path, *known) for path, known in files.items()]
            connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)

    def must_write(self) -> None:
        """Raise `Fault` where only reading is allowed."""
        if self.holder is not None:
            raise Fault(
                self.folder, f"it is open for reading only: {self.holder.words} works on it", "Close it there first"
            )
        if self.read_only:
            raise Fault(self.folder, "it is open for reading only")

    def mask_stroke(
        self, key: str, mask: Mask, where: tuple[slice, ...], original: Original
    ) -> tuple[Stroke | None, dict[str, Any]]:
        """Return what changes a sample's mask to this one; see `Labels.stroke`."""
        return self.labels.stroke(key, mask, where, original)

    def edit(
        self, text: str, changes: Sequence[Change], strokes: dict[str, Stroke], bases: dict[str, Any] | None = None
    ) -> Edit:
        """Do an edit: it is in the journal when this returns; a `Fault` leaves everything as it was."""
        self.must_write()
        with self.lock:
            edit = self.journal.add(text, changes, strokes, bases or {})
            self.labels.begin(bases or {})
            self.labels.moved(strokes, forward=True)
            for change in changes:
                self._lay(change.slot, change.key, change.after)
        self._keeper.wake()
        return edit

    def move(self, count: int, *, forward: bool) -> set[str]:
        """Take so many edits back, or do so many again; return the keys that changed (empty string: all may have)."""
        self.must_write()
        with self.lock:
            here = self.journal.undone if forward else self.journal.done
            bodies = [self.journal.body(edit.number) for edit in reversed(here[len(here) - count :])]
            moved = self.journal.move(count, forward=forward)
            for changes, strokes in bodies:
                self.labels.moved(strokes, forward=forward)
                for change in changes if forward else reversed(changes):
                    self._lay(change.slot, change.key, change.after if forward else change.before)
        self._keeper.wake()
        return {key for edit in moved for key in (edit.painted or (edit.key,))} | {edit.key for edit in moved}

    def _lay(self, slot: Slot, key: str, state: Any) -> None:
        if state is ABSENT:
            self.values.pop((slot, key), None)
        else:
            self.values[slot, key] = state

    def _check_rows(self) -> None:
        stated = self.about("rows")
        if stated.isdecimal() and int(stated) > self.journal.last:
            raise Damaged(
                self._database.path,
                f"its journal ends at row {self.journal.last}, but {stated} were written",
                "Restore the last generation that is sound",
            )

    def soon(self, work: Callable[[], None]) -> None:
        """Have something done behind the user; it is dropped where the project is closed before."""
        self._waiting.append(work)
        self._keeper.wake()

    def _keep(self) -> None:
        while self._waiting:
            self._waiting.pop()()
        if self.journal.last > self._told:
            self.settle()

    def settle(self) -> None:
        """See everything onto the disk: the journal first, then the label files, then the audit log."""
        if self.read_only:
            return
        self._database.sync()
        self._database.fold()
        self.labels.flush()
        with self.lock:
            first, last = self._told + 1, self.journal.last
            texts = [edit.text for edit in self.journal.done[-50:] if edit.number >= first]
        if last >= first:
            self.audit.add("edited", rows=[first, last], edits=list(dict.fromkeys(texts))[:5])
            self._told = last

    def save(self, reason: str, counts: dict[str, int], picture: bytes | None) -> Generation:
        """Make a generation of what stands now, and thin out the old ones."""
        self.must_write()
        with self.lock:
            self.settle()
            made = save_generation(self.folder, self._database, self.journal.last, reason, counts, picture)
            self._saved = self.journal.last
        thin_out(self.folder)
        return made

    @property
    def unsaved(self) -> int:
        """Return how many rows came since the last generation (or since opening)."""
        return self.journal.last - self._saved

    def log_export(self, path: Path, **details: Any) -> None:
        """Note an export in both logs."""
        self.audit.add_export(path, **details)

    def state(self) -> tuple[dict[tuple[Slot, str], Any], set[str]]:
        """Return all corrected values, and the keys whose masks differ from the data's."""
        with self.lock:
            return dict(self.values), {key for key, count in self.journal.painted.items() if count > 0}

    def mask(self, key: str, shape: tuple[int, ...]) -> NDArray[np.unsignedinteger]:
        """Return the corrected mask of a sample."""
        return self.labels.read(key, shape)

    def close(self) -> None:
        """See everything onto the disk and let go of the folder; a second call does nothing."""
        self._keeper.stop()
        try:
            self.settle()
        finally:
            self._database.close()
            if not self.read_only:
                give_back(self.folder)
            self.read_only = True


def note_files(store: Store, files: Sequence[Path]) -> None:
    """Note size, time and digest of the data's files, so that they are found again after a move."""
    known, found = store.files(), {}
    for path in files:
        try:
            status = path.stat()
            old = known.get(str(path))
            if old is None or old[:2] != (status.st_size, status.st_mtime_ns):
                found[str(path)] = (status.st_size, status.st_mtime_ns, digest_of(path))
        except OSError:
            continue
    if found:
        store.set_files(found)
