"""From which samples a retraining learns, and what it says of itself."""

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from biofm_desktop.engine.events import Event, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.samples import Dataset, Sample
from biofm_desktop.engine.tasks import Task

from .data import SPLITS, learnable

#: So many of the run's validation samples are looked at before and after.
_LOOKED_AT = 200
#: A fall of the validation figure by more than this is warned of.
_FALL = 0.03
_HELD_OUT = ("val", "test")
_NAMED = 4


@dataclass(frozen=True)
class Plan:
    """What is learnt from: the corrected samples, those that may be rehearsed, those that judge; and all splits."""

    corrected: list[Sample]
    earlier: list[Sample]
    validation: list[Sample]
    splits: dict[str, str]


def planned(run: Path, task: Task, dataset: Dataset, only: Collection[str]) -> Generator[Event, None, Plan]:
    """Return the plan of learning the samples ``only`` (empty: those with a label that the run has not seen).

    Samples that judge (those of validation and test, and whose group is there) are left out with a warning. Raises
    `Fault` where nothing is left to learn.
    """
    splits = dict(read_json(run / SPLITS)) if (run / SPLITS).is_file() else {}
    samples = {sample.key: sample for sample in learnable(dataset) if task.labelled(sample)}
    if missing := sorted(set(only) - {sample.key for sample in dataset}):
        raise Fault(f"sample {missing[0]}", "the data has none of this name", "Name keys as 'biofm inspect' lists them")
    wanted = [s for key, s in samples.items() if (key in only if only else key not in splits)]
    judging = [s for key, s in samples.items() if splits.get(key) == "val" and s.split in ("", "val")]
    groups = {sample.group for sample in judging if sample.group}
    kept = [s for s in wanted if splits.get(s.key) in _HELD_OUT or s.split in _HELD_OUT or s.group in groups]
    if kept:
        yield Warned(
            f"Not learnt, as they (or their group) are kept for validation or testing: {_some(kept)}. They would make "
            "the model look better than it is"
        )
    left_out = {sample.key for sample in kept}
    corrected = [sample for sample in wanted if sample.key not in left_out]
    if not corrected:
        raise Fault(
            dataset.name,
            "there is nothing new to learn: no sample of those asked for has a label and may be learnt from",
            "Label or correct training samples, then retrain",
        )
    keys = {sample.key for sample in corrected}
    earlier = [s for key, s in samples.items() if splits.get(key) == "train" and key not in keys]
    return Plan(corrected, earlier, judging, {**splits, **dict.fromkeys(keys, "train")})


def part_of(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """Return the validation samples that are looked at: of very many a part."""
    if len(samples) <= _LOOKED_AT:
        return list(samples)
    chosen = np.random.default_rng(seed).choice(len(samples), _LOOKED_AT, replace=False)
    return [samples[n] for n in sorted(chosen)]


def fell(task: Task, metrics: dict[str, Any]) -> str:
    """Return what to warn of where the validation figure fell (empty: nothing)."""
    before, after = metrics["before"].get(task.metric), metrics["validation"].get(task.metric)
    if before is None or after is None or before - after <= _FALL:
        return ""
    name = task.metric.replace("_", " ")
    return (
        f"The {name} on earlier validation samples fell from {before:.3f} to {after:.3f}: give more replay, or train "
        "anew with all labels"
    )


def summary(task: Task, metrics: dict[str, Any], count: int) -> str:
    """Return what was learnt and what it did to the validation figure, as a sentence."""
    name, epochs = task.metric.replace("_", " "), metrics["epochs"]
    said = [
        f"Learnt {count} {'sample' if count == 1 else 'samples'} in {epochs} {'epoch' if epochs == 1 else 'epochs'}"
    ]
    for title, figures in (("on them", metrics["corrected"]), ("on validation", metrics["validation"])):
        if task.metric in figures:
            said.append(f"{name} {title} {figures[task.metric]:.3f}")
    before = metrics["before"].get(task.metric)
    return ", ".join(said) + (f" (before {before:.3f})" if before is not None else "")


def _some(samples: Sequence[Sample]) -> str:
    more = f" and {len(samples) - _NAMED} more" if len(samples) > _NAMED else ""
    return ", ".join(sample.key for sample in samples[:_NAMED]) + more
