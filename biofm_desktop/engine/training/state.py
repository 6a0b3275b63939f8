"""Where a training stands: all that it takes to go on as if it had never stopped."""

import math
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import torch

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_with

STATE = "state.pt"
_WAY_OUT = "Start a new training; the weights of this run can be its start"


@dataclass
class Standing:
    """The place of a training in its data, and what it reached: ``place`` steps of this epoch's ``order`` are done.

    ``data`` stands for the number of items that it learns from, so that it goes on with as many only; ``content`` for
    what they hold. ``frozen``, ``scale`` (of the learning rates) and ``task`` (options) are as the user changed them on
    the way, ``changes`` times.
    """

    data: str
    epochs: int
    content: str = ""
    step: int = 0
    epoch: int = 1
    place: int = 0
    order: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    best: float = -math.inf
    best_epoch: int = 0
    frozen: list[str] | None = None
    scale: float = 1.0
    task: dict[str, Any] = field(default_factory=dict)
    changes: int = 0
    skipped: int = 0

    def end_epoch(self) -> None:
        """Stand before the next epoch."""
        self.epoch, self.place, self.order, self.losses = self.epoch + 1, 0, [], []


class Moving(Protocol):
    """Something with a state that changes while training."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> object: ...


class Chance:
    """A generator of chance, as something with a state."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands."""
        return {"state": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Stand there again."""
        self._generator.set_state(state["state"])


Movers = dict[str, Moving]


def digest_of(repeats: Sequence[int], sizes: Sequence[int]) -> str:
    """Return what stands for the items: how often each is drawn, and how many there are in each split."""
    return sha256(repr((list(repeats), list(sizes))).encode()).hexdigest()


def write_state(path: Path, standing: Standing, movers: Movers) -> None:
    """Write the state, random states included; raise `Fault` where the disk does not let us."""
    whole = {
        "standing": asdict(standing),
        "movers": {name: mover.state_dict() for name, mover in movers.items()},
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            torch.save(whole, file)

    write_with(path, write, room="checkpoint")


class Kept:
    """A state that was kept: its ``standing`` first, and then, once the movers are made to fit it, all the rest.

    Raises `Fault` where there is none, where it is damaged or of another network, or where the data differ.
    """

    def __init__(self, path: Path, data: str) -> None:
        self._path = path
        if not path.is_file():
            raise Fault(path.parent.parent, "no state of it was kept, so it cannot go on", _WAY_OUT)
        with self._sound():
            self._whole: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            self.standing = Standing(**self._whole["standing"])
        if self.standing.data != data:
            raise Fault(path.parent.parent, "its data have changed since, so it cannot go on with them", _WAY_OUT)

    def restore(self, movers: Movers) -> None:
        """Set the movers and torch's own chance to where they stood."""
        with self._sound():
            for name, mover in movers.items():
                mover.load_state_dict(self._whole["movers"][name])
            torch.set_rng_state(self._whole["torch"])
            cuda = self._whole["cuda"]
            if cuda and len(cuda) == torch.cuda.device_count():
                torch.cuda.set_rng_state_all(cuda)

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
            raise Fault(self._path, "it is damaged or not of this run", _WAY_OUT, detail=str(error)) from None
