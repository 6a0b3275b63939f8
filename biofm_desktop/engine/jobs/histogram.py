"""Count the classes of each split before anything is trained."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Started, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import from_json, to_flags
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples.splits import with_split
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.engine.tasks.few_labels import advice_for
from biofm_desktop.engine.tasks.histogram import counted
from biofm_desktop.engine.tasks.suggested import suggested

from .base import Job
from .data import learnable, loaded, task_class


@dataclass(frozen=True, kw_only=True)
class HistogramJob(Job):
    """Tell how often each class occurs in each split: samples, or pixels of masks, or a histogram of values.

    An empty ``task`` is the one that the labels speak for. Where the data states no split, it is made as a training
    with this ``seed`` makes it.
    """

    name: ClassVar[str] = "histogram"
    data: tuple[str, ...]
    task: str = ""
    task_options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    validation: float = FitOptions.validation
    test: float = FitOptions.test

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return "Count the classes"

    def command(self) -> list[str]:
        """Return the command line that tells the same."""
        words = ["biofm", "histogram", *self.data]
        if self.task:
            words += ["--task", self.task, *to_flags(from_json(task_class(self.task), self.task_options))]
        for name in ("seed", "validation", "test"):
            value = getattr(self, name)
            words += [f"--{name}", str(value)] if value != getattr(HistogramJob, name) else []
        return words

    def run(self) -> Iterator[Event]:
        """Open, split, count; the result holds the histogram, what is doubtful, and settings for few labels."""
        yield Started(self.title)
        dataset = yield from loaded(self.data)
        name = self.task or suggested(dataset, tuple(TASKS))
        if not name or TASKS[name].takes is not dataset.kind:
            raise Fault(dataset.name, "no task that counts labels takes it", "Open images or sequences with labels")
        samples = learnable(dataset)
        samples = with_split(samples, seed=self.seed, validation=self.validation, test=self.test)
        task = from_json(task_class(name), self.task_options).for_dataset(dataset)
        found = yield from counted(task, samples)
        warnings, advice = found.warnings(), advice_for(task, found)
        for words in [*warnings, *([advice.reason] if advice else [])]:
            yield Warned(words)
        result: dict[str, Any] = {"task": name, "histogram": found.to_values(), "warnings": warnings}
        result["few_labels"] = asdict(advice) if advice else None
        result["unlabelled"] = len(dataset) - (len(samples) - found.unlabelled)
        names = "bins of values" if found.unit == "values" else "classes"
        yield Finished(
            f"{len(samples) - found.unlabelled:,} labelled samples, {len(found.names)} {names}", result=result
        )
