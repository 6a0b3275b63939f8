"""Distill: a smaller model learns what a trained run says, from labelled and unlabelled samples."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.crew import crew_of
from biofm_desktop.engine.events import Event, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.models import MODELS, ModelEntry
from biofm_desktop.engine.options import from_json, option, to_flags
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Dataset, Grain
from biofm_desktop.engine.samples.splits import with_split

from .base import Job
from .data import SPLITS, fitting_model, opened, task_class
from .fitting import METRICS, Lesson, fitted, note_run
from .recording import recorded, run_folder
from .train import TrainJob

if TYPE_CHECKING:
    import torch

    from biofm_desktop.engine.inference.run_folder import TrainedRun
    from biofm_desktop.engine.tasks import Task
    from biofm_desktop.engine.training.items import Items


@dataclass(frozen=True, kw_only=True)
class DistillJob(Job):
    """Train ``model`` to answer as the run ``teacher`` does, into the run folder ``out``.

    ``share`` (0 to 1) is how much the teacher counts beside the labels, ``temperature`` how soft its answers are made.
    Samples without a label are learnt from as well. The data's splits are kept; those that the teacher made hold where
    the data states none, so that no sample that it was judged on is learnt from.
    """

    name: ClassVar[str] = "distill"
    trains: ClassVar[bool] = True
    teacher: str
    data: tuple[str, ...]
    model: str
    out: str
    share: float = option(
        0.7,
        "Share of the teacher",
        low=0,
        high=1,
        help="How much the teacher's answers count; the rest is what the labels count. 1: learn from the teacher alone",
    )
    temperature: float = option(
        2.0,
        "Temperature",
        low=0.01,
        high=100,
        help="How soft the teacher's answers are made: the higher, the more its doubts between classes count",
    )
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
        if crew_of(options.device, options.devices).count > 1:
            yield Warned("Several devices are for a training from labels: the student learns on the first of them")
        teacher = load_run(Path(self.teacher), device)
        entry = fitting_model(self.model, kind)
        dataset = yield from opened(self.data, kind, options.reading_timeout)
        stored = Path(self.teacher) / SPLITS
        known = read_json(stored) if stored.is_file() and not any(s.split for s in dataset) else {}
        check_classes(dataset, teacher.task)
        labelled = teacher.task.labelled
        samples = tuple(
            replace(s, split=known.get(s.key, s.split) or ("" if labelled(s) else "train")) for s in dataset
        )
        samples = with_split(samples, seed=options.seed, validation=options.validation, test=options.test)
        splits = {name: [s for s in samples if s.split == name] for name in ("train", "val")}
        splits["val"] = [sample for sample in splits["val"] if labelled(sample)]
        if not splits["train"]:
            raise Fault(dataset.name, "it holds no sample to learn from", "Give data with training samples")
        values = {k: v for k, v in teacher.task.to_values().items() if k in _SHARED}
        task = kind.from_values(values).for_dataset(replace(dataset, samples=samples), entry.preferred)
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
            teach = partial(_taught, task, teacher, device, self.share, self.temperature)
            yield from fitted(
                self.title, network, task, splits, options, set(), folder, note, teach=teach, unlabelled=("train",)
            )


def teaching_of(
    plan: Mapping[str, Any], task: "Task", device: "torch.device"
) -> "Callable[[Mapping[str, Items]], Lesson] | None":
    """Return how the training of a ``job.json`` is taught; None where it learns from labels alone."""
    from biofm_desktop.engine.inference.run_folder import load_run

    if plan.get("job") != DistillJob.name:
        return None
    return partial(_taught, task, load_run(Path(plan["teacher"]), device), device, plan["share"], plan["temperature"])


def check_classes(dataset: Dataset, task: "Task") -> None:
    """Raise `Fault` where the labels of the data mean something else than the answers of the teacher, whose task it is.

    Labels of samples are names, so their order does not matter; those of pixels are numbers, places in the list.
    """
    known: tuple[str, ...] = getattr(task, "classes", ())
    if task.grain is Grain.PIXEL:
        stated = dataset.classes
        if stated and not dataset.instances and stated != known and any(task.labelled(s) for s in dataset):
            raise Fault(
                dataset.name,
                f"its labels are of the classes {', '.join(stated)}, in this order; the teacher's are of "
                f"{', '.join(known)}",
                "Give data whose classes are those of the teacher in the same order, or data without labels",
            )
        return
    strange = sorted({str(s.target) for s in dataset if s.target is not None} - set(known)) if known else []
    if strange:
        raise Fault(
            dataset.name,
            f"it has the class {strange[0]!r}, which the teacher does not know",
            f"Give data with the classes {', '.join(known)}, or teach with a run that knows all classes",
        )


def _taught(
    task: "Task",
    teacher: "TrainedRun",
    device: "torch.device",
    share: float,
    temperature: float,
    items: "Mapping[str, Items]",
) -> Lesson:
    """Return what the student learns, and from which items."""
    from biofm_desktop.engine.training.distilled import Distilled, taught

    train = items["train"]
    learnt = Distilled(task, share, temperature, teacher.network, teacher.task.inputs.scaling, device)
    return Lesson(learnt, taught(learnt, train, train.origin, teacher.network, teacher.task), items["val"])


@dataclass(frozen=True)
class Teacher:
    """A finished run that can teach: its task and model, how many weights it has, and its validation figure."""

    folder: Path
    task: str
    model: str
    parameters: int
    figure: float | None

    def in_words(self) -> str:
        """Return which run it is, how large and how good."""
        figure = "" if self.figure is None else f", {task_class(self.task).metric.replace('_', ' ')} {self.figure:.3f}"
        return f"{self.folder.name} ({self.parameters:,} weights{figure})"

    def students(self) -> list[ModelEntry]:
        """Return the models that can learn its task."""
        kind = task_class(self.task)
        return [entry for entry in MODELS if entry.takes is kind.takes and entry.grain is kind.grain]


def teacher_in(folder: Path) -> Teacher:
    """Return the teacher of a run folder; raise `Fault` where it is none of a finished run."""
    if not all((folder / name).is_file() for name in ("card.json", "model.safetensors")):
        raise Fault(folder, "it is not the folder of a finished run", "Name a folder that a training made")
    card = read_json(folder / "card.json")
    figures = read_json(folder / METRICS).get("validation", {}) if (folder / METRICS).is_file() else {}
    try:
        kind = task_class(card["task"])
        return Teacher(folder, kind.name, str(card["model"]), int(card["parameters"]), figures.get(kind.metric))
    except (KeyError, TypeError, ValueError) as error:
        raise Fault(folder / "card.json", "it is damaged", "Use a sound copy of the run", detail=str(error)) from None


#: What the student takes over of the teacher's task: what its answers mean.
_SHARED = ("classes", "values", "column", "mean", "deviation", "alphabet")
