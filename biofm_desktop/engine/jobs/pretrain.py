"""Pre-train: a model learns from samples without labels; trainings start from what it learnt."""

import platform
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop import __version__
from biofm_desktop.engine.crew import crew_of
from biofm_desktop.engine.events import Event, Finished, Progress
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.models import MODELS, ModelEntry
from biofm_desktop.engine.objectives import OBJECTIVES, Objective, Questions, encoding_task, fitting_objective
from biofm_desktop.engine.options import from_json, to_flags
from biofm_desktop.engine.ranks import world_size
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Dataset, InputSpec, Sample
from biofm_desktop.engine.samples.splits import with_split
from biofm_desktop.engine.tasks import Task

from .base import Job
from .data import SPLITS, learnable, opened
from .fitting import METRICS, Lesson, fitted, note_run
from .recording import recorded, run_folder
from .start_weights import begun, check_start, start_card, start_from
from .weights import alike, like_before, scaled_for, tell, write_match

if TYPE_CHECKING:
    import torch
    from torch import nn

    from biofm_desktop.engine.training.checkpoints import Checkpoints
    from biofm_desktop.engine.training.items import Items
    from biofm_desktop.engine.training.pretraining.backbone import Backbone

#: What a pre-training leaves: the tensors of the model, but those of its head.
BACKBONE = "backbone.safetensors"
CARD = "card.json"
CARD_VERSION = 1
#: Options of a training that need labels, or a head.
_OF_LABELS = ("adapter", "unfreeze", "labels_per_class", "sampler", "tune")
#: Stand for the classes where the data have none: the head is not trained.
_UNKNOWN = ("unknown", "others")


@dataclass(frozen=True, kw_only=True)
class PretrainJob(Job):
    """Let ``model`` learn from all training samples by ``objective``, labelled or not, into the folder ``out``.

    ``weights`` is a file, the folder of a run, ``download`` for published ones, or empty: from random weights.
    ``objective_options``, ``task_options`` (how samples are read and changed) and ``fit_options`` hold values of the
    options' fields. Samples of the test split are never looked at. The folder holds `BACKBONE`, which a training can
    start from, and its card; where samples have classes, both how well a linear classifier tells them by what the
    model saw before and after.
    """

    name: ClassVar[str] = "pretrain"
    trains: ClassVar[bool] = True
    objective: str
    data: tuple[str, ...]
    model: str
    out: str
    objective_options: dict[str, Any] = field(default_factory=dict)
    task_options: dict[str, Any] = field(default_factory=dict)
    fit_options: dict[str, Any] = field(default_factory=dict)
    weights: str = ""

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Pre-train {self.model}"

    def command(self) -> list[str]:
        """Return the command line that does the same."""
        words = ["biofm", "pretrain", self.objective, *self.data, "--model", self.model, "--out", self.out]
        words += ["--weights", self.weights] if self.weights else []
        words += to_flags(from_json(OBJECTIVES[self.objective], self.objective_options))
        words += to_flags(from_json(FitOptions, self.fit_options))
        return words + to_flags(from_json(encoding_task(MODELS[self.model]), self.task_options))

    def run(self) -> Iterator[Event]:
        """Open, ask and answer, and leave the folder complete, also when stopped or failing midway."""
        entry = MODELS[self.model]
        objective = from_json(fitting_objective(self.objective, entry), self.objective_options)
        options = from_json(FitOptions, self.fit_options)
        task = from_json(encoding_task(entry), self.task_options)
        for name in _OF_LABELS:
            if getattr(options, name) != getattr(FitOptions, name):
                flag = f"option --{name.replace('_', '-')}"
                raise Fault(flag, "it means nothing while a model is pre-trained", "Leave it for the training after it")
        if world_size() > 1 or crew_of(options.device, options.devices).count > 1:
            raise Fault(
                "pre-training", "it runs in one process only", "Name one device (--devices 1), without torchrun"
            )
        check_start(self.weights)
        with run_folder(self.out) as folder:
            write_json(folder / "job.json", self.to_json(), room="checkpoint")
            yield from recorded(self._pretrain(entry, objective, task, options, folder), folder)

    def _pretrain(
        self, entry: ModelEntry, objective: Objective, task: Task, options: FitOptions, folder: Path
    ) -> Generator[Event, None, None]:
        dataset = yield from opened(self.data, type(task), options.reading_timeout)
        samples = _split(dataset, options)
        splits = {name: [s for s in samples if s.split == name] for name in ("train", "val")}
        if not splits["train"]:
            raise Fault(dataset.name, "it holds no sample to learn from", "Give data with training samples")
        start = yield from start_from(self.weights, entry)
        preferred = entry.preferred
        if start is not None:
            task, preferred = alike(task, start), like_before(preferred, start)
        task = _encoder(task, replace(dataset, samples=samples), preferred)
        network, found = begun(entry, task, options.seed, start)
        if start is not None and found is not None:
            task = scaled_for(task, start.scaling or found.layout.scaling)
            write_match(found, folder)
            yield from tell(found, start)
        draws = sum(task.draws(sample) for sample in splits["train"])
        options = options.resolved(objective.recipe, {}, draws)
        objective = replace(objective, task=task)
        write_json(folder / SPLITS, {s.key: s.split for s in samples}, room="checkpoint")
        card = self._card(entry, objective, options, dataset, splits) | {"weights": start_card(start, found)}
        write_json(folder / CARD, card, room="checkpoint")
        yield from pretrained(self.title, self.data, entry, network, objective, splits, options, folder, card)

    def _card(
        self,
        entry: ModelEntry,
        objective: Objective,
        options: FitOptions,
        dataset: Dataset,
        splits: dict[str, list[Sample]],
    ) -> dict[str, Any]:
        """Return what the folder says of what was learnt, and where it comes from."""
        import torch

        assert objective.task is not None
        return {
            "version": CARD_VERSION,
            "program": f"BioFM Desktop {__version__}",
            "kind": "pre-training",
            "objective": objective.name,
            "objective_title": objective.title,
            "objective_options": self.objective_options,
            "task": objective.task.name,
            "task_values": objective.task.to_values(),
            "model": entry.name,
            "inputs": asdict(objective.task.inputs),
            "licence": entry.licence,
            "citation": entry.citation,
            "data": {"paths": list(self.data), "name": dataset.name, **{k: len(v) for k, v in splits.items()}},
            "problems": [str(problem) for problem in dataset.problems],
            "fit": asdict(options),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
        }


def resumed(
    title: str, plan: Mapping[str, Any], card: dict[str, Any], options: FitOptions, folder: Path
) -> Generator[Event, None, None]:
    """Go on with the pre-training of a folder, whose job is ``plan``."""
    entry = MODELS[plan["model"]]
    objective = from_json(OBJECTIVES[plan["objective"]], plan["objective_options"])
    kind = encoding_task(entry)
    dataset = yield from opened(plan["data"], kind, options.reading_timeout)
    stored = read_json(folder / SPLITS)
    kept = [replace(s, split=stored[s.key]) for s in dataset if s.key in stored]
    splits = {name: [s for s in kept if s.split == name] for name in ("train", "val")}
    task = kind.from_values(card["task_values"])
    network, _ = begun(entry, task, options.seed, None)  # what it learnt so far comes from the checkpoint
    objective = replace(objective, task=task)
    yield from pretrained(title, plan["data"], entry, network, objective, splits, options, folder, card, go_on=True)


def pretrained(
    title: str,
    data: tuple[str, ...],
    entry: ModelEntry,
    model: "nn.Module",
    objective: Objective,
    splits: dict[str, list[Sample]],
    options: FitOptions,
    folder: Path,
    card: dict[str, Any],
    *,
    go_on: bool = False,
) -> Generator[Event, None, None]:
    """Let the model learn by the objective, and probe before and after where there are classes to probe with."""
    from safetensors.torch import load_file

    from biofm_desktop.engine.inference.devices import device_for, placed, threads
    from biofm_desktop.engine.training.pretraining.backbone import Backbone
    from biofm_desktop.engine.training.pretraining.networks import network_for

    task = objective.task
    assert task is not None
    device = device_for(options)
    with threads(options.threads):
        backbone = Backbone(model, entry.head, _example(task.inputs))
        network = placed(network_for(objective, backbone, task.inputs), device)
        probing = _Probing(backbone, objective, device, folder, None if go_on else card)
        events = fitted(
            title,
            network,
            task,
            splits,
            options,
            set(),
            folder,
            partial(note_run, data, folder, model=entry.name, task=objective.name),
            go_on=go_on,
            teach=probing.teach,
            unlabelled=("train", "val"),
            write=_write_backbone,
        )
        with closing(events):
            for event in events:
                if isinstance(event, Finished) and not event.stopped:
                    yield Progress(0, 0, "Probing what was learnt")
                    backbone.network.load_state_dict(load_file(folder / BACKBONE, device=str(device)))
                    yield probing.told(event)
                else:
                    yield event


class _Probing:
    """The linear probe before (noted in the ``card`` of a new pre-training) and after."""

    def __init__(
        self,
        backbone: "Backbone",
        objective: Objective,
        device: "torch.device",
        folder: Path,
        card: dict[str, Any] | None,
    ) -> None:
        self._backbone, self._objective, self._device = backbone, objective, device
        self._folder, self._card = folder, card

    def teach(self, items: "Mapping[str, Items]") -> Lesson:
        """Return the questions; the start is probed first."""
        self._items = items
        if self._card is not None:
            write_json(self._folder / CARD, {**self._card, "probe": self._figures()}, room="checkpoint")
        return Lesson(self._objective, items["train"], Questions(self._objective, items["val"]))

    def told(self, event: Finished) -> Finished:
        """Return the last event with what the probe says, which is noted beside the other figures."""
        before, after = read_json(self._folder / CARD).get("probe"), self._figures()
        if before is None or after is None:
            return event
        metrics = read_json(self._folder / METRICS)
        metrics["probe"] = {"before": before, "after": after}
        write_json(self._folder / METRICS, metrics, room="checkpoint")
        figures = (
            f"{name.replace('_', ' ')} {before[name]:.3f} before, {after[name]:.3f} after"
            for name in ("accuracy", "macro_f1")
        )
        result = {**(event.result or {}), "probe": metrics["probe"]}
        return replace(event, message=f"{event.message}; linear probe: {', '.join(figures)}", result=result)

    def _figures(self) -> dict[str, Any] | None:
        from biofm_desktop.engine.training.pretraining.probe import probed

        by_place = self._objective.by_place
        found = probed(self._backbone, by_place, self._items["train"], self._items["val"], self._device)
        return asdict(found) if found else None


def _write_backbone(checkpoints: "Checkpoints") -> Path:
    from biofm_desktop.engine.training.checkpoints import write_weights

    path, inside = checkpoints.folder / BACKBONE, "backbone.network."
    learnt = checkpoints.learnt()
    write_weights({n.removeprefix(inside): t for n, t in learnt.items() if n.startswith(inside)}, path)
    return path


def _split(dataset: Dataset, options: FitOptions) -> tuple[Sample, ...]:
    """Return the samples with the splits that a training would give them; those without label are learnt from."""
    taught = with_split(learnable(dataset), seed=options.seed, validation=options.validation, test=options.test)
    known = {sample.key: sample.split for sample in taught}
    samples = tuple(replace(s, split=known.get(s.key, s.split or "train")) for s in dataset)
    return with_split(samples, seed=options.seed, validation=options.validation)


def _encoder(task: Task, dataset: Dataset, preferred: InputSpec | None) -> Task:
    """Return the task that reads the samples; its classes are those of the labels where there are any."""
    try:
        return task.for_dataset(dataset, preferred)
    except Fault:  # no labels
        values = {**task.to_values(), "classes": _UNKNOWN}
        return type(task).from_values(values).for_dataset(dataset, preferred)


def _example(inputs: InputSpec) -> "torch.Tensor":
    """Return a batch of two inputs of this kind."""
    import torch

    if len(inputs.size) == 1:
        return torch.ones(2, *inputs.size, dtype=torch.int64)
    return torch.zeros(2, inputs.channels, *inputs.size)
