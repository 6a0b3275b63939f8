"""Learn a few corrected samples, soon: from the weights of an earlier run, with samples of earlier on mixed in."""

import hashlib
import math
import platform
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop import __version__
from biofm_desktop.engine.events import EpochDone, Event, Finished, Saved, Started, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import new_folder, write_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.patterns import only_head_trained
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Dataset
from biofm_desktop.engine.tasks import Task

from .base import Job
from .data import SPLITS, opened
from .fitting import METRICS, note_run
from .recording import recorded
from .retraining_plan import fell, part_of, planned, summary
from .weights import write_match

if TYPE_CHECKING:
    import torch
    from torch import nn

    from biofm_desktop.engine.inference.run_folder import TrainedRun
    from biofm_desktop.engine.training.items import Items

REPLAY = 3.0
#: The learning rate, of the highest that the run had: what it knows is to stay.
_SLOWER = 0.3
#: Passes over the corrected samples and what is rehearsed with them; more where only the head is trained.
_EPOCHS_HEAD_ONLY, _EPOCHS = 16, 6


@dataclass(frozen=True, kw_only=True)
class RetrainJob(Job):
    """Start from the weights of ``run_folder``, learn the samples ``only`` (empty: all that it has not seen), and write
    the new run folder ``out``; the old one stays as it is.

    ``replay`` earlier training samples are drawn for each corrected one. ``epochs`` 0 is chosen for you,
    ``learning_rate`` 0 is 0.3 times the run's. A class that the run does not know becomes a further output; the others
    keep their weights.
    """

    name: ClassVar[str] = "retrain"
    run_folder: str
    data: tuple[str, ...]
    out: str
    only: tuple[str, ...] = ()
    replay: float = REPLAY
    epochs: int = 0
    learning_rate: float = 0.0
    seed: int = 0
    device: str = "auto"
    threads: int = 0

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        count = (
            f"{len(self.only)} corrections" if len(self.only) > 1 else "a correction" if self.only else "new samples"
        )
        return f"Learn {count} on top of {Path(self.run_folder).name}"

    def command(self) -> list[str]:
        """Return the command line that gives the same weights."""
        words = ["biofm", "retrain", self.run_folder, *self.data, "--out", self.out]
        words += ["--only", *self.only] if self.only else []
        for name in ("replay", "epochs", "learning_rate", "seed", "device", "threads"):
            value = getattr(self, name)
            words += [f"--{name.replace('_', '-')}", str(value)] if value != getattr(type(self), name) else []
        return words

    def run(self) -> Iterator[Event]:
        """Read the run and the data, learn, and leave the new run folder complete, also when stopped midway."""
        from biofm_desktop.engine.inference.devices import chosen_device, threads
        from biofm_desktop.engine.inference.run_folder import load_run

        if not (math.isfinite(self.replay) and self.replay >= 0 and self.epochs >= 0 and self.learning_rate >= 0):
            raise Fault("option --replay, --epochs or --learning-rate", "it is negative", "Give 0 or more")
        device = chosen_device(self.device)
        run = load_run(Path(self.run_folder), device)
        folder = new_folder(Path(self.out))
        write_json(folder / "job.json", self.to_json(), room="checkpoint")
        with threads(self.threads):
            yield from recorded(self._learn(run, folder, device), folder)

    # The training

    def _learn(self, run: "TrainedRun", folder: Path, device: "torch.device") -> Generator[Event, None, None]:
        from biofm_desktop.engine.inference.devices import placed
        from biofm_desktop.engine.models.layers import layer_modules
        from biofm_desktop.engine.training.items import prepare
        from biofm_desktop.engine.training.rehearsal import LEAST, LEAST_HEAD_ONLY, kept_norms, rehearsed

        began = time.monotonic()
        dataset = yield from opened(self.data, type(run.task), FitOptions.reading_timeout)
        plan = yield from planned(Path(self.run_folder), run.task, dataset, self.only)
        task = run.task.grown(replace(dataset, samples=tuple(plan.corrected)))
        known = run.network.state_dict()
        network = placed(self._network(run, task), device)
        self._write_match(run, known, network, folder)
        before = run.card.get("retrained", {}).get("learnt", [])
        # Of a run with adapters, which are merged now, the layers beside which they learnt stay as well.
        before_it = {name.removesuffix(".base_layer") for name in run.card["frozen"]}
        frozen = (before_it - self._grew(network, run, task)) | kept_norms(network)
        head_only = only_head_trained(layer_modules(network), frozen)
        least = LEAST_HEAD_ONLY if head_only else LEAST
        replayed = rehearsed(task, plan.corrected, plan.earlier, set(before), self.replay, least, self.seed)
        judging = part_of(plan.validation, self.seed)
        items = yield from prepare(task, {"train": [*plan.corrected, *replayed], "val": judging})
        keys = {sample.key for sample in plan.corrected}
        count = sum(sample.key in keys for sample, _ in items["train"].origin)
        if not count:
            raise Fault(dataset.name, "none of the corrected samples can be learnt from", "See the warnings for why")
        options = self._options(run, items["train"], head_only)
        card = self._card(run, task, options, dataset, [*before, *sorted(keys - set(before))], network)
        write_json(folder / SPLITS, plan.splits, room="checkpoint")
        write_json(folder / "card.json", card, room="checkpoint")
        yield from self._fitted(network, task, items, count, options, frozen, folder, began)

    def _fitted(
        self,
        network: "nn.Module",
        task: Task,
        items: "dict[str, Items]",
        count: int,
        options: FitOptions,
        frozen: set[str],
        folder: Path,
        began: float,
    ) -> Generator[Event, None, None]:
        from biofm_desktop.engine.training.fit import fit, validate
        from biofm_desktop.engine.training.rehearsal import LastKept, Watched, shared_out

        train, judging = items["train"], items["val"]
        repeats = shared_out(train.repeats(), count, self.replay)
        device = next(network.parameters()).device
        steps = -(-sum(repeats) // options.batch_size) * options.epochs
        facts = {"corrected": count, "replayed": len(train) - count, "metric": task.metric}
        yield Started(self.title, steps, options.epochs, facts)
        first = validate(network, task, judging, device, options.batch_size) if len(judging) else None
        checkpoints = LastKept(folder, network)
        watch = Watched(task, train[:count], device, options.batch_size)
        loop = fit(
            network,
            task,
            train,
            judging,
            options,
            frozen=frozen,
            repeats=repeats,
            checkpoints=checkpoints,
            device=device,
            after_epoch=(watch,),
            name_of=train.name_of,
        )
        last: EpochDone | None = None
        try:
            for event in loop:
                last = event if isinstance(event, EpochDone) else last
                yield event
        finally:  # finished, stopped or failed: what was learnt stands
            loop.close()
            model = checkpoints.write_model()
            validation = {} if last is None or last.validation_loss is None else {"loss": last.validation_loss}
            metrics = {
                "validation": {**validation, **(last.metrics if last else {})},
                "before": {} if first is None else {"loss": first.loss, **first.metrics},
                "corrected": watch.figures,
                "best_epoch": last.epoch if last else 0,
                "epochs": last.epoch if last else 0,
                "seconds": round(time.monotonic() - began, 1),
            }
            write_json(folder / METRICS, metrics, room="checkpoint")
            note_run(self.data, folder, retrained_from=self.run_folder, samples=count)
        if warning := fell(task, metrics):
            yield Warned(warning)
        yield Saved(str(model), "model")
        yield Finished(summary(task, metrics, count), result=metrics)

    def _write_match(
        self, run: "TrainedRun", known: "dict[str, torch.Tensor]", network: "nn.Module", folder: Path
    ) -> None:
        """Write which tensors come from the run: all, or all but a head that has grown."""
        from biofm_desktop.engine.models.matching import match
        from biofm_desktop.engine.models.weights import shapes, wanted_of

        entry = MODELS[run.card["model"]]
        write_match(match(wanted_of(network, entry), shapes(known)), folder)

    def _grew(self, network: "nn.Module", run: "TrainedRun", task: Task) -> set[str]:
        """Return the layers that must learn as they have new outputs: the head of a network with a new class."""
        from biofm_desktop.engine.models.layers import layer_modules

        if run.task.outputs == task.outputs:
            return set()
        head = MODELS[run.card["model"]].head
        return {name for name in layer_modules(network) if name == head or name.startswith(f"{head}.")}

    def _network(self, run: "TrainedRun", task: Task) -> "nn.Module":
        if task.outputs == run.task.outputs:
            return run.network
        import torch

        from biofm_desktop.engine.models.growing import load_grown

        torch.manual_seed(self.seed)
        entry = MODELS[run.card["model"]]
        network = entry.build(task.inputs, task.outputs)
        load_grown(network, {name: tensor.cpu() for name, tensor in run.network.state_dict().items()}, entry.head)
        return network

    def _options(self, run: "TrainedRun", train: "Items", head_only: bool) -> FitOptions:
        """Return the run's options, for a short and slow training."""
        kept = from_json(FitOptions, run.card["fit"], tolerant=True)
        epochs = self.epochs or (_EPOCHS_HEAD_ONLY if head_only else _EPOCHS)
        drawn = sum(train.repeats())
        return replace(
            kept,
            epochs=epochs,
            patience=epochs,
            batch_size=max(2, min(kept.batch_size, 16, drawn)),
            learning_rate=self.learning_rate or _SLOWER * _rate_of(run),
            schedule="one-cycle",  # it ends slowly: few steps at a high rate leave a network restless
            ema=0.0,
            adapter="none",
            unfreeze=(),
            accumulate=1,
            keep_epochs=0,
            seed=self.seed,
            device=self.device,
            threads=self.threads,
        )

    def _card(
        self,
        run: "TrainedRun",
        task: Task,
        options: FitOptions,
        dataset: Dataset,
        learnt: Sequence[str],
        network: "nn.Module",
    ) -> dict[str, Any]:
        import torch

        weights = Path(self.run_folder) / "model.safetensors"
        return {
            **run.card,
            "program": f"BioFM Desktop {__version__}",
            "task_values": task.to_values(),
            "outputs": task.outputs,
            "parameters": sum(p.numel() for p in network.parameters()),
            "weights": {"file": str(weights), "sha256": hashlib.sha256(weights.read_bytes()).hexdigest()},
            "retrained": {
                "run": self.run_folder,
                "learnt": list(learnt),
                "replay": self.replay,
                "learning_rate": _rate_of(run),
            },
            "data": {**run.card["data"], "paths": list(self.data), "name": dataset.name},
            "problems": [str(problem) for problem in dataset.problems],
            "fit": asdict(options),
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
        }


def _rate_of(run: "TrainedRun") -> float:
    """Return the learning rate of the training at the beginning: it must not shrink with each retraining."""
    return float(run.card.get("retrained", {}).get("learning_rate") or run.card["fit"]["learning_rate"])
