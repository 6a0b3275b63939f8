"""How many processes a job wants, and on which devices."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from biofm_desktop.engine.crew import Crew, crew_of
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.recipes import FitOptions

from .base import Job
from .continue_training import ContinueJob
from .train import TrainJob


def crew_of_job(job: Job) -> Crew:
    """Return the processes that a training wants; one for all other jobs. A training that goes on wants what it had.

    Raises `Fault` for devices that make no sense.
    """
    values: dict[str, Any] = {}
    if isinstance(job, TrainJob):
        values = job.fit_options
    elif isinstance(job, ContinueJob):
        with suppress(Fault, KeyError, TypeError):  # what is wrong with the run is told where it is used
            values = read_json(Path(job.run_folder) / "card.json")["fit"]
    options = from_json(FitOptions, {name: values[name] for name in ("device", "devices") if name in values})
    return crew_of(options.device, options.devices)
