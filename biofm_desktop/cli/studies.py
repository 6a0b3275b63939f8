"""``biofm distill``, ``biofm tune`` and ``biofm cross-validate``: several trainings for one question."""

import argparse
from typing import Any

from biofm_desktop.engine.jobs import CrossValidateJob, DistillJob, FitOptions, TuneJob
from biofm_desktop.engine.options import from_flags
from biofm_desktop.engine.tasks import TASKS


def _plan(given: argparse.Namespace) -> dict[str, Any]:
    """Return what says which training is meant."""
    from .commands import absolute, stated, weights_of

    task = TASKS[given.task]
    return {
        "task": task.name,
        "data": absolute(given.data),
        "model": given.model,
        "out": absolute([given.out])[0],
        "task_options": stated(from_flags(task, given), given),
        "fit_options": stated(from_flags(FitOptions, given), given),
        "freeze": tuple(given.freeze),
        "train_only": tuple(given.train_only),
        "weights": weights_of(given),
    }


def cross_validate(given: argparse.Namespace) -> int:
    """Train once for each fold."""
    from .commands import run_job

    return run_job(CrossValidateJob(folds=given.folds, group=given.group, **_plan(given)), given)


def tune(given: argparse.Namespace) -> int:
    """Search for good options."""
    from .commands import run_job

    budget = {"trials": given.trials, "minutes": given.minutes, "search": tuple(given.search)}
    return run_job(TuneJob(**budget, **_plan(given)), given)


def distill(given: argparse.Namespace) -> int:
    """Let a smaller model learn what a run says."""
    from .commands import absolute, run_job, stated

    job = DistillJob(
        teacher=absolute([given.run])[0],
        data=absolute(given.data),
        model=given.model,
        out=absolute([given.out])[0],
        share=given.share,
        temperature=given.temperature,
        fit_options=stated(from_flags(FitOptions, given), given),
    )
    return run_job(job, given)
