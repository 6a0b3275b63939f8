"""Jobs on a cluster: handed to SLURM through submitit, found again by the register, ended by scancel.

A job has a folder ``biofm-cluster/NAME`` in the shared folder, with its script and what its processes print; beside it
lies its entry, which its first process keeps up to date as `detached` does.
"""

import math
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.clusters import ClusterProfile, check_profile
from biofm_desktop.engine.events import Failed, Finished, to_line
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import new_folder
from biofm_desktop.engine.jobs import Job, TrainJob
from biofm_desktop.engine.jobs.again import run_folder_of
from biofm_desktop.engine.jobs.signing import unsign

from . import slurm
from .register import ENDED, Background, forget, new_entry, read_entry, said_of, write_entry, write_pointer

if TYPE_CHECKING:
    from submitit import SlurmExecutor

HOME = "biofm-cluster"
#: SLURM is asked so often about each job.
LOOK_SECONDS = 10.0
#: SLURM tells a job so long before its time is over.
_WARNED_SECONDS = 120


def submit_to_cluster(job: Job, title: str, profile: ClusterProfile) -> Background:
    """Hand a job to the cluster and return its entry; raise `Fault` where that does not take it."""
    check_profile(profile)
    for command in ("sbatch", "srun"):
        slurm.need(command, profile.name)
    job = _for_nodes(job)
    folder = run_folder_of(job)
    base = Path(profile.shared).expanduser() if profile.shared or folder is None else folder.absolute().parent
    entry = new_entry(job, title, state="waiting")
    entry = replace(entry, home=str(base / HOME), cluster={"profile": profile.name, "number": ""})
    _take_folder(job, Path(entry.folder))
    try:
        executor = _executor(entry, profile)
        write_entry(entry)
        number = _submitted(executor, entry, profile)
    except Fault:
        with suppress(Fault, OSError):
            forget(entry)
            Path(entry.folder).rmdir()  # only an empty one goes
        raise
    entry = replace(entry, cluster={**entry.cluster, "number": number})
    write_pointer(entry)
    return entry


def cancel_entry(entry: Background) -> None:
    """End a job of the cluster by scancel: one that waits is over at once, one that runs has moments to save.

    Raises `Fault` where SLURM does not do it.
    """
    slurm.cancel(entry.cluster["number"], entry.cluster["profile"])
    if entry.state == "waiting":
        _end(entry, Finished("It was taken out of the cluster's queue", stopped=True))


class ClusterEyes:
    """Asks SLURM now and then how jobs stand, and writes down the end of those that could not do so themselves.

    The last word of a job may still be on its way through the shared folder when SLURM knows it no longer: that is
    believed at the second look, or after so many seconds (``grace``) for who looks only once.
    """

    def __init__(self, grace: float = 0.0) -> None:
        self._grace = grace
        self._asked: dict[str, float] = {}
        self._missed: set[str] = set()

    def look(self, entries: Sequence[Background]) -> list[Background]:
        """Return the entries as they are now."""
        return [self._looked_at(entry) for entry in entries]

    def _looked_at(self, entry: Background) -> Background:
        number = entry.cluster.get("number")
        if not number or entry.state in ENDED:
            return entry
        if time.monotonic() - self._asked.get(entry.name, -math.inf) < LOOK_SECONDS:
            return entry
        self._asked[entry.name] = time.monotonic()
        found = slurm.standing_of(number)
        if found is None or not found.over:
            self._missed.discard(entry.name)
            return entry
        if entry.name not in self._missed and not self._grace:
            self._missed.add(entry.name)
            return entry
        time.sleep(self._grace)
        now = read_entry(entry.name) or entry
        return now if now.state in ENDED else _end(now, _lost(now, found))


def _lost(entry: Background, found: slurm.Standing) -> Finished | Failed:
    state = found.state.lower().replace("_", " ") or "no longer in its queue"
    if entry.state == "waiting" and found.state == "CANCELLED":
        return Finished("It was taken out of the cluster's queue", stopped=True)
    return Failed(
        f"{entry.title}: the cluster ended it ({state}). What it had saved is in {entry.folder}; what it printed is in "
        f"{Path(entry.home) / entry.name}. Go on with it from there, or give its profile more time or memory.",
        said_of(entry),
    )


def _end(entry: Background, last: Finished | Failed) -> Background:
    state = "failed" if isinstance(last, Failed) else "stopped"
    ended = replace(entry, state=state, since=time.time(), last=to_line(last))
    write_entry(ended)
    unsign(Path(entry.folder), entry.name)
    return ended


def _for_nodes(job: Job) -> Job:
    """Return the job without what was chosen for this computer: its devices and its number of threads."""
    if not isinstance(job, TrainJob):
        return job
    kind = job.fit_options.get("device", "auto")
    fit = {**job.fit_options, "devices": (), "threads": 0, "device": "auto" if kind == "mps" else kind}
    return replace(job, fit_options=fit)


def _take_folder(job: Job, folder: Path) -> None:
    """Make the new folder of a run: by it a node sees whether it sees what this computer sees."""
    if isinstance(job, TrainJob):
        new_folder(folder)


def _executor(entry: Background, profile: ClusterProfile) -> "SlurmExecutor":
    try:
        from submitit import SlurmExecutor
    except ImportError as error:
        raise Fault(
            f"cluster {profile.name}",
            "the library submitit is not installed",
            "Set the program up again (installers/setup.sh)",
            detail=str(error),
        ) from None
    setup = [profile.setup] if profile.setup else []
    if not profile.python:  # a Python of its own has the program installed
        setup.append(f'export PYTHONPATH={shlex.quote(str(Path(__file__).resolve().parents[3]))}:"$PYTHONPATH"')
    values: dict[str, Any] = {
        "job_name": f"biofm-{entry.name}",
        "time": math.ceil(profile.hours * 60),
        "nodes": profile.nodes,
        "ntasks_per_node": profile.processes,
        "cpus_per_task": profile.cpus,
        "setup": setup,
        "signal_delay_s": _WARNED_SECONDS,
        "stderr_to_stdout": True,
        "srun_args": ["--kill-on-bad-exit=1"],
        "additional_parameters": {"no-requeue": True},  # from its start it would find its own folder in the way
    }
    stated = {"partition": profile.partition, "account": profile.account, "gpus_per_node": profile.gpus}
    values |= {name: value for name, value in stated.items() if value}
    values |= {"mem": f"{profile.memory}GB"} if profile.memory else {}
    try:
        python = profile.python or shlex.quote(sys.executable)
        executor = SlurmExecutor(folder=Path(entry.home) / entry.name, python=python)
        executor.update_parameters(**values)
    except OSError as error:
        raise system_fault(entry.home, error) from error
    return executor


def _submitted(executor: "SlurmExecutor", entry: Background, profile: ClusterProfile) -> str:
    """Return the number that SLURM gives the job."""
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    from .cluster_node import work

    try:
        return str(executor.submit(work, entry.home, entry.name).job_id)
    except OSError as error:
        raise system_fault(entry.home, error) from error
    except (FailedJobError, FailedSubmissionError) as error:
        said = str(error).strip() or "it says nothing"
        raise Fault(
            f"cluster {profile.name}",
            f"SLURM does not take the job ({said.splitlines()[0]})",
            "Check the profile: partition, account, GPUs, memory and time limit",
            detail=said,
        ) from None
