"""What could not be read of a file, told once: records that are left out, and doubts about those that stay."""

from collections.abc import Iterable

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import Entry, shown
from .text_lines import COPY

_SHOWN = 5
_MOST_CHECKED, _HOPELESS = 20_000, 10_000
_LONGEST = 80  # letters of a word quoted from the file


class LeftOut:
    """Collects the faults of the records of one file, which is refused only where no record is sound."""

    def __init__(self, entry: Entry, records: str) -> None:
        self._entry, self._records = entry, records
        self._faults: list[tuple[str, str]] = []
        self._count = 0
        self._doubts: dict[str, list[str]] = {}
        self._detail = ""
        self._checks = 0

    def __len__(self) -> int:
        return self._count

    def add(self, place: str, fault: str, detail: str = "") -> None:
        """Take down why the record at a place (``line 3``) is left out."""
        self._count += 1
        self._detail = self._detail or detail
        if len(self._faults) < _SHOWN:
            self._faults.append((place, fault))

    def hopeless(self, sound: int) -> bool:
        """Say whether so many records were left out without a sound one that reading on is of no use."""
        return not sound and self._count >= _HOPELESS

    def doubt(self, place: str, doubt: str) -> None:
        """Take down what is odd about a record that stays."""
        self._doubts.setdefault(doubt, []).append(place)

    def may_check(self) -> bool:
        """Say whether a costly check of one more record is worth its time, and count it."""
        self._checks += 1
        return self._checks <= _MOST_CHECKED

    def tell(self, sound: int, problems: list[Problem], *, refuse: bool = True) -> None:
        """Add what was met to the problems; raise `Fault` where nothing sound is left (unless not to ``refuse``)."""
        name = self._entry.name
        if self._faults and not sound and refuse:
            (place, fault), more = self._faults[0], self._count - 1
            others = f" ({more:,} more {self._records} are not sound either)" if more else ""
            raise Fault(name, fault + others, COPY, place=place, detail=self._detail)
        if self._faults:
            told = "; ".join(f"{place}: {fault}" for place, fault in self._faults)
            rest = f" and {self._count - _SHOWN:,} more" if self._count > _SHOWN else ""
            message = f"{self._count:,} of {sound + self._count:,} {self._records} were left out: {told}{rest}"
            problems.append(Problem(name, message))
        for doubt, places in self._doubts.items():
            problems.append(Problem(name, f"{some(places)}: {doubt}"))


def some(names: Iterable[str], most: int = _SHOWN) -> str:
    """Return the first of many names, and how many more there are."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def quoted(word: object) -> str:
    """Return a word from a file as it may stand in a message: short and on one line."""
    text = shown(str(word))
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
