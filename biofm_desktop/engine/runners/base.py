"""What a run is: a job under way, wherever it runs."""

from collections.abc import Iterator
from typing import Protocol

from biofm_desktop.engine.events import Event


class Run(Protocol):
    """A job under way: iterate over its events; `pause`, `resume`, `stop` and `kill` may come from other threads.

    The last event is `Finished` or `Failed`. After `stop` it is ``Finished(stopped=True)``, once what was learnt is
    saved. `kill` ends it at once without saving.
    """

    def __iter__(self) -> Iterator[Event]: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...
