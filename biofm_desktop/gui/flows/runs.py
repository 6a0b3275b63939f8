"""The folders of finished runs, as the window uses them."""

from collections.abc import Iterable
from pathlib import Path

from biofm_desktop.engine.events import from_line
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.project import Project, is_project
from biofm_desktop.gui.widgets.run_curves import RunCurves

EVENTS, MODEL = "events.jsonl", "model.safetensors"


def finished(runs: Iterable[Path]) -> list[Path]:
    """Return those runs that can predict."""
    return [folder for folder in runs if (folder / MODEL).is_file()]


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
    except OSError as error:
        raise system_fault(folder / EVENTS, error) from error
    curves.take(events)
    return curves


def data_of(project: Project) -> tuple[str, ...]:
    """Return what a job opens to see this project: its folder, or the data where it could not be written."""
    if is_project(project.folder):
        return (str(project.folder),)
    return tuple(map(str, project.sources))
