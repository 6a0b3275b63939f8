"""Fine-tune a model on data: the whole of it, from opening the files to a run folder that can predict."""

import platform
from collections.abc import Collection, Generator, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop import __version__
from biofm_desktop.engine.events import Event, Warned
from biofm_desktop.engine.files import write_json
from biofm_desktop.engine.models import ModelEntry
from biofm_desktop.engine.models.patterns import only_head_trained
from biofm_desktop.engine.models.starting import Start
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.previews import pinned_of
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Dataset, Sample
from biofm_desktop.engine.samples.fewer import fewer
from biofm_desktop.engine.samples.splits import with_split
from biofm_desktop.engine.tasks import Task

from .data import SPLITS, fitting_model, learnable, opened, split_as_stated, task_class
from .fitting import fitted, note_run
from .leaks import checked
from .planned import PlannedJob
from .recording import recorded, run_folder
from .start_weights import begun, check_start, start_card, start_from
from .weights import alike, like_before, scaled_for, seen_before, tell, write_match

if TYPE_CHECKING:
    from torch import nn

    from biofm_desktop.engine.models.matching import Match

CARD_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class TrainJob(PlannedJob):
    """Train ``model`` for ``task`` on the data and write the run folder ``out``.

    ``splits`` is a JSON file of splits by sample that stand in place of those of the data (empty: none).
    ``pinned`` are the keys of samples that are predicted after each epoch (see `previews`).
    """

    name: ClassVar[str] = "train"
    trains: ClassVar[bool] = True
    splits: str = ""
    pinned: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Train {self.model}"

    def own_words(self) -> list[str]:
        """Return the flags of splits and pinned samples."""
        words = ["--splits", self.splits] if self.splits else []
        return words + (["--pin", *self.pinned] if self.pinned else [])

    def run(self) -> Iterator[Event]:
        """Open, prepare, train, and leave the run folder complete, also when stopped or failing midway."""
        kind = task_class(self.task)
        entry = fitting_model(self.model, kind)
        options = from_json(FitOptions, self.fit_options)
        task = from_json(kind, self.task_options)
        check_start(self.weights)
        with run_folder(self.out) as folder:
            write_json(folder / "job.json", self.to_json(), room="checkpoint")
            yield from recorded(self._train(task, entry, options, folder), folder)

    def _train(self, task: Task, entry: ModelEntry, options: FitOptions, folder: Path) -> Generator[Event, None, None]:
        from biofm_desktop.engine.inference.devices import device_for, placed, threads
        from biofm_desktop.engine.models.layers import layer_modules

        device = device_for(options)
        dataset = yield from opened(self.data, type(task), options.reading_timeout)
        pinned = pinned_of(dataset.samples, self.pinned)
        if self.splits:
            samples = split_as_stated(learnable(dataset), Path(self.splits))
        else:
            shares = {"validation": options.validation, "test": options.test}
            samples = with_split(learnable(dataset), seed=options.seed, **shares)
        if options.check_leaks:
            yield from checked(samples, folder)
        samples = fewer(samples, options.labels_per_class, options.seed)
        splits = {name: [s for s in samples if s.split == name] for name in ("train", "val")}
        start = yield from start_from(self.weights, entry)
        if start is not None and (words := seen_before(start, dataset.name, splits)):
            yield Warned(words)
        preferred = entry.preferred
        if start is not None:
            task = alike(task, start)
            preferred = like_before(preferred, start)
        task = task.for_dataset(replace(dataset, samples=samples), preferred)
        with threads(options.threads):
            network, frozen, found = self._network(entry, task, start, options)
            if start is not None and found is not None:
                task = scaled_for(task, start.scaling or found.layout.scaling)
                write_match(found, folder)
                yield from tell(found, start)
            draws = sum(task.draws(sample) for sample in splits["train"])
            head_only = only_head_trained(layer_modules(network), frozen) and not options.unfreeze
            options = options.resolved(task.recipe, entry.recipe, draws, head_only=head_only)
            card = self.card(task, entry, options, dataset, splits, start_card(start, found), frozen, network)
            write_json(folder / SPLITS, {s.key: s.split for s in samples if task.labelled(s)}, room="checkpoint")
            write_json(folder / "card.json", card, room="checkpoint")
            note = partial(note_run, self.data, folder, model=self.model, task=self.task)
            network = placed(network, device)
            yield from fitted(self.title, network, task, splits, options, frozen, folder, note, pinned=pinned)

    def _network(
        self, entry: ModelEntry, task: Task, start: Start | None, options: FitOptions
    ) -> "tuple[nn.Module, set[str], Match | None]":
        from biofm_desktop.engine.models.layers import frozen_in
        from biofm_desktop.engine.training.adapters import add_adapters

        network, found = begun(entry, task, options.seed, start)
        frozen = frozen_in(network, self.freeze, self.train_only)
        return network, add_adapters(network, options, frozen) if options.adapter != "none" else frozen, found

    def card(
        self,
        task: Task,
        entry: ModelEntry,
        options: FitOptions,
        dataset: Dataset,
        splits: dict[str, list[Sample]],
        weights: dict[str, Any] | None,
        frozen: Collection[str],
        network: "nn.Module",
    ) -> dict[str, Any]:
        """Return what a run folder says of its model: all that it takes to use it, and where it comes from."""
        import torch

        return {
            "version": CARD_VERSION,
            "program": f"BioFM Desktop {__version__}",
            "task": task.name,
            "task_values": task.to_values(),
            "model": entry.name,
            "inputs": asdict(task.inputs),
            "outputs": task.outputs,
            "parameters": sum(p.numel() for p in network.parameters()),
            "frozen": sorted(frozen),
            "weights": weights,
            "licence": entry.licence,
            "citation": entry.citation,
            "data": {"paths": list(self.data), "name": dataset.name, **{k: len(v) for k, v in splits.items()}},
            "problems": [str(problem) for problem in dataset.problems],
            "fit": asdict(options),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
        }
