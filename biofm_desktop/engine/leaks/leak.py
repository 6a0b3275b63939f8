"""What a leak is: two samples of different splits that should not be told apart by a split."""

import time
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why two samples are held to be one."""

    CONTENT = "equal content"
    MOLECULE = "same molecule"
    PICTURE = "near-duplicate picture"
    SEQUENCE = "similar sequence"
    GROUP = "same group"


@dataclass(frozen=True)
class Leak:
    """``first`` (in the earlier of train, val, test) and ``second`` are alike; ``likeness`` 1 is equal."""

    kind: str
    first: str
    first_split: str
    second: str
    second_split: str
    likeness: float = 1.0

    def __str__(self) -> str:
        return f"{self.first} ({self.first_split}) and {self.second} ({self.second_split})"


@dataclass(frozen=True)
class LeakReport:
    """What a check found, the surest kinds first, and how many of the ``samples`` were ``compared``."""

    leaks: tuple[Leak, ...]
    compared: int
    samples: int

    @property
    def count(self) -> int:
        """Return how many leaks there are."""
        return len(self.leaks)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many leaks there are of each kind."""
        return dict(Counter(str(leak.kind) for leak in self.leaks))

    def sentences(self) -> list[str]:
        """Return what a user should know, a sentence a kind; none where all is well and all was compared."""
        told = []
        for kind, count in self.counts.items():
            named = [str(leak) for leak in self.leaks if leak.kind == kind][:_NAMED]
            more = f" and {count - len(named):,} more" if count > len(named) else ""
            noun = "pair" if count == 1 else "pairs"
            told.append(f"Leak between splits, {kind}: {count:,} {noun}: {'; '.join(named)}{more}")
        if self.compared < self.samples:
            told.append(
                f"Leak check: there was time to compare {self.compared:,} of {self.samples:,} samples; "
                "'biofm leaks' and the button Check for leaks compare all"
            )
        return told


_NAMED = 3


def report_of(leaks: list[Leak], compared: int, samples: int) -> LeakReport:
    """Return the report of these leaks."""
    order = list(Kind)
    return LeakReport(tuple(sorted(leaks, key=lambda leak: order.index(Kind(leak.kind)))), compared, samples)


@dataclass(frozen=True)
class Compared:
    """A part of the check came so far: so many of its samples were compared with all others."""

    done: int


class Clock:
    """When a check must end (``seconds`` 0: when it is done)."""

    def __init__(self, seconds: float) -> None:
        self._began, self._seconds = time.monotonic(), seconds or float("inf")

    def over(self, share: float = 1.0) -> bool:
        """Say whether this share of the time is up."""
        return time.monotonic() - self._began > share * self._seconds


SPLITS = ("train", "val", "test")


def earlier(splits: list[str]) -> list[tuple[list[int], list[int]]]:
    """Return for val and for test the places of its samples, and of those in the splits before it."""
    return [
        (
            [place for place, split in enumerate(splits) if split == SPLITS[rank]],
            [place for place, split in enumerate(splits) if split in SPLITS[:rank]],
        )
        for rank in (1, 2)
    ]
