"""What the user did, so that it can be undone: each edit knows the state before and after."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Slot(Enum):
    """What of the project an edit changes."""

    CLASSES = "classes"
    TARGET = "targets"
    SPLIT = "splits"
    FEATURES = "features"
    MASK = "mask"


class Absent(Enum):
    """The state of a slot that the user never corrected: the data's own value stands."""

    ABSENT = "absent"


@dataclass(frozen=True)
class Change:
    """One slot of one sample, before and after. A mask's states are the bytes of its label file."""

    slot: Slot
    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Edit:
    """What the user did in a few words, and the changes it made."""

    text: str
    changes: tuple[Change, ...]

    @property
    def key(self) -> str:
        """Return the key of the one sample that was changed; empty where there were several."""
        return self.changes[0].key if len(self.changes) == 1 else ""

    @property
    def nbytes(self) -> int:
        """Return about how much memory it takes to remember this edit."""
        states = (state for change in self.changes for state in (change.before, change.after))
        return sum(len(state) for state in states if isinstance(state, bytes)) + 200


class History:
    """Two stacks of edits; the oldest are forgotten where all together pass ``limit`` bytes."""

    def __init__(self, limit: int = 256 << 20) -> None:
        self._limit = limit
        self.done: list[Edit] = []
        self.undone: list[Edit] = []

    def add(self, edit: Edit) -> None:
        """Remember a new edit; what was undone before it cannot come back."""
        self.undone.clear()
        self.done.append(edit)
        while len(self.done) > 1 and sum(e.nbytes for e in self.done) > self._limit:
            del self.done[0]
