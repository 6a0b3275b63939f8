"""Which of several processes this one is, where ``torchrun`` (or a cluster) started more than one for a job."""

import os

from .faults import Fault


def world_size() -> int:
    """Return how many processes do this job together (1: this one only)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return which of them this one is; 0 is the one that tells and writes."""
    return int(os.environ.get("RANK", "0"))


def local_size() -> int:
    """Return how many of them run on this computer."""
    return max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def lost(detail: str = "") -> Fault:
    """Return what to say where one of the processes is gone."""
    return Fault(
        "processes of this training",
        f"one of the {world_size()} ended or is no longer reached",
        "What was learnt until then is saved: go on with 'biofm continue', started in the same way",
        detail=detail,
    )


def sibling_gone() -> bool:
    """Say whether one of the processes that the same ``torchrun`` started on this machine has ended already."""
    import psutil

    here = local_size()
    alive = 0
    for process in psutil.Process(os.getppid()).children() if here > 1 else ():
        try:
            alive += process.status() != psutil.STATUS_ZOMBIE and "LOCAL_RANK" in process.environ()
        except psutil.Error:  # it ended while we looked
            continue
    return here > 1 and alive < here
