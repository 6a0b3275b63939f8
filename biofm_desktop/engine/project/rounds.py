"""Which corrections the model in use has not learnt yet, over rounds of correcting and learning, undo included."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .edits import Edit


@dataclass(frozen=True)
class Round:
    """A model and the last edit (by number) that it knows of; ``learnt`` are the edits that its round brought."""

    run: str
    known: int
    learnt: frozenset[int] = frozenset()


class Rounds:
    """The rounds of a session, from the model that the user chose to the one that learnt last."""

    def __init__(self) -> None:
        self._rounds: list[Round] = []

    @property
    def run(self) -> str:
        """Return the model's run folder (empty: there is none)."""
        return self._rounds[-1].run if self._rounds else ""

    def begin(self, run: str, edits: Iterable[Edit]) -> None:
        """Begin anew with a run; what was corrected before its training began is known to it."""
        began = _began(Path(run)) if run else 0.0
        known = max((edit.number for edit in edits if edit.made <= began), default=0)
        self._rounds = [Round(run, known)] if run else []

    def waiting(self, edits: Iterable[Edit]) -> dict[str, frozenset[int]]:
        """Return the samples of the edits that stand and are not learnt yet, each with the numbers of its edits."""
        if not self._rounds:
            return {}
        found: dict[str, frozenset[int]] = {}
        for edit in edits:
            if edit.key and edit.number > self._rounds[-1].known:
                found[edit.key] = found.get(edit.key, frozenset()) | {edit.number}
        return found

    def learnt(self, run: str, numbers: frozenset[int], known: int) -> None:
        """Note that a new run learnt these edits; it knows of all edits up to ``known``."""
        self._rounds.append(Round(run, known, numbers))

    def go_back(self, edits: Iterable[Edit]) -> str:
        """Leave the rounds whose edits do not all stand any more; return the run that is in use then (empty: the same).

        What else those rounds had learnt waits again.
        """
        standing, before = {edit.number for edit in edits}, len(self._rounds)
        broken = [n for n, each in enumerate(self._rounds) if not each.learnt <= standing]
        del self._rounds[min(broken, default=before) :]
        return self.run if len(self._rounds) < before else ""


def _began(run: Path) -> float:
    """Return when the training of a run began, as the time of its job (seconds since 1970; 0: not known)."""
    try:
        return (run / "job.json").stat().st_mtime
    except OSError:
        return 0.0
