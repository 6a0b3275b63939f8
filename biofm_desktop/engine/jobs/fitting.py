"""What a new training and one that goes on have in common: the loop, and the run folder it leaves."""

import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from biofm_desktop.engine.events import Changed, EpochDone, Event, Finished, Saved, Started, from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.engine.project.audit import log_of
from biofm_desktop.engine.ranks import rank
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.tasks import Task
from biofm_desktop.engine.tasks.thresholds import untuned

from .mailbox import Mailbox
from .measuring import measured
from .recording import EVENTS
from .tuning import forget_thresholds, tune_thresholds

if TYPE_CHECKING:
    from torch import nn

    from biofm_desktop.engine.tasks import Item
    from biofm_desktop.engine.training.checkpoints import Checkpoints
    from biofm_desktop.engine.training.items import Items

METRICS = "metrics.json"


class Lesson(NamedTuple):
    """What is learnt (a task, or what stands for one), from which items, and which judge it."""

    task: Any
    train: "Sequence[Item]"
    validation: "Sequence[Item]"


def fitted(
    title: str,
    network: "nn.Module",
    task: Task,
    splits: dict[str, list[Sample]],
    options: FitOptions,
    frozen: set[str],
    folder: Path,
    note: Callable[[], None],
    *,
    go_on: bool = False,
    teach: "Callable[[Mapping[str, Items]], Lesson] | None" = None,
    pinned: Sequence[Sample] = (),
    unlabelled: Collection[str] = (),
    write: "Callable[[Checkpoints], Path] | None" = None,
) -> Generator[Event, None, None]:
    """Train and leave the run folder complete, also when stopped or failing midway; ``note`` is called then.

    ``teach`` returns what is learnt in place of the task, and from which items; samples of the splits ``unlabelled``
    need no label. ``write`` writes what was learnt, in place of a model that predicts. ``pinned`` samples are predicted
    after each epoch. Where it cannot go on, nothing of what an earlier training left is changed.
    """
    from biofm_desktop.engine.training.checkpoints import Checkpoints
    from biofm_desktop.engine.training.fit import fit
    from biofm_desktop.engine.training.items import prepare
    from biofm_desktop.engine.training.pinned import Pinned
    from biofm_desktop.engine.training.steering import Steering

    began, task = time.monotonic(), untuned(task)
    before, changes = _earlier(folder) if go_on else ([], [])
    steering = Steering(Mailbox(folder).new, changes)
    spent = read_json(folder / METRICS)["seconds"] if go_on and (folder / METRICS).is_file() else 0.0
    items = yield from prepare(task, splits, unlabelled=unlabelled)
    lesson = teach(items) if teach else Lesson(task, items["train"], items["val"])
    repeats = items["train"].repeats()
    steps = -(-sum(repeats) // (options.batch_size * options.accumulate)) * options.epochs
    facts = {
        "train": len(items["train"]),
        "validation": len(items["val"]),
        "metric": lesson.task.metric,
        "goes_on": go_on,
    }
    yield Started(title, steps, options.epochs, facts)
    checkpoints, epochs = Checkpoints(folder, network, quiet=rank() > 0), list[EpochDone]()
    device = next(network.parameters()).device
    loop = fit(
        network,
        lesson.task,
        lesson.train,
        lesson.validation,
        options,
        frozen=frozen,
        repeats=repeats,
        checkpoints=checkpoints,
        device=device,
        go_on=go_on,
        steering=steering,
        after_epoch=[Pinned(folder, task, pinned, device)] if pinned and rank() == 0 else (),
        name_of=items["train"].name_of,
        content=items["train"].digest + items["val"].digest,
    )
    told = measured(loop, options.batch_size * options.accumulate)
    try:
        for event in told:
            if isinstance(event, EpochDone):
                epochs.append(event)
            yield event
    finally:  # finished, stopped or failed: what was learnt stands
        told.close()
        if (checkpoints.went_on or not go_on) and rank() == 0:
            checkpoints.keep_last(now=True)
            model = (write or Checkpoints.write_model)(checkpoints)
            first = epochs[0].epoch if epochs else options.epochs + 1
            whole = [epoch for epoch in before if epoch.epoch < first] + epochs
            metrics = _figures(whole, checkpoints.best_epoch, spent + time.monotonic() - began)
            metrics |= {"ended": checkpoints.ended} if checkpoints.ended else {}
            write_json(folder / METRICS, metrics, room="checkpoint")
            forget_thresholds(folder, task)
            note()
    if rank() > 0:
        yield Finished(f"process {rank() + 1} is done")
        return
    yield Saved(str(model), "model")
    if not write and (found := (yield from tune_thresholds(folder, items["val"], options, device))):
        metrics["tuned"] = found
        write_json(folder / METRICS, metrics, room="checkpoint")
    yield Finished(_summary(lesson.task, metrics), result=metrics["validation"])


def note_run(data: Sequence[str], folder: Path, **details: Any) -> None:
    """Note a run in the log of the project that it learnt from; it stands whether that succeeds or not."""
    log = log_of([Path(path) for path in data])
    if log is not None:
        with suppress(Fault):
            log.add("trained", run=str(folder), validation=read_json(folder / METRICS)["validation"], **details)


def _earlier(folder: Path) -> tuple[list[EpochDone], list[Changed]]:
    """Return the epochs that a run told before, each as it was told last, and the changes that were made to it."""
    lines = (folder / EVENTS).read_text(encoding="utf-8").splitlines() if (folder / EVENTS).is_file() else []
    epochs, changes = dict[int, EpochDone](), dict[tuple[int, str], Changed]()
    for line in lines:
        with suppress(Fault):  # a crash may have cut a line
            match from_line(line) if '"EpochDone"' in line or '"Changed"' in line else None:
                case EpochDone() as event:
                    epochs[event.epoch] = event
                case Changed(values=values) as event if values:  # not those that the plan of the run made
                    changes[event.step, event.words] = event
    return list(epochs.values()), list(changes.values())


def _figures(epochs: list[EpochDone], best: int, seconds: float) -> dict[str, Any]:
    chosen = next((e for e in epochs if e.epoch == best), epochs[-1] if epochs else None)
    loss = {} if chosen is None or chosen.validation_loss is None else {"loss": chosen.validation_loss}
    return {
        "validation": {**loss, **(chosen.metrics if chosen else {})},
        "best_epoch": best,
        "epochs": len(epochs),
        "seconds": round(seconds, 1),
    }


def _summary(task: Task, metrics: dict[str, Any]) -> str:
    figure = metrics["validation"].get(task.metric)
    said = (
        f", validation {task.metric.replace('_', ' ')} {figure:.3f} at epoch {metrics['best_epoch']}"
        if figure is not None
        else ""
    )
    ended = f"; {metrics['ended']}" if "ended" in metrics else ""
    tuned = metrics.get("tuned")
    line = (
        f"; thresholds {tuned['words']} ({tuned['figure'].replace('_', ' ')} {tuned['before']:.3f} to "
        f"{tuned['after']:.3f} on samples left aside)"
        if tuned
        else ""
    )
    return f"Trained for {metrics['epochs']} epochs{said}{line}{ended}"
