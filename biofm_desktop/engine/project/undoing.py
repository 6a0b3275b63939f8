"""Undo, redo and walking through the history of a project."""

from abc import ABC, abstractmethod

from biofm_desktop.engine.faults import Fault

from .edits import Edit
from .journal import Journal


class Undoing(ABC):
    """What can be undone and redone, over all samples and kinds of edits, as the journal says."""

    @abstractmethod
    def _journal(self) -> Journal | None: ...

    @abstractmethod
    def _move(self, count: int, *, forward: bool) -> None: ...

    @property
    def history(self) -> tuple[list[Edit], list[Edit]]:
        """Return the edits that stand, in order, and those that were taken back, the next to redo first."""
        journal = self._journal()
        return (list(journal.done), journal.undone[::-1]) if journal else ([], [])

    @property
    def undo_text(self) -> str | None:
        """Return what `undo` would take back; None where there is nothing."""
        edit = self._next(forward=False)
        return edit.text if edit else None

    @property
    def redo_text(self) -> str | None:
        """Return what `redo` would do again; None where there is nothing."""
        edit = self._next(forward=True)
        return edit.text if edit else None

    @property
    def undo_key(self) -> str:
        """Return the key of the sample that `undo` would change (empty: several, or there is nothing)."""
        edit = self._next(forward=False)
        return edit.key if edit else ""

    @property
    def redo_key(self) -> str:
        """Return the key of the sample that `redo` would change (empty: several, or there is nothing)."""
        edit = self._next(forward=True)
        return edit.key if edit else ""

    def undo(self) -> str | None:
        """Take back the last edit, on the disk too; return what it was, None where there is nothing."""
        text = self.undo_text
        if text is not None:
            self._move(1, forward=False)
        return text

    def redo(self) -> str | None:
        """Do again what was undone last; return what it was, None where there is nothing."""
        text = self.redo_text
        if text is not None:
            self._move(1, forward=True)
        return text

    def go_to(self, number: int) -> None:
        """Take back or do again as many edits as it takes for edit ``number`` to be the last that stands (0: none)."""
        done, undone = self.history
        numbers = [edit.number for edit in done]
        if number == 0 or number in numbers:
            self._move(len(done) - (numbers.index(number) + 1 if number else 0), forward=False)
        else:
            ahead = [edit.number for edit in undone]
            if number not in ahead:
                raise Fault("history", f"there is no edit {number}", "Choose one of the list")
            self._move(ahead.index(number) + 1, forward=True)

    def _next(self, *, forward: bool) -> Edit | None:
        journal = self._journal()
        here = [] if journal is None else journal.undone if forward else journal.done
        return here[-1] if here else None
