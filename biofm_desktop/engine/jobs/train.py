"""Fine-tune a model on data: the whole of it, from opening the files to a run folder that can predict."""

import hashlib
import platform
from collections.abc import Collection, Generator, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop import __version__
from biofm_desktop.engine.events import Event
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_json
from biofm_desktop.engine.models import ModelEntry
from biofm_desktop.engine.models.patterns import only_head_trained
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.previews import pinned_of
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Dataset, Sample
from biofm_desktop.engine.samples.fewer import fewer
from biofm_desktop.engine.samples.splits import with_split
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.engine.tasks import Task

from .data import SPLITS, fitting_model, learnable, opened, split_as_stated, task_class
from .fitting import fitted, note_run
from .leaks import checked
from .planned import PlannedJob
from .recording import recorded, run_folder

if TYPE_CHECKING:
    from torch import nn

DOWNLOAD = "download"
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
        weights, scaling = yield from self._weights(entry)
        preferred = replace(entry.preferred, scaling=scaling or entry.preferred.scaling) if entry.preferred else None
        task = task.for_dataset(replace(dataset, samples=samples), preferred)
        with threads(options.threads):
            network, frozen = self._network(entry, task, weights, options)
            draws = sum(task.draws(sample) for sample in splits["train"])
            head_only = only_head_trained(layer_modules(network), frozen) and not options.unfreeze
            options = options.resolved(task.recipe, entry.recipe, draws, head_only=head_only)
            card = self.card(task, entry, options, dataset, splits, weights, frozen, network)
            write_json(folder / SPLITS, {s.key: s.split for s in samples if task.labelled(s)}, room="checkpoint")
            write_json(folder / "card.json", card, room="checkpoint")
            note = partial(note_run, self.data, folder, model=self.model, task=self.task)
            network = placed(network, device)
            yield from fitted(self.title, network, task, splits, options, frozen, folder, note, pinned=pinned)

    def _weights(self, entry: ModelEntry) -> Generator[Event, None, tuple[Path | None, str]]:
        """Return the file of pretrained weights and the scaling of the images that they want (empty: the model's)."""
        if self.weights != DOWNLOAD:
            return (Path(self.weights) if self.weights else None), ""
        from biofm_desktop.engine.models.downloads import fetch

        if entry.weights is None:
            raise Fault(
                f"model {entry.name}", "no weights are published for it here", "Train it from scratch or name a file"
            )
        settings = load_settings()
        path = yield from fetch(entry.weights, mirror=settings.mirror, offline=settings.offline)
        return path, entry.weights.scaling

    def _network(
        self, entry: ModelEntry, task: Task, weights: Path | None, options: FitOptions
    ) -> "tuple[nn.Module, set[str]]":
        import torch

        from biofm_desktop.engine.models.layers import frozen_in
        from biofm_desktop.engine.models.weights import load_weights
        from biofm_desktop.engine.training.adapters import add_adapters

        torch.manual_seed(options.seed)
        network = entry.build(task.inputs, task.outputs)
        if weights is not None:
            load_weights(network, weights, entry.head, entry.trunk)
        frozen = frozen_in(network, self.freeze, self.train_only)
        return network, add_adapters(network, options, frozen) if options.adapter != "none" else frozen

    def card(
        self,
        task: Task,
        entry: ModelEntry,
        options: FitOptions,
        dataset: Dataset,
        splits: dict[str, list[Sample]],
        weights: Path | None,
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
            "weights": {"file": str(weights), "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()}
            if weights
            else None,
            "licence": entry.licence,
            "citation": entry.citation,
            "data": {"paths": list(self.data), "name": dataset.name, **{k: len(v) for k, v in splits.items()}},
            "problems": [str(problem) for problem in dataset.problems],
            "fit": asdict(options),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
        }
