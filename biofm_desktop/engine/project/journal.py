"""The journal: one row for each thing the user did, added and never changed; what stands follows from it.

An edit is a row ``do``; taking it back or doing it again adds a row ``undo`` or ``redo``. A row is in the database
before the edit counts as done, so that nothing that was acknowledged can be lost with the process.
"""

import json
import struct
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .database import Damaged, Database
from .edits import Change, Edit, from_json, to_json
from .strokes import Stroke

_SIZE = struct.Struct("<I")
_ADD = "INSERT INTO journal (id, made, kind, target, key, text, painted, top, body, crc) VALUES (?,?,?,?,?,?,?,?,?,?)"


@dataclass(frozen=True)
class Move:
    """A row that changes a mask: the edit it does or takes back."""

    number: int
    edit: int
    forward: bool


class Journal:
    """The edits that stand (``done``), those taken back (``undone``, the next last), and what moved each mask.

    Reading it checks each row's checksum; raises `Damaged` where a row is not what was written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.done: list[Edit] = []
        self.undone: list[Edit] = []
        #: By sample: what was done to its mask, and the greatest value that was ever painted.
        self.moves: dict[str, list[Move]] = {}
        self.tops: dict[str, int] = {}
        self.last = 0
        #: By sample: how many of the edits that stand changed its mask.
        self.painted: Counter[str] = Counter()
        self._edits: dict[int, Edit] = {}
        for row in database.rows(
            "SELECT id, made, kind, target, key, text, painted, top, body, crc FROM journal ORDER BY id"
        ):
            self._read(*row)

    def _read(
        self,
        number: int,
        made: float,
        kind: str,
        target: int,
        key: str,
        text: str,
        painted: str,
        top: int,
        body: bytes | None,
        crc: int,
    ) -> None:
        if _checksum(number, made, kind, target, key, text, painted, top, body) != crc:
            raise self._damaged(number)
        if number != self.last + 1:
            raise self._damaged(self.last + 1, "is missing")
        self.last = number
        try:
            if kind == "do":
                keys = tuple(json.loads(painted)) if painted else ()
                self._take_up(
                    Edit(number, made, text, key, keys, plain=body is not None and body[:4] != _SIZE.pack(0)), top
                )
            else:
                self._move(number, self._edits[target], forward=kind == "redo")
        except (KeyError, ValueError, IndexError) as error:
            raise self._damaged(number) from error

    def _damaged(self, number: int, fault: str = "is not what was written") -> Damaged:
        return Damaged(
            self._database.path,
            f"row {number} of its journal {fault}",
            "Restore the last generation that is sound",
        )

    def _take_up(self, edit: Edit, top: int) -> None:
        self._edits[edit.number] = edit
        self.undone.clear()
        self.done.append(edit)
        for key in edit.painted:
            self.moves.setdefault(key, []).append(Move(edit.number, edit.number, True))
            self.painted[key] += 1
            self.tops[key] = max(self.tops.get(key, 0), top)

    def _move(self, number: int, edit: Edit, *, forward: bool) -> None:
        here, there = (self.undone, self.done) if forward else (self.done, self.undone)
        if not here or here[-1] is not edit:
            raise ValueError(f"edit {edit.number} is not next")
        there.append(here.pop())
        for key in edit.painted:
            self.moves[key].append(Move(number, edit.number, forward))
            self.painted[key] += 1 if forward else -1

    def add(self, text: str, changes: Sequence[Change], strokes: dict[str, Stroke], bases: dict[str, Any]) -> Edit:
        """Write one edit; it stands when this returns. ``bases`` are rows of the table of that name."""
        keys = {change.key for change in changes} | strokes.keys()
        key = next(iter(keys)) if len(keys) == 1 else ""
        painted = json.dumps(list(strokes), ensure_ascii=False) if strokes else ""
        top = max((stroke.top for stroke in strokes.values()), default=0)
        body = _packed(changes, strokes)
        edit = Edit(self.last + 1, time.time(), text, key, tuple(strokes), plain=bool(changes))
        row = (edit.number, edit.made, "do", 0, key, text, painted, top, body)
        with self._database.writing() as connection:
            for name, base in bases.items():
                connection.execute("INSERT INTO bases VALUES (?, ?, ?, ?)", (name, *base))
            connection.execute(_ADD, (*row, _checksum(*row)))
        self.last = edit.number
        self._take_up(edit, top)
        return edit

    def move(self, count: int, *, forward: bool) -> list[Edit]:
        """Take so many edits back, or do so many again, in one transaction; return them in the order of moving."""
        here = self.undone if forward else self.done
        moved = here[len(here) - count :][::-1]
        kind, now = "redo" if forward else "undo", time.time()
        rows = []
        for number, edit in enumerate(moved, self.last + 1):
            painted = json.dumps(list(edit.painted), ensure_ascii=False) if edit.painted else ""
            row = (number, now, kind, edit.number, edit.key, "", painted, 0, None)
            rows.append((*row, _checksum(*row)))
        with self._database.writing() as connection:
            connection.executemany(_ADD, rows)
        for edit in moved:
            self.last += 1
            self._move(self.last, edit, forward=forward)
        return moved

    def body(self, number: int) -> tuple[list[Change], dict[str, Stroke]]:
        """Return what an edit changed."""
        rows = self._database.rows("SELECT body FROM journal WHERE id = ?", (number,))
        try:
            return _unpacked(rows[0][0])
        except (IndexError, KeyError, TypeError, ValueError, zlib.error, struct.error) as error:
            raise self._damaged(number) from error

    def changes(self) -> Iterator[Change]:
        """Give the changes of the edits that stand, apart from those of masks, in order."""
        for edit in self.done:
            if edit.plain:
                yield from self.body(edit.number)[0]


def _checksum(*row: Any) -> int:
    *words, body = row
    return zlib.crc32(body or b"", zlib.crc32(repr(words).encode("utf-8", "surrogatepass")))


def _packed(changes: Sequence[Change], strokes: dict[str, Stroke]) -> bytes:
    """Return the changes as JSON (none: nothing), then each stroke, each with its length before it."""
    words = json.dumps([to_json(change) for change in changes], ensure_ascii=False).encode() if changes else b""
    parts = [words]
    for key, stroke in strokes.items():
        parts += [key.encode(), stroke.encode()]
    return b"".join(_SIZE.pack(len(part)) + part for part in parts)


def _unpacked(body: bytes) -> tuple[list[Change], dict[str, Stroke]]:
    parts, place = [], 0
    while place < len(body):
        (size,) = _SIZE.unpack_from(body, place)
        place += _SIZE.size
        parts.append(body[place : place + size])
        if len(parts[-1]) != size:
            raise ValueError("a part is cut")
        place += size
    changes = [from_json(values) for values in json.loads(parts[0])] if parts[0] else []
    keys, strokes = parts[1::2], parts[2::2]
    return changes, {key.decode(): Stroke.decode(data) for key, data in zip(keys, strokes, strict=True)}
