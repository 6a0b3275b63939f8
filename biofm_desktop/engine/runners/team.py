"""A job for several processes: the call that starts them (torchrun), and what the first of them does otherwise."""

import os
import sys
from collections.abc import Sequence

from biofm_desktop.engine.crew import Crew
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import Job
from biofm_desktop.engine.jobs.crews import crew_of_job
from biofm_desktop.engine.pipes import module_call
from biofm_desktop.engine.processes import ProcessId, begun
from biofm_desktop.engine.ranks import rank, world_size

from .here import HereRun, failure
from .register import Background

_TORCHRUN = "torch.distributed.run"
#: torchrun says so to the processes that it starts.
_OF_TORCHRUN = "TORCHELASTIC_RUN_ID"


def needs_team(job: Job) -> bool:
    """Say whether a job wants several processes, and is not in one of them; raise `Fault` where it cannot have them."""
    if world_size() > 1 or crew_of_job(job).count == 1:
        return False
    _check_system()
    return True


def _check_system() -> None:
    if sys.platform == "win32":
        raise Fault("option --devices", "several devices learn together on Linux and macOS only", "Name one device")


def team_call(module: str, words: Sequence[str], crew: Crew) -> tuple[list[str], dict[str, str]]:
    """Return the call that runs a module of ours in each process of a crew, and the environment that it needs."""
    python, environment = module_call(module, words)
    environment = {name: value for name, value in environment.items() if not _of_a_team(name)}
    if crew.count == 1:
        return python, environment
    _check_system()
    call = [python[0], "-P", "-m", _TORCHRUN, "--standalone", f"--nproc-per-node={crew.count}", "-m", module, *words]
    # The working folder, which may be a user's data, stays out of the search for modules there too.
    return call, environment | crew.environment | {"PYTHONSAFEPATH": "1"}


def _of_a_team(variable: str) -> bool:
    """Say whether torchrun set a variable: a job that one of its processes starts is none of the team."""
    return world_size() > 1 and (
        variable in ("RANK", "WORLD_SIZE", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
        or variable.startswith(("LOCAL_", "GROUP_", "ROLE_", "MASTER_", "TORCHELASTIC_"))
    )


def leader() -> ProcessId:
    """Return the process whose end is the end of this job: torchrun where that started it, else this one."""
    if _OF_TORCHRUN not in os.environ or world_size() == 1:
        return ProcessId.me()
    return ProcessId(os.getppid(), ProcessId.me().host, begun(os.getppid()) or 0.0)


def work_beside(entry: Background) -> int:
    """Do the share of a process that is not the first, which tells and writes; return the exit status."""
    from biofm_desktop.engine.events import Failed

    last = None
    try:
        for event in HereRun(entry.made_job()):
            last = event
    except Exception as error:  # noqa: BLE001 - said as any failure
        last = failure(entry.title, error)
    if isinstance(last, Failed):
        sys.stderr.write(f"process {rank() + 1} of {world_size()}: {last.message}\n{last.detail}\n")
    return int(isinstance(last, Failed))
