"""The folders of finished runs, as the window uses them."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from biofm_desktop.engine.events import from_line
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.jobs import Job, epochs_of
from biofm_desktop.engine.jobs.again import run_folder_of
from biofm_desktop.engine.project import Project, is_project
from biofm_desktop.gui.widgets.run_curves import RunCurves
from biofm_desktop.gui.workers.job_center import JobHandle

EVENTS, MODEL = "events.jsonl", "model.safetensors"
_MOST_OFFERED, _MORE = 8, 10
#: So many events lie in memory while a run is read.
_AT_ONCE = 20_000


def finished(runs: Iterable[Path]) -> list[Path]:
    """Return those runs that can predict."""
    return [folder for folder in runs if (folder / MODEL).is_file()]


def folder_of(job: Job) -> Path:
    """Return the run folder that a training writes."""
    return run_folder_of(job) or Path()


def clear_folder(handle: JobHandle) -> None:
    """Remove the empty folder that a training had taken and never used, unless it is kept for it."""
    folder = run_folder_of(handle.job)
    if folder is not None and not handle.kept:
        with suppress(OSError):
            folder.rmdir()  # only an empty one goes


def to_go_on(runs: Iterable[Path]) -> list[tuple[str, str, int]]:
    """Return with which runs a training can go on, the latest first: in words, the folder, how many more epochs."""
    offered = []
    for folder in list(runs)[: -_MOST_OFFERED - 1 : -1]:
        try:
            known = epochs_of(folder)
        except Fault:
            continue  # a damaged run folder: its fault is told where it is used
        if known is None:
            continue
        done, planned = known
        if done >= planned:
            offered.append((f"{folder.name}: {_MORE} epochs more (it has {done})", str(folder), _MORE))
        else:
            stands = f"stopped after epoch {done} of {planned}" if done else f"broke off, {planned} epochs planned"
            offered.append((f"{folder.name}: go on ({stands})", str(folder), 0))
    return offered


def read_curves(folder: Path) -> RunCurves:
    """Return the curves that a run's folder tells; lines that cannot be read are left out.

    Raises `Fault` where there are no events.
    """
    curves, events = RunCurves(folder.name), []
    try:
        with (folder / EVENTS).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    events.append(from_line(line))
                except Fault:
                    continue  # a crash cut the last line, or another version wrote it
                if len(events) == _AT_ONCE:
                    curves.take(events)
                    events.clear()
    except OSError as error:
        raise system_fault(folder / EVENTS, error) from error
    curves.take(events)
    return curves


def data_of(project: Project) -> tuple[str, ...]:
    """Return what a job opens to see this project: its folder, or the data where it could not be written."""
    if is_project(project.folder):
        return (str(project.folder),)
    return tuple(map(str, project.sources))
