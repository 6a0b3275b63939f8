"""What a training keeps on the disk: the last and the best weights, as safetensors, and its whole state."""

import os
import re
import time
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from biofm_desktop.engine.files import link_or_copy, remove, write_with

from .adapters import merged
from .state import STATE, Kept, Movers, Standing, write_state

#: The name of an epoch's weights.
EPOCH = "epoch-{:04d}.safetensors"
LAST = "last.safetensors"
_SECONDS_BETWEEN = 30.0
#: The files of a large network take a while to write: at most 0.5 % of the time goes into each kind, but at most a
#: minute of work is repeated.
_TIMES_ITS_COST, _MOST_REPEATED = 200.0, 55.0
#: Seconds that the best weights may take to be written in every epoch.
_CHEAP = 1.0


def write_weights(state: dict[str, Tensor], path: Path, facts: dict[str, str] | None = None) -> None:
    """Write tensors as a safetensors file; raise `Fault` where the disk does not let us."""
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}

    def write(aside: Path) -> None:
        try:
            save_file(tensors, aside, {"format": "pt", **(facts or {})})
        except SafetensorError as error:  # a full disk is told by it in words only
            number = re.search(r"os error (\d+)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error

    write_with(path, write, room="checkpoint")


def _second_name(path: Path, aside: Path) -> None:
    aside.unlink(missing_ok=True)
    link_or_copy(path, aside)


class Checkpoints:
    """Keeps the best weights in memory and on disk, and the last ones now and then.

    ``went_on`` says that the network has the weights of a state that was kept before, ``ended`` why the training ended
    before its last epoch (empty: it did not). A ``quiet`` one writes nothing: another process does.
    """

    def __init__(self, folder: Path, network: nn.Module, *, quiet: bool = False) -> None:
        self.folder, self._network, self._quiet = folder, network, quiet
        self.best: dict[str, Tensor] | None = None
        self.best_epoch = 0
        self.went_on, self.ended = False, ""
        self._written, self._last_cost = 0.0, 0.0  # the first epoch is kept at once
        self._state_at, self._state_cost = time.monotonic(), 0.0
        self._epoch_at, self._epoch_cost = 0.0, 0.0
        self._best_at, self._best_cost, self._best_waits = 0.0, 0.0, False

    def keep_best(self, epoch: int) -> None:
        """Note the present weights as the best, and write them.

        Those that take long to write wait where that would take more than 0.5 % of the time: till the state is
        written that tells of them, or the end.
        """
        self.best_epoch = epoch
        self.best = {name: tensor.detach().cpu().clone() for name, tensor in merged(self._network).items()}
        self._best_waits = not self._quiet
        if self._best_cost < _CHEAP or time.monotonic() - self._best_at >= _TIMES_ITS_COST * self._best_cost:
            self._write_best()

    def _write_best(self) -> None:
        if self._best_waits and self.best is not None:
            began = time.monotonic()
            write_weights(self.best, self.folder / "checkpoints" / "best.safetensors")
            self._best_at = time.monotonic()
            self._best_cost, self._best_waits = self._best_at - began, False

    def keep_epoch(self, epoch: int, count: int) -> None:
        """Let the weights of this epoch stand beside those of the ``count - 1`` latest ones; older files go.

        Weights that were just written as the best get a second name; others, and the best where they wait, are written
        where that takes no more than 0.5 % of the time, and are the last ones as well. The best epoch's file stays.
        """
        if self._quiet or not count:
            return
        began, folder = time.monotonic(), self.folder / "checkpoints"
        path = folder / EPOCH.format(epoch)
        if epoch == self.best_epoch and not self._best_waits:
            write_with(path, lambda aside: _second_name(folder / "best.safetensors", aside), room="checkpoint")
        elif began - self._epoch_at >= _TIMES_ITS_COST * self._epoch_cost:
            write_weights(merged(self._network), path)
            self._epoch_at = time.monotonic()
            self._epoch_cost = self._epoch_at - began
            write_with(folder / LAST, lambda aside: _second_name(path, aside), room="checkpoint")
            self._written = self._epoch_at
        best = folder / EPOCH.format(self.best_epoch)
        for old in sorted(folder.glob(EPOCH.format(0).replace("0000", "*")))[:-count]:
            if old != best:
                remove(old, room="checkpoint")

    def keep_last(self, *, now: bool = False) -> None:
        """Write the present weights where the last were written a while ago, or ``now``."""
        began = time.monotonic()
        wait = max(_SECONDS_BETWEEN, _TIMES_ITS_COST * self._last_cost)
        if self._quiet or (not now and began - self._written < wait):
            return
        if now:
            self._write_best()
        write_weights(merged(self._network), self.folder / "checkpoints" / LAST)
        self._written = time.monotonic()
        self._last_cost = self._written - began

    def keep_state(self, standing: Standing, movers: Movers, *, now: bool = False) -> None:
        """Write the whole state where the last was written a while ago, or ``now``."""
        if self._quiet:
            return
        began = time.monotonic()
        wait = min(_MOST_REPEATED, max(_SECONDS_BETWEEN, _TIMES_ITS_COST * self._state_cost))
        if now or began - self._state_at >= wait:
            self._write_best()
            write_state(self.folder / "checkpoints" / STATE, standing, movers)
            self._state_at = time.monotonic()
            self._state_cost = self._state_at - began

    def kept_state(self, data: str) -> Kept:
        """Return the state that was kept last; raise `Fault` where none fits these data."""
        return Kept(self.folder / "checkpoints" / STATE, data)

    def go_on(self, standing: Standing) -> None:
        """The network has the weights of a kept state: take up the best that it knew."""
        if standing.best_epoch:
            self.best = load_file(self.folder / "checkpoints" / "best.safetensors")
            self.best_epoch = standing.best_epoch
        self.went_on = True

    def watch(self, network: nn.Module) -> None:
        """Keep the weights of this network from here."""
        self._network = network

    def write_model(self) -> Path:
        """Write the weights that predict from now on: the best, or the last where nothing was validated."""
        self._write_best()
        path = self.folder / "model.safetensors"
        write_weights(self.learnt(), path)
        return path

    def learnt(self) -> dict[str, Tensor]:
        """Return the best weights, or the last where nothing was validated."""
        return self.best or merged(self._network)
