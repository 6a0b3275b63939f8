"""Distill: a smaller model learns what a trained run says, from labelled and unlabelled samples."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.events import Event
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.options import from_json, to_flags
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples.splits import with_split

from .base import Job
from .data import SPLITS, fitting_model, opened, task_class
from .fitting import fitted, note_run
from .recording import recorded, run_folder
from .train import TrainJob

if TYPE_CHECKING:
    import torch

    from biofm_desktop.engine.inference.run_folder import TrainedRun
    from biofm_desktop.engine.tasks import Item, Task
    from biofm_desktop.engine.training.items import Items


@dataclass(frozen=True, kw_only=True)
class DistillJob(Job):
    """Train ``model`` to answer as the run ``teacher`` does, into the run folder ``out``.

    ``share`` (0 to 1) is how much the teacher counts beside the labels, ``temperature`` how soft its answers are made.
    Samples without a label are learnt from as well. The data's splits are kept; those that the teacher made hold where
    the data states none, so that no sample that it was judged on is learnt from.
    """

    name: ClassVar[str] = "distill"
    teacher: str
    data: tuple[str, ...]
    model: str
    out: str
    share: float = 0.7
    temperature: float = 2.0
    fit_options: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Distill {Path(self.teacher).name} into {self.model}"

    def command(self) -> list[str]:
        """Return the command line that does the same."""
        words = ["biofm", "distill", self.teacher, *self.data, "--model", self.model, "--out", self.out]
        words += ["--share", f"{self.share:g}", "--temperature", f"{self.temperature:g}"]
        return words + to_flags(from_json(FitOptions, self.fit_options))

    def run(self) -> Iterator[Event]:
        """Open, ask the teacher, train, and leave a run folder that predicts by itself."""
        if not 0 <= self.share <= 1:
            raise Fault("option --share", f"{self.share} is not from 0 to 1", "Give a share, such as 0.7")
        if not 0 < self.temperature <= 100:
            raise Fault("option --temperature", f"{self.temperature} is not above 0", "Give a number such as 2")
        card = Path(self.teacher) / "card.json"
        if not card.is_file():
            raise Fault(self.teacher, "it is not the folder of a run: it holds no card.json", "Name a finished run")
        kind = task_class(read_json(card)["task"])
        fitting_model(self.model, kind)
        with run_folder(self.out) as folder:
            write_json(folder / "job.json", self.to_json(), room="checkpoint")
            yield from recorded(self._distill(kind, folder), folder)

    def _distill(self, kind: "type[Task]", folder: Path) -> Generator[Event, None, None]:
        import torch

        from biofm_desktop.engine.inference.devices import device_for, placed, threads
        from biofm_desktop.engine.inference.run_folder import load_run

        options = from_json(FitOptions, self.fit_options)
        device = device_for(options)
        teacher = load_run(Path(self.teacher), device)
        entry = fitting_model(self.model, kind)
        dataset = yield from opened(self.data, kind, options.reading_timeout)
        stored = Path(self.teacher) / SPLITS
        known = read_json(stored) if stored.is_file() and not any(s.split for s in dataset) else {}
        samples = tuple(replace(s, split=known.get(s.key, s.split) or ("" if s.labelled else "train")) for s in dataset)
        samples = with_split(samples, seed=options.seed, validation=options.validation, test=options.test)
        splits = {name: [s for s in samples if s.split == name] for name in ("train", "val")}
        splits["val"] = [sample for sample in splits["val"] if sample.labelled]
        if not splits["train"]:
            raise Fault(dataset.name, "it holds no sample to learn from", "Give data with training samples")
        values = {k: v for k, v in teacher.task.to_values().items() if k in _SHARED}
        task = replace(kind.from_values(values)).for_dataset(replace(dataset, samples=samples), entry.preferred)
        if task.outputs != teacher.task.outputs:
            raise Fault(
                dataset.name,
                f"its {task.outputs} classes are not those {teacher.task.outputs} of the teacher",
                "Give data with the classes that the teacher knows",
            )
        with threads(options.threads):
            torch.manual_seed(options.seed)
            network = placed(entry.build(task.inputs, task.outputs), device)
            options = options.resolved(task.recipe, entry.recipe, sum(task.draws(s) for s in splits["train"]))
            plain = TrainJob(task=kind.name, data=self.data, model=self.model, out=self.out)
            card = plain.card(task, entry, options, dataset, splits, None, set(), network)
            card["teacher"] = {"run": self.teacher, "model": teacher.card["model"], "share": self.share}
            write_json(folder / SPLITS, {s.key: s.split for s in samples}, room="checkpoint")
            write_json(folder / "card.json", card, room="checkpoint")
            note = partial(note_run, self.data, folder, model=self.model, task=kind.name, teacher=self.teacher)
            teach = partial(self._taught, task, teacher, device)
            yield from fitted(self.title, network, task, splits, options, set(), folder, note, teach=teach)

    def _taught(
        self, task: "Task", teacher: "TrainedRun", device: "torch.device", items: "Items"
    ) -> "tuple[Any, Sequence[Item]]":
        """Return what the student learns, and from which items."""
        from biofm_desktop.engine.training.distilled import Distilled, taught

        scaling = teacher.task.inputs.scaling
        learnt = Distilled(task, self.share, self.temperature, teacher.network, scaling, device)
        return learnt, taught(learnt, items, items.origin, teacher.network, teacher.task)


#: What the student takes over of the teacher's task: what its answers mean.
_SHARED = ("classes", "values", "column", "mean", "deviation", "alphabet")
