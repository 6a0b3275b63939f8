"""What runs on the nodes of a cluster: submitit calls `work` in each process that SLURM started."""

import os
import platform
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from biofm_desktop.engine.events import Failed
from biofm_desktop.engine.ranks import rank, world_size

from .detached import Detached
from .here import use_threads
from .register import Background, read_entry_in
from .team import work_beside


def work(home: str, name: str) -> None:
    """Do the job whose entry lies in ``home``: the first process tells, the others learn along."""
    _know_the_others()
    use_threads()
    entry = read_entry_in(Path(home), name)
    if entry is None:
        sys.exit(f"{platform.node()} does not see {home}, the shared folder of this job")
    if rank() > 0:
        _heed(lambda: None)
        sys.exit(work_beside(entry))
    detached = Detached(entry)
    if not Path(entry.folder).is_dir():
        detached.refuse(_unseen(entry))
        sys.exit(1)
    # Two minutes before its time is over, and where scancel ends it: what was learnt is saved.
    _heed(lambda: threading.Thread(target=detached.stop).start())
    if not detached.work():
        sys.exit(1)


def _know_the_others() -> None:
    """Say to torch, as torchrun does, which of SLURM's processes this one is; and how many threads it has."""
    if int(os.environ.get("SLURM_NTASKS", "1")) > 1:
        from submitit.helpers import TorchDistributedEnvironment

        TorchDistributedEnvironment().export(set_cuda_visible_devices=False, overwrite=True)
    if world_size() > 1 or "SLURM_CPUS_PER_TASK" in os.environ:
        os.environ.setdefault("BIOFM_THREADS", os.environ.get("SLURM_CPUS_PER_TASK", "1"))


def _heed(stop: Callable[[], object]) -> None:
    from submitit.slurm.slurm import SlurmJobEnvironment

    warned = SlurmJobEnvironment._usr_sig()
    for number in (signal.SIGTERM, warned):
        signal.signal(number, lambda *_: stop())


def _unseen(entry: Background) -> Failed:
    return Failed(
        f"{entry.title}: {platform.node()}, a node of the cluster, does not see {entry.folder}. Keep data and project "
        "in a folder that the cluster shares."
    )
