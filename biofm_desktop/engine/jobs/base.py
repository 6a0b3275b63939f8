"""What a job is: a frozen, JSON-able value that says what to do, and does it as a stream of events."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event


@dataclass(frozen=True, kw_only=True)
class Job(ABC):
    """Something to run, here or in a child; all fields are JSON-able values (paths as absolute text).

    Not asking `run` for the next event is pausing it; closing it is stopping it: what it learnt is saved first.
    """

    name: ClassVar[str]
    #: It takes long and leaves a run folder: it can wait from one start of the window to the next, and run without it.
    trains: ClassVar[bool] = False

    @property
    @abstractmethod
    def title(self) -> str:
        """Return what it does, in a few words, for lists and messages."""

    @abstractmethod
    def run(self) -> Iterator[Event]:
        """Do it. The last event is `Finished`; faults are raised, and the runner turns them into `Failed`."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the words of the command line that does the same."""

    def to_json(self) -> dict[str, Any]:
        """Return the job as a JSON-able dictionary, from which `jobs.job_from_json` makes it again."""
        return {"job": self.name, **asdict(self)}
