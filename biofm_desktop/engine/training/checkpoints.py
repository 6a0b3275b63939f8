"""What a training keeps on the disk: the last and the best weights, as safetensors."""

import os
import re
import time
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from biofm_desktop.engine.files import write_with

_SECONDS_BETWEEN = 15.0


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


class Checkpoints:
    """Keeps the best weights in memory and on disk, and the last ones now and then."""

    def __init__(self, folder: Path, network: nn.Module) -> None:
        self.folder, self._network = folder, network
        self.best: dict[str, Tensor] | None = None
        self.best_epoch = 0
        self._written = 0.0

    def keep_best(self, epoch: int) -> Path:
        """Note the present weights as the best."""
        self.best_epoch = epoch
        self.best = {name: tensor.detach().cpu().clone() for name, tensor in self._network.state_dict().items()}
        path = self.folder / "checkpoints" / "best.safetensors"
        write_weights(self.best, path)
        return path

    def keep_last(self, *, now: bool = False) -> Path | None:
        """Write the present weights where the last were written a while ago, or ``now``."""
        if not now and time.monotonic() - self._written < _SECONDS_BETWEEN:
            return None
        path = self.folder / "checkpoints" / "last.safetensors"
        write_weights(self._network.state_dict(), path)
        self._written = time.monotonic()
        return path

    def write_model(self) -> Path:
        """Write the weights that predict from now on: the best, or the last where nothing was validated."""
        path = self.folder / "model.safetensors"
        write_weights(self.best or self._network.state_dict(), path)
        return path
