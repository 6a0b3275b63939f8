"""What to do with few labels: settings that do better then, with the reason."""

from dataclasses import dataclass
from typing import Any

from biofm_desktop.engine.options import specs

from .base import Task
from .histogram import FEW, Histogram

#: Strengths that still leave the truth as it is in nearly all pictures and sequences; those that a task has are taken.
STRONG: dict[str, Any] = {
    "rotate": 30.0,
    "zoom": 0.3,
    "elastic": 0.3,
    "jitter": 0.3,
    "gamma": 0.3,
    "noise": 0.03,
    "cutout": 0.25,
    "mutation": 0.03,
    "dropped": 0.2,
}


@dataclass(frozen=True)
class Advice:
    """Options for the training of few labels, and why; ``head_only`` holds where it starts from trained weights."""

    reason: str
    fit_options: dict[str, Any]
    task_options: dict[str, Any]
    head_only: bool = True


def advice_for(task: Task, found: Histogram) -> Advice | None:
    """Return what to set where the training has fewer than about ten labels for a class; None where it has enough."""
    name, fewest = found.fewest
    if fewest >= FEW or not fewest:
        return None
    least = f"only {fewest} training samples of {name}" if name else f"only {fewest} training samples"
    reason = (
        f"There are {least}: a network learns so few by heart. Strong augmentation makes more of each, many epochs "
        "let it see them, and where the model starts from trained weights its head alone should learn"
    )
    known = {spec.name: spec for spec in specs(type(task))}
    stronger = {n: v for n, v in STRONG.items() if n in known and getattr(task, n) < v}
    return Advice(reason, {"epochs": 200, "views": 16}, stronger)
