"""Where a training stands: all that it takes to go on as if it had never stopped."""

import math
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import nn

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_with

STATE = "state.pt"
_WAY_OUT = "Start a new training; the weights of this run can be its start"


@dataclass
class Standing:
    """The place of a training in its data, and what it reached: ``place`` batches of this epoch's ``order`` are done.

    ``data`` stands for the items that it learns from, so that it goes on with the same ones only.
    """

    data: str
    epochs: int
    step: int = 0
    epoch: int = 1
    place: int = 0
    order: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    best: float = -math.inf
    best_epoch: int = 0

    def end_epoch(self) -> None:
        """Stand before the next epoch."""
        self.epoch, self.place, self.order, self.losses = self.epoch + 1, 0, [], []


@dataclass(frozen=True, eq=False)
class Movers:
    """Everything with a state that changes while training."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    chance: torch.Generator


def digest_of(repeats: Sequence[int], sizes: Sequence[int]) -> str:
    """Return what stands for the items: how often each is drawn, and how many there are in each split."""
    return sha256(repr((list(repeats), list(sizes))).encode()).hexdigest()


def write_state(path: Path, standing: Standing, movers: Movers) -> None:
    """Write the state, random states included; raise `Fault` where the disk does not let us."""
    whole = {
        "standing": asdict(standing),
        "network": movers.network.state_dict(),
        "optimizer": movers.optimizer.state_dict(),
        "schedule": movers.schedule.state_dict(),
        "chance": movers.chance.get_state(),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            torch.save(whole, file)

    write_with(path, write, room="checkpoint")


def read_state(path: Path, movers: Movers, data: str) -> Standing:
    """Set everything to the state of a file and return the standing.

    Raises `Fault` where there is none, where it is damaged or of another network, or where the data differ.
    """
    if not path.is_file():
        raise Fault(path.parent.parent, "no state of it was kept, so it cannot go on", _WAY_OUT)
    try:
        whole: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        standing = Standing(**whole["standing"])
        if standing.data != data:
            raise Fault(path.parent.parent, "its data have changed since, so it cannot go on with them", _WAY_OUT)
        movers.network.load_state_dict(whole["network"])
        movers.optimizer.load_state_dict(whole["optimizer"])
        movers.schedule.load_state_dict(whole["schedule"])
        movers.chance.set_state(whole["chance"])
        torch.set_rng_state(whole["torch"])
        if whole["cuda"] and len(whole["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(whole["cuda"])
    except (KeyError, TypeError, ValueError, RuntimeError, OSError, EOFError, pickle.UnpicklingError) as error:
        raise Fault(path, "it is damaged or not of this run", _WAY_OUT, detail=str(error)) from None
    return standing
