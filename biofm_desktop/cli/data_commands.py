"""What the commands do that look at data for training."""

import argparse
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import AugmentPreviewJob, FitOptions, HistogramJob, LearningCurveJob
from biofm_desktop.engine.options import from_flags
from biofm_desktop.engine.tasks import TASKS
from biofm_desktop.engine.tasks.histogram import SPLITS, TITLES, Histogram

from .show import say

_WIDTH, _MOST = 30, 1000


def histogram(given: argparse.Namespace) -> int:
    """Count the classes of each split."""
    from . import commands

    job = HistogramJob(
        data=commands.absolute(given.data),
        task=given.task,
        task_options=commands.stated(from_flags(TASKS[given.task], given), given) if given.task else {},
        **{name: getattr(given, name) for name in ("seed", "validation", "test")},
    )
    results: list[dict[str, Any]] = []
    status = commands.run_job(job, given, results)
    for result in results if not given.json else ():
        _say(Histogram.from_values(result["histogram"]))
    return status


def learning_curve(given: argparse.Namespace) -> int:
    """Train with fewer and more labels."""
    from . import commands

    task = TASKS[given.task]
    job = LearningCurveJob(
        task=task.name,
        data=commands.absolute(given.data),
        model=given.model,
        out=commands.absolute([given.out])[0],
        counts=tuple(given.counts),
        seeds=given.seeds,
        task_options=commands.stated(from_flags(task, given), given),
        fit_options=commands.stated(from_flags(FitOptions, given), given),
        freeze=tuple(given.freeze),
        train_only=tuple(given.train_only),
        weights=commands.weights_of(given),
    )
    results: list[dict[str, Any]] = []
    status = commands.run_job(job, given, results)
    for result in results if not given.json else ():
        say(f"{'labels':>8}  {'samples':>8}  {result['metric']:>10}  spread")
        for row in result["rows"]:
            say(f"{row['labels'] or 'all':>8}  {row['samples']:>8}  {row['mean']:>10.3f}  {row['spread']:.3f}")
    return status


def augment(given: argparse.Namespace) -> int:
    """Write a sample and changed versions of it."""
    from . import commands

    if not 1 <= given.count <= _MOST:
        raise Fault("option --count", f"{given.count} is not from 1 to {_MOST}", "Give a number such as 8")
    job = AugmentPreviewJob(
        task=given.task,
        data=commands.absolute(given.data),
        out=commands.absolute([given.out])[0],
        task_options=commands.stated(from_flags(TASKS[given.task], given), given),
        **{name: getattr(given, name) for name in ("key", "count", "seed", "model")},
    )
    return commands.run_job(job, given)


def _say(found: Histogram) -> None:
    shown = [split for split in SPLITS if sum(found.counts[split])]
    wide = max([len(found.unit), *map(len, found.names)])
    most = max(max(found.counts[split]) for split in shown) if shown else 1
    say("  ".join([f"{found.unit:<{wide}}", *(f"{TITLES[split]:>12}" for split in shown)]))
    for place, name in enumerate(found.names):
        counts = [found.counts[split][place] for split in shown]
        bar = "#" * round(_WIDTH * (counts[0] if counts else 0) / most)
        say("  ".join([f"{name:<{wide}}", *(f"{count:>12,}" for count in counts), bar]).rstrip())
