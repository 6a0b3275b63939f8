"""On which device to compute, and with how many threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import nn

from biofm_desktop.engine.crew import crew_of
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.ranks import local_size


class _Stated(Protocol):
    """Options that name devices."""

    @property
    def device(self) -> str: ...

    @property
    def devices(self) -> tuple[str, ...]: ...


def device_for(options: _Stated) -> torch.device:
    """Return the device of this process for a training with these options; raise `Fault` where it is missing."""
    return chosen_device(crew_of(options.device, options.devices).device)


def chosen_device(name: str) -> torch.device:
    """Return the device of this name (``auto``: the GPU where there is one); raise `Fault` where it is missing."""
    name, _, card = name.partition(":")
    have = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(kind for kind in ("cuda", "mps", "cpu") if have[kind])
    if not have.get(name, False):
        raise Fault(
            f"device {name}",
            "this computer has none that torch can use",
            "Choose cpu; 'biofm doctor' says what is missing",
        )
    if name == "cuda" and "LOCAL_RANK" in os.environ:  # one of several processes: each has a GPU of its own
        own = torch.device("cuda", int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
        torch.cuda.set_device(own)
        return own
    if not card:
        return torch.device(name)
    if int(card) >= torch.cuda.device_count():
        raise Fault(
            f"device {name}:{card}",
            f"this computer has {torch.cuda.device_count()} GPUs that torch can use, the first is cuda:0",
            "Choose one of them",
        )
    torch.cuda.set_device(int(card))
    return torch.device(name, int(card))


def placed(network: nn.Module, device: torch.device) -> nn.Module:
    """Return the network on the device, its filters stored channels last: a third less time for convolutions."""
    return network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute with so many CPU threads inside the block (0: as many as torch took).

    Processes that learn together on one computer share them.
    """
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(max(1, count // local_size()))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def ran_out_of_memory(error: BaseException) -> bool:
    """Say whether an error tells that memory ran out, on the GPU or beside it."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(
        words in str(error).lower() for words in ("out of memory", "not enough memory", "can't allocate memory")
    )


_NOT_DETERMINISTIC = "does not have a deterministic implementation"


@contextmanager
def same_bits(wanted: bool) -> Iterator[None]:
    """Inside the block take only algorithms that give the same bits each time, where ``wanted``.

    Raises `Fault` where the device has none for a step that the network needs.
    """
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    if wanted:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS refuses without
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
    try:
        yield
    except RuntimeError as error:
        if _NOT_DETERMINISTIC not in str(error):
            raise
        raise Fault(
            "option --deterministic",
            f"this device has no algorithm for {str(error).split()[0]} that gives the same bits each time",
            "Turn it off, or train on the CPU",
            detail=str(error),
        ) from None
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.benchmark = before[1]
