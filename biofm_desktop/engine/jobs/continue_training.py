"""Go on with a training that was stopped, that broke off, or that is to learn for longer."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.ranks import rank
from biofm_desktop.engine.recipes import FitOptions

from .base import Job
from .data import SPLITS, learnable, opened, task_class
from .distill import teaching_of
from .fitting import METRICS, fitted, note_run
from .pretrain import PretrainJob, resumed
from .recording import recorded
from .signing import check_free

_CARD, _JOB, _STATE = "card.json", "job.json", Path("checkpoints") / "state.pt"


def epochs_of(folder: Path) -> tuple[int, int] | None:
    """Return how many epochs a run has learnt for and how many it was meant to; None where it cannot go on.

    Of one that broke off the first number is not known: it is 0.
    """
    if any(not (folder / name).is_file() for name in (_JOB, _CARD, SPLITS, _STATE)):
        return None
    done = read_json(folder / METRICS)["epochs"] if (folder / METRICS).is_file() else 0
    return int(done), int(read_json(folder / _CARD)["fit"]["epochs"])


@dataclass(frozen=True, kw_only=True)
class ContinueJob(Job):
    """Go on with the run of a folder, in the same folder; ``epochs`` more than it was meant to have.

    On a CPU, with as many threads, it ends with the weights that it would have had without the break.
    """

    name: ClassVar[str] = "continue"
    trains: ClassVar[bool] = True
    run_folder: str
    epochs: int = 0

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Go on with {Path(self.run_folder).name}"

    def command(self) -> list[str]:
        """Return the command line that does the same."""
        return ["biofm", "continue", self.run_folder, *(["--epochs", str(self.epochs)] if self.epochs else [])]

    def run(self) -> Iterator[Event]:
        """Take up the state that was kept last and train to the end."""
        folder = Path(self.run_folder)
        if rank() == 0:  # which signs it, for all that learn along
            check_free(folder)
        plan, card = self._read(folder)
        yield from recorded(self._go_on(plan, card, folder), folder)

    def _read(self, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the run's job and its card; raise `Fault` where it cannot go on."""
        missing = [name for name in (_JOB, _CARD, SPLITS, _STATE) if not (folder / name).is_file()]
        if missing:
            raise Fault(
                folder,
                f"it is not a training that can go on ({missing[0]} is missing)",
                "Name the folder of a run, or start a new training from its weights",
            )
        done, planned = epochs_of(folder) or (0, 0)
        if not self.epochs and done >= planned:
            raise Fault(folder, f"it has learnt for all of its {done} epochs", "Say how many more with --epochs")
        return read_json(folder / _JOB), read_json(folder / _CARD)

    def _go_on(self, plan: dict[str, Any], card: dict[str, Any], folder: Path) -> Generator[Event, None, None]:
        options = from_json(FitOptions, card["fit"])
        options = replace(options, epochs=options.epochs + self.epochs)
        if plan["job"] == PretrainJob.name:
            events = resumed(self.title, plan, card, options, folder)
        else:
            events = self._trained(plan, card, options, folder)
        with closing(events):
            for event in events:
                if isinstance(event, StepDone) and card["fit"]["epochs"] < options.epochs:  # now it does go on
                    card["fit"]["epochs"] = options.epochs
                    if rank() == 0:
                        write_json(folder / _CARD, card, room="checkpoint")
                yield event

    def _trained(
        self, plan: dict[str, Any], card: dict[str, Any], options: FitOptions, folder: Path
    ) -> Generator[Event, None, None]:
        from biofm_desktop.engine.inference.devices import device_for, placed, threads
        from biofm_desktop.engine.models.layers import frozen_in
        from biofm_desktop.engine.training.adapters import add_adapters

        kind = task_class(card["task"])
        task = kind.from_values(card["task_values"])
        dataset = yield from opened(plan["data"], kind, options.reading_timeout)
        stored = read_json(folder / SPLITS)
        device = device_for(options)
        teach = teaching_of(plan, task, device)  # a student learns from samples without a label, too
        kept = [replace(s, split=stored[s.key]) for s in (dataset if teach else learnable(dataset)) if s.key in stored]
        splits = {name: [s for s in kept if s.split == name] for name in ("train", "val")}
        splits["val"] = [sample for sample in splits["val"] if task.labelled(sample)]
        with threads(options.threads):
            network = MODELS[plan["model"]].build(task.inputs, task.outputs)
            if options.adapter != "none" and not teach:
                add_adapters(network, options, frozen_in(network, plan["freeze"], plan["train_only"]))
            network = placed(network, device)
            note = partial(note_run, plan["data"], folder, model=plan["model"], task=kind.name, goes_on=True)
            frozen = set(card["frozen"])
            pinned = [s for s in dataset.samples if s.key in plan.get("pinned", ())]
            yield from fitted(
                self.title,
                network,
                task,
                splits,
                options,
                frozen,
                folder,
                note,
                go_on=True,
                teach=teach,
                pinned=pinned,
                unlabelled=("train",) if teach else (),
            )
