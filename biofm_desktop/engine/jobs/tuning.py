"""After a training: thresholds between the classes, tuned on its validation samples and kept in the run's card."""

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from biofm_desktop.engine.events import Event, Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Item, Task
from biofm_desktop.engine.tasks.balanced import BalancedTask
from biofm_desktop.engine.tasks.thresholds import threshold, told, untuned

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

_CARD = "card.json"
_SECONDS_BETWEEN = 0.2


def forget_thresholds(folder: Path, task: Task) -> None:
    """Take thresholds that belong to earlier weights out of the card of a run."""
    path = folder / _CARD
    card = read_json(path) if path.is_file() else {}
    if "tuned" in card:
        del card["tuned"]
        write_json(path, {**card, "task_values": untuned(task).to_values()}, room="checkpoint")


def tune_thresholds(
    folder: Path, items: Sequence[Item], options: FitOptions, device: "torch.device"
) -> Generator[Event, None, dict[str, Any]]:
    """Tune the model of a run folder on the validation items; write its card, return what was found.

    Where it cannot be done a warning says why, and nothing is returned.
    """
    from biofm_desktop.engine.inference.run_folder import load_run
    from biofm_desktop.engine.training.tuning import tuned

    if options.tune == "none":
        return {}
    run = load_run(folder, device)
    task = untuned(run.task)
    if not isinstance(task, BalancedTask) or not len(items):
        why = "there are no validation samples" if len(items) == 0 else f"{task.title.lower()} has no classes"
        yield Warned(f"No thresholds were tuned: {why}")
        return {}
    try:
        found = yield from _now_and_then(
            tuned(run.network, task, items, options.tune, device, options.batch_size, _groups(items))
        )
    except Fault as fault:
        yield Warned(f"No thresholds were tuned: {fault}")
        return {}
    if not found.offsets:
        name = found.figure.replace("_", " ")
        yield Warned(
            f"No thresholds were tuned: on validation samples that were left aside they gave no surely better {name} "
            f"({found.after:.3f}, without them {found.before:.3f})"
        )
        return {}
    task = replace(task, offsets=found.offsets)
    facts = {"figure": found.figure, "before": found.before, "after": found.after, "on": "validation"}
    facts |= {"words": told(task.classes, found.offsets), "offsets": dict(zip(task.classes, found.offsets))}
    facts |= {"threshold": threshold(found.offsets)} if task.outputs == 2 else {}
    card = read_json(folder / _CARD)
    write_json(folder / _CARD, {**card, "task_values": task.to_values(), "tuned": facts}, room="checkpoint")
    return facts


def _now_and_then(tuning: Generator[Progress, None, T]) -> Generator[Event, None, T]:
    """Let through what is told a few times a second; return what the tuning returns."""
    told = 0.0
    while True:
        try:
            how_far = next(tuning)
        except StopIteration as end:
            found: T = end.value
            return found
        if time.monotonic() - told > _SECONDS_BETWEEN:
            told = time.monotonic()
            yield how_far


def _groups(items: Sequence[Item]) -> list[str]:
    """Return what must be left aside together: a patient or slide, else a sample (a volume has many items)."""
    from biofm_desktop.engine.training.items import Items

    if not isinstance(items, Items):
        return []
    return [sample.group or f"\0{sample.key}" for sample, _ in items.origin]
