"""What a running job reports: scalars and short strings, one line of JSON each way; arrays go by file."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from .faults import Fault


@dataclass(frozen=True)
class Started:
    """The job has begun: its title, how many steps and epochs it plans (0: not known)."""

    title: str
    steps: int = 0
    epochs: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """So many of so many are done (``total`` 0: not known)."""

    done: int
    total: int
    message: str = ""


@dataclass(frozen=True)
class StepDone:
    """One optimiser step: its number from 1, the epoch it belongs to from 1, its training loss and learning rate.

    ``gradient`` is the norm of the gradient before it was clipped (None: not told).
    """

    step: int
    epoch: int
    loss: float
    learning_rate: float
    gradient: float | None = None


@dataclass(frozen=True)
class Measured:
    """What a training costs at this step: samples a second, and bytes of memory that its process holds.

    ``graphics`` are bytes of the GPU's memory (0: it computes on none).
    """

    step: int
    samples_per_second: float
    memory: int
    graphics: int = 0


@dataclass(frozen=True)
class Changed:
    """The user changed the training while it went on; it holds from the step after ``step``."""

    step: int
    epoch: int
    words: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EpochDone:
    """One pass over the training samples: mean training loss, validation loss and validation metrics.

    ``notes`` are what a task noticed besides, for the hints (``never_predicted``: names of classes).
    """

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    metrics: dict[str, float]
    best: bool = False
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """A prediction can be looked at: its sample's key, in a few words; more is in ``path``."""

    key: str
    text: str
    confidence: float | None = None
    path: str = ""


@dataclass(frozen=True)
class Saved:
    """A file or folder stands complete on the disk."""

    path: str
    what: str


@dataclass(frozen=True)
class Warned:
    """Something the user should know; the job goes on."""

    message: str


@dataclass(frozen=True)
class Failed:
    """The job ended for this reason; ``detail`` is for "copy details"; ``refused`` says the input was at fault."""

    message: str
    detail: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Finished:
    """The job ended as it should; ``stopped`` where the user ended it early. ``result`` holds its final figures."""

    message: str
    stopped: bool = False
    result: dict[str, Any] = field(default_factory=dict)


Event = Started | Progress | StepDone | Measured | Changed | EpochDone | Preview | Saved | Warned | Failed | Finished
_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Event)}


def to_line(event: Event) -> str:
    """Return the event as one line of JSON, without the line's end."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False)


def from_line(line: str) -> Event:
    """Return the event that a line of JSON tells; raise `Fault` where it tells none."""
    try:
        values = json.loads(line)
        made: Event = _KINDS[values.pop("event")](**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Fault("event", "a line of a run's events cannot be read", detail=f"{line[:200]!r}: {error}") from None
    return made
