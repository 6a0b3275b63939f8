"""The folder of a search read back: what was tried, what was best, and the jobs that go on from there."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json

from .data import task_class
from .search_space import USUAL, Dimension, space_of
from .train import TrainJob
from .tune import BEST, TRIALS, TuneJob

_NOT_PARAMETERS = ("trial", "state", "seconds")


@dataclass(frozen=True)
class Trial:
    """One set of options that was tried: its number from 1, how it ended, its figure (None: it came to none)."""

    number: int
    state: str
    figure: float | None
    seconds: float | None
    values: dict[str, Any]


@dataclass(frozen=True)
class Search:
    """A search as it stands: ``job`` says what was asked for, ``space`` which options are tried."""

    folder: Path
    job: TuneJob
    metric: str
    space: tuple[Dimension, ...]
    trials: tuple[Trial, ...] = ()

    @property
    def best(self) -> Trial | None:
        """Return the best of the trials that were made to their end."""
        done = [trial for trial in self.trials if trial.state == "done" and trial.figure is not None]
        return max(done, key=lambda trial: trial.figure or 0.0, default=None)

    @property
    def words(self) -> tuple[str, ...]:
        """Return what is searched, as `space_of` reads it."""
        return self.job.search or USUAL

    def in_words(self) -> str:
        """Return where it stands, in one line."""
        best, name = self.best, self.metric.replace("_", " ")
        found = f", best {name} {best.figure:.3f}" if best else ""
        return f"{self.folder.name}: {len(self.trials)} of {self.job.trials} trials{found}"

    def going_on(self, trials: int, minutes: float) -> TuneJob:
        """Return the job that goes on with it until there are so many trials."""
        return replace(self.job, out=str(self.folder), trials=trials, minutes=minutes)

    def best_training(self) -> TrainJob:
        """Return the training with the best options; raise `Fault` where no trial came to a figure."""
        from . import job_from_json  # the list of jobs, which is made after its members

        path = self.folder / BEST
        if not path.is_file():
            raise Fault(self.folder, "no trial of this search came to a figure yet", "Let it try some more")
        job = job_from_json(read_json(path))
        assert isinstance(job, TrainJob)
        return job


def read_search(folder: Path) -> Search:
    """Return the search of a folder; raise `Fault` where it holds none."""
    from . import job_from_json  # the list of jobs, which is made after its members

    path = folder / "job.json"
    values = read_json(path) if path.is_file() else {}
    if not isinstance(values, dict) or values.get("job") != TuneJob.name:
        raise Fault(folder, "it is not the folder of a search", "Name a folder that a search was made in")
    job = job_from_json(values)
    assert isinstance(job, TuneJob)
    kind = task_class(job.task)
    space, _ = space_of(job.search, kind)
    told: dict[str, Any] = (
        read_json(folder / TRIALS) if (folder / TRIALS).is_file() else {"metric": kind.metric, "trials": []}
    )
    try:
        metric = str(told["metric"])
        trials = tuple(_trial(row, metric) for row in told["trials"])
    except (KeyError, TypeError, ValueError) as error:
        raise Fault(folder / TRIALS, "its table of trials is damaged", detail=str(error)) from None
    return Search(folder, job, metric, tuple(space), trials)


def searches(folders: Iterable[Path]) -> list[Search]:
    """Return the searches among these folders; those that cannot be read are left out."""
    found = []
    for folder in folders:
        with suppress(Fault):
            found.append(read_search(folder))
    return found


def _trial(row: dict[str, Any], metric: str) -> Trial:
    values = {name: value for name, value in row.items() if name not in (*_NOT_PARAMETERS, metric)}
    return Trial(int(row["trial"]), str(row["state"]), row[metric], row.get("seconds"), values)
