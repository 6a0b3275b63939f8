"""The checkpoints of a run: what there is of it, compare, go back to one, delete some. Knows files, no network."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biofm_desktop.engine.events import EpochDone, from_line
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import link_or_copy, read_json, remove, write_json, write_with

from .recording import EVENTS

MODEL, METRICS, BEST, CARD = "model.safetensors", "metrics.json", "best.safetensors", "card.json"
_NAME = re.compile(r"epoch-(\d+)\.safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """The weights after an epoch: their file, its bytes and time (seconds since 1970), and the epoch's figures.

    ``best`` says that none was better, ``used`` that the run predicts with it.
    """

    epoch: int
    path: str
    size: int
    time: float
    train_loss: float | None = None
    loss: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    best: bool = False
    used: bool = False


@dataclass(frozen=True)
class Difference:
    """How far two checkpoints are apart: by layer, the norm of the difference over that of the first."""

    first: Checkpoint
    second: Checkpoint
    layers: dict[str, float]


def checkpoints_of(folder: Path) -> list[Checkpoint]:
    """Return the checkpoints of a run folder in the order of their epochs; raise `Fault` where it is none."""
    if not (folder / "job.json").is_file():
        raise Fault(folder, "it is not the folder of a run: it holds no job.json", "Name the folder of a training")
    told = _epochs(folder)
    figures = read_json(folder / METRICS) if (folder / METRICS).is_file() else {}
    best = int(figures.get("best_epoch", 0)) or max((e for e, done in told.items() if done.best), default=0)
    used = int(figures.get("used_epoch", 0)) or best
    files = {int(m[1]): path for path in (folder / "checkpoints").glob("*") if (m := _NAME.fullmatch(path.name))}
    if best and (folder / "checkpoints" / BEST).is_file():
        files.setdefault(best, folder / "checkpoints" / BEST)
    made = []
    for epoch, path in sorted(files.items()):
        facts, done = path.stat(), told.get(epoch)
        made.append(
            Checkpoint(
                epoch,
                str(path),
                facts.st_size,
                facts.st_mtime,
                done.train_loss if done else None,
                done.validation_loss if done else None,
                done.metrics if done else {},
                best=epoch == best,
                used=epoch == used,
            )
        )
    return made


def checkpoint(folder: Path, epoch: int) -> Checkpoint:
    """Return the checkpoint of an epoch; raise `Fault` where none was kept."""
    kept = {each.epoch: each for each in checkpoints_of(folder)}
    if epoch not in kept:
        there = ", ".join(map(str, kept)) or "none"
        raise Fault(folder, f"no checkpoint of epoch {epoch} is kept", f"There are those of epochs {there}")
    return kept[epoch]


def use(folder: Path, epoch: int) -> Checkpoint:
    """Let a run predict with the weights of an epoch from now on; the others stay, so that one can go back.

    ``metrics.json`` then tells the figures of that epoch. Raises `Fault` for a pre-training, which predicts nothing.
    """
    chosen = checkpoint(folder, epoch)
    if (folder / CARD).is_file() and "objective" in read_json(folder / CARD):
        raise Fault(folder, "it is a pre-training, which predicts nothing", "Train a model that starts from it")
    if not chosen.used:
        write_with(folder / MODEL, lambda aside: _linked(Path(chosen.path), aside), room="checkpoint")
        figures = read_json(folder / METRICS) if (folder / METRICS).is_file() else {}
        loss = {} if chosen.loss is None else {"loss": chosen.loss}
        figures |= {"validation": {**loss, **chosen.metrics}, "used_epoch": epoch}
        write_json(folder / METRICS, figures, room="checkpoint")
    return checkpoint(folder, epoch)


def delete(folder: Path, epochs: Sequence[int]) -> int:
    """Delete checkpoints and return the bytes that were freed; the best one and the one in use cannot be deleted."""
    chosen = [checkpoint(folder, epoch) for epoch in dict.fromkeys(epochs)]
    for each in chosen:
        if each.best or each.used:
            why = "in use" if each.used else "the best"
            raise Fault(each.path, f"it is {why}, and is kept", "Use another one first, or delete the whole run")
    for each in chosen:
        remove(Path(each.path), room="checkpoint")
    return sum(each.size for each in chosen)


def compare(folder: Path, first: int, second: int) -> Difference:
    """Return how two checkpoints differ."""
    import numpy as np
    from safetensors import safe_open

    pair = checkpoint(folder, first), checkpoint(folder, second)
    away: dict[str, float] = {}
    size: dict[str, float] = {}
    with safe_open(pair[0].path, "np") as one, safe_open(pair[1].path, "np") as two:
        for name in one.keys():  # noqa: SIM118 - it is no dictionary
            before, after = (np.asarray(side.get_tensor(name), np.float64) for side in (one, two))
            layer = name.rpartition(".")[0] or name
            away[layer] = away.get(layer, 0.0) + float(np.square(after - before).sum())
            size[layer] = size.get(layer, 0.0) + float(np.square(before).sum())
    return Difference(*pair, {n: (away[n] / size[n]) ** 0.5 if size[n] else float(away[n] > 0) for n in away})


def _epochs(folder: Path) -> dict[int, EpochDone]:
    """Return what a run told of its epochs, each as it was told last."""
    told: dict[int, EpochDone] = {}
    if (folder / EVENTS).is_file():
        with (folder / EVENTS).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if '"EpochDone"' in line:
                    with suppress(Fault):  # a crash may have cut it
                        event: Any = from_line(line)
                        told[event.epoch] = event
    return told


def _linked(source: Path, aside: Path) -> None:
    aside.unlink(missing_ok=True)
    link_or_copy(source, aside)
