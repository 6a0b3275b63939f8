"""What a scenario is: a small act that brings a folder from an old state to a new one."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

#: What a reader finds, by name; each must be old or new as a whole. JSON values.
Items = dict[str, Any]


class Scenario(ABC):
    """One act.

    ``whole`` says that after a failure all items are old or all are new; else each for itself. ``repeats`` says that
    the act done again gives the new state again. ``resumes`` says that a part is kept on purpose, to go on with.
    ``names`` are words by which a fault may name what it is about, other than the file. ``imports`` are libraries that
    it needs.
    """

    whole: ClassVar[bool] = True
    resumes: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = ()
    imports: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, *, repeats: bool = True) -> None:
        self.name, self.repeats = name, repeats

    def prepare(self, folder: Path) -> None:  # noqa: B027 - not all need it
        """Make the old state in an empty folder."""

    def start(self, folder: Path) -> Any:  # noqa: B027 - not all need it
        """Make ready for the act; nothing fails here."""

    @abstractmethod
    def act(self, handle: Any, folder: Path) -> None:
        """Do what may fail."""

    def finish(self, handle: Any) -> Any:  # noqa: B027 - not all need it
        """Let go; return what is shown to the user now (None: nothing to compare)."""

    @abstractmethod
    def read(self, folder: Path) -> Items:
        """Read everything as another program would."""

    def leftovers(self, folder: Path) -> list[str]:
        """Return what a failed write left behind."""
        return [str(path.relative_to(folder)) for path in folder.rglob("*") if ".part" in path.name]
