"""Trainings inside a job that makes several of them: their events told as how far the whole is."""

from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from biofm_desktop.engine.events import EpochDone, Event, Finished, Progress, Started, StepDone, Warned
from biofm_desktop.engine.files import read_json

from .crews import crew_of_job
from .fitting import METRICS
from .train import TrainJob

_SCALE = 1000


def trained(
    job: TrainJob, words: str, place: int, count: int, watch: Callable[[EpochDone], bool] | None = None
) -> Generator[Event, None, dict[str, Any]]:
    """Run a training as number ``place`` (from 0) of ``count``; return its metrics.

    Told are warnings and how far the whole is. ``watch`` hears of each epoch; once it returns True the training is
    stopped, and what it learnt stands.
    """
    if place == 0 and crew_of_job(job).count > 1:
        yield Warned("Several devices are for a single training: those of a study learn on the first of them")
    epochs, steps, done = 0, 0, 0
    with closing(cast("Generator[Event, None, None]", job.run())) as events:
        for event in events:
            match event:
                case Started():
                    epochs, steps = event.epochs, event.steps
                    yield Progress(place * _SCALE, count * _SCALE, f"{words}: begins")
                case StepDone(step=step) if steps and step * 50 // steps > done:
                    done = step * 50 // steps
                    share = place * _SCALE + min(_SCALE, step * _SCALE // steps)
                    yield Progress(share, count * _SCALE, f"{words}: epoch {event.epoch} of {epochs}")
                case EpochDone() if watch is not None and watch(event):
                    break
                case Warned() if place == 0:  # of the data: the same each time
                    yield event
                case Finished():
                    break
    yield Progress((place + 1) * _SCALE, count * _SCALE, f"{words}: done")
    return dict(read_json(Path(job.out) / METRICS))
