"""Several processes that train one network together: who takes which samples, and what all of them must agree on."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Protocol

import torch
from torch import Tensor, distributed, nn

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.ranks import lost, world_size

#: A rank that has not answered for so long is taken for dead.
_PATIENCE = timedelta(minutes=10)
#: Words of gloo and NCCL where a process is gone.
_LOST = ("peer", "timed out", "timeout", "nccl", "gloo", "connection", "remote process")


class Team(Protocol):
    """The processes of a training. ``rank`` 0 is the one that tells and writes; ``size`` is how many there are."""

    rank: int
    size: int

    def wrapped(self, module: nn.Module) -> nn.Module: ...

    def not_yet(self, module: nn.Module) -> AbstractContextManager[None]: ...

    def share(self, items: Sequence[Any]) -> slice: ...

    def agreed(self, value: Any) -> Any: ...

    def gathered(self, values: list[Any]) -> list[Any]: ...

    def mean(self, value: float) -> float: ...

    def leave(self) -> None: ...


class Alone:
    """One process."""

    rank, size = 0, 1

    def wrapped(self, module: nn.Module) -> nn.Module:
        """Return what a batch goes through: the module itself."""
        return module

    def not_yet(self, module: nn.Module) -> AbstractContextManager[None]:
        """Return the block in which gradients are added up only."""
        return nullcontext()

    def share(self, items: Sequence[Any]) -> slice:
        """Return which of the items this process takes: all."""
        return slice(0, len(items))

    def agreed(self, value: Any) -> Any:
        """Return what all processes hold to be true: the value."""
        return value

    def gathered(self, values: list[Any]) -> list[Any]:
        """Return the values of all processes, in the order of their shares."""
        return values

    def mean(self, value: float) -> float:
        """Return the mean of the processes' values."""
        return value

    def leave(self) -> None:
        """There is nobody to part from."""


class Ranks:
    """The processes that ``torchrun`` started, by torch's DistributedDataParallel: NCCL on GPUs, gloo elsewhere.

    A rank that dies makes the others fail within moments (its connection breaks), or after ten minutes at the latest.
    """

    def __init__(self, device: torch.device) -> None:
        if not distributed.is_initialized():
            try:
                distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
            except (RuntimeError, ValueError) as error:
                raise Fault(
                    "processes of this training",
                    "they do not find each other",
                    "Start them with torchrun, on machines that reach each other",
                    detail=str(error),
                ) from None
        self.rank, self.size, self._device = distributed.get_rank(), distributed.get_world_size(), device

    def wrapped(self, module: nn.Module) -> nn.Module:
        """Return the module as one that averages its gradients over the processes."""
        ids = [self._device.index] if self._device.type == "cuda" else None
        made: nn.Module = nn.parallel.DistributedDataParallel(module, device_ids=ids)
        return made

    def not_yet(self, module: nn.Module) -> AbstractContextManager[None]:
        """Return the block in which gradients are added up only, not yet averaged over the processes."""
        assert isinstance(module, nn.parallel.DistributedDataParallel)
        return module.no_sync()

    def share(self, items: Sequence[Any]) -> slice:
        """Return which of the items this process takes: equal parts in order, none empty where there are enough."""
        edges = [round(len(items) * n / self.size) for n in (self.rank, self.rank + 1)]
        return slice(*edges)

    def agreed(self, value: Any) -> Any:
        """Return rank 0's value; the others' is passed over."""
        told = [value]
        distributed.broadcast_object_list(told, src=0, device=self._device)
        return told[0]

    def gathered(self, values: list[Any]) -> list[Any]:
        """Return the values of all processes, in the order of their shares."""
        found: list[list[Any]] = [[] for _ in range(self.size)]
        distributed.all_gather_object(found, values)
        return [value for part in found for value in part]

    def mean(self, value: float) -> float:
        """Return the mean of the processes' values."""
        total: Tensor = torch.tensor(value, dtype=torch.float64, device=self._device)
        distributed.all_reduce(total)
        return float(total) / self.size

    def leave(self) -> None:
        """Part from the others."""
        if distributed.is_initialized():
            distributed.destroy_process_group()


@contextmanager
def together(team: Team) -> Iterator[None]:
    """Part from the others when the block ends; say so in a `Fault` where one of them is gone."""
    try:
        yield
    except RuntimeError as error:
        if team.size == 1 or not any(word in str(error).lower() for word in _LOST):
            raise
        raise lost(str(error)) from None
    finally:
        team.leave()


def team_on(device: torch.device) -> Team:
    """Return the processes that train together on devices of this kind."""
    return Ranks(device) if world_size() > 1 else Alone()
