"""What the jobs have in common that train, once or several times: which model on which data, and how."""

from dataclasses import dataclass, field
from typing import Any

from biofm_desktop.engine.options import from_json, to_flags
from biofm_desktop.engine.recipes import FitOptions

from .base import Job
from .data import task_class


@dataclass(frozen=True, kw_only=True)
class PlannedJob(Job):
    """Train ``model`` for ``task`` on the data, into the folder ``out``.

    ``task_options`` and ``fit_options`` hold values of the task's and of `FitOptions`' fields. ``freeze`` and
    ``train_only`` are patterns (see `models.patterns`). ``weights`` is a file, the folder of a run, ``download`` for
    the published ones, or empty.
    """

    task: str
    data: tuple[str, ...]
    model: str
    out: str
    task_options: dict[str, Any] = field(default_factory=dict)
    fit_options: dict[str, Any] = field(default_factory=dict)
    freeze: tuple[str, ...] = ()
    train_only: tuple[str, ...] = ()
    weights: str = ""

    def command(self) -> list[str]:
        """Return the command line that does the same."""
        words = ["biofm", self.name, self.task, *self.data, "--model", self.model, "--out", self.out]
        words += self.own_words()
        words += to_flags(from_json(FitOptions, self.fit_options))
        words += to_flags(from_json(task_class(self.task), self.task_options))
        for flag, values in (("--freeze", self.freeze), ("--train-only", self.train_only)):
            words += [flag, *values] if values else []
        return words + (["--weights", self.weights] if self.weights else [])

    def own_words(self) -> list[str]:
        """Return the flags of what a kind of job has besides."""
        return []

    @property
    def plan(self) -> dict[str, Any]:
        """Return the fields that every training of this job has, by name."""
        names = ("task", "data", "model", "task_options", "fit_options", "freeze", "train_only", "weights")
        return {name: getattr(self, name) for name in names}
