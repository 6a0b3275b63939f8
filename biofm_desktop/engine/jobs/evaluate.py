"""Judge a trained run on labelled data."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Progress, Saved, Started
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_json
from biofm_desktop.engine.samples import Grain

from .base import Job
from .data import opened, with_stored_splits

if TYPE_CHECKING:
    from torch import Tensor

    from biofm_desktop.engine.tasks import Task

_BATCH = 64
_SECONDS_BETWEEN = 0.2


@dataclass(frozen=True, kw_only=True)
class EvaluateJob(Job):
    """Compare what the run says with the labels of the data; write ``metrics.json`` into ``out``.

    ``split`` takes only that part: of the data's own splits, or else of those the run made.
    """

    name: ClassVar[str] = "evaluate"
    run_folder: str
    data: tuple[str, ...]
    out: str
    split: str = "all"
    device: str = "auto"

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Evaluate {Path(self.run_folder).name}"

    def command(self) -> list[str]:
        """Return the command line that gives the same figures."""
        words = ["biofm", "evaluate", self.run_folder, *self.data, "--out", self.out]
        words += ["--split", self.split] if self.split != "all" else []
        return words + (["--device", self.device] if self.device != "auto" else [])

    def run(self) -> Iterator[Event]:
        """Encode, predict and score."""
        from biofm_desktop.engine.inference.devices import chosen_device
        from biofm_desktop.engine.inference.forward import answers
        from biofm_desktop.engine.inference.run_folder import load_run
        from biofm_desktop.engine.training.items import prepare

        device = chosen_device(self.device)
        run = load_run(Path(self.run_folder), device)
        dataset = yield from opened(self.data, type(run.task))
        part = with_stored_splits(dataset, Path(self.run_folder)).of_split(self.split)
        items = (yield from prepare(run.task, {self.split: part.samples}))[self.split]
        if not len(items):
            raise Fault(
                dataset.name,
                f"no sample of the split {self.split!r} has a label that this run knows",
                "Name another --split or other data",
            )
        yield Started(self.title, len(items))
        said, truth, told = [], [], time.monotonic()
        for index, answer, _ in answers(run.network, run.task, items, device, _BATCH):
            target = items[index].target
            assert target is not None
            said.append(answer)
            truth.append(target)
            if time.monotonic() - told > _SECONDS_BETWEEN:
                told = time.monotonic()
                yield Progress(index + 1, len(items), "Comparing")
        metrics = run.task.score(said, truth)
        report = {
            "metrics": metrics,
            "samples": len(items),
            "split": self.split,
            "run": self.run_folder,
            "data": list(self.data),
        }
        report |= {"tuned": run.card["tuned"]} if "tuned" in run.card else {}
        report |= _confusion(run.task, said, truth)
        path = Path(self.out) / "metrics.json"
        write_json(path, report, room="export")
        yield Saved(str(path), "metrics")
        figures = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in metrics.items())
        yield Finished(f"{len(items)} samples: {figures}", result=metrics)


def _confusion(task: "Task", said: "Sequence[Tensor]", truth: "Sequence[Tensor]") -> dict[str, Any]:
    """Return the table of classes (rows: truth, columns: said) and the report by class."""
    classes = getattr(task, "classes", ())
    if not classes or task.grain is not Grain.SAMPLE:
        return {}
    from sklearn.metrics import classification_report, confusion_matrix

    true, chosen = [int(t) for t in truth], [int(o.argmax()) for o in said]
    places = list(range(len(classes)))
    report = classification_report(
        true, chosen, labels=places, target_names=list(classes), output_dict=True, zero_division=0
    )
    return {
        "classes": list(classes),
        "confusion": confusion_matrix(true, chosen, labels=places).tolist(),
        "by_class": {name: report[name] for name in classes},
    }
