"""A job once more: from its start, or from where it stood; and the folder that it works in."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import remove
from biofm_desktop.engine.project.folders import new_numbered, numbered

from .base import Job
from .continue_training import ContinueJob, epochs_of

#: What a training leaves that was ended before its first step; nothing of it was learnt.
_UNBEGUN = frozenset(
    ("job.json", "events.jsonl", "splits.json", "card.json", "leaks.csv", "weights.csv", "control.jsonl")
)


def run_folder_of(job: Job) -> Path | None:
    """Return the folder that a job writes its run into; None where it writes none."""
    name = job.run_folder if isinstance(job, ContinueJob) else getattr(job, "out", "")
    return Path(name) if name else None


def going_on(job: Job) -> ContinueJob | None:
    """Return the job that goes on where this one broke off or was stopped; None where it cannot."""
    folder = run_folder_of(job)
    if folder is None or not job.trains:
        return None
    try:
        known = epochs_of(folder)
    except Fault:
        return None  # a damaged run folder: what is wrong with it is told where it is used
    if known is None:
        return None
    done, planned = known
    if done < planned:
        return ContinueJob(run_folder=str(folder))
    return job if isinstance(job, ContinueJob) and job.epochs else None


def from_start(job: Job) -> Job:
    """Return the same job, its results into a new folder where its own holds something already.

    What a training left that never took a step is cleared, so that it has its folder again. Raises `Fault` where the
    disk does not let us.
    """
    folder = run_folder_of(job)
    if folder is None or isinstance(job, ContinueJob) or "out" not in {field.name for field in fields(job)}:
        return job
    if folder.is_dir():
        _clear_unbegun(folder)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return job
    changes: dict[str, Any] = {"out": str(_beside(folder))}
    return replace(job, **changes)


def left_over(job: Job) -> Job:
    """Return what is left to do of a job that was ended on the way; see `going_on` and `from_start`."""
    return going_on(job) or from_start(job)


def _clear_unbegun(folder: Path) -> None:
    found = list(folder.iterdir())
    if found and all(path.name in _UNBEGUN and path.is_file() for path in found):
        for path in found:
            remove(path, room="checkpoint")


def _beside(folder: Path) -> Path:
    """Return a new empty folder beside one, named after it."""
    if folder in numbered(folder.parent):
        return new_numbered(folder.parent, folder.name.split("-", 4)[4])
    number = 2
    while (free := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return free
