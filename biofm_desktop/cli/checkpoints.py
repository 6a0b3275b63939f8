"""``biofm checkpoints``: list, compare, use and delete the checkpoints of a run."""

import argparse
import time
from dataclasses import asdict
from pathlib import Path

from biofm_desktop.engine.jobs.checkpoint_list import Checkpoint, checkpoints_of, compare, delete, use
from biofm_desktop.engine.models.memory import as_text

from .show import say, say_json

_MOST_LAYERS = 12


def checkpoints(given: argparse.Namespace) -> int:
    """Do what is asked of the run's checkpoints, then list them."""
    folder = Path(given.run).absolute()
    if given.compare:
        found = compare(folder, *given.compare)
        if given.json:
            say_json(asdict(found))
            return 0
        say(_line(found.first))
        say(_line(found.second))
        for name, share in sorted(found.layers.items(), key=lambda pair: -pair[1])[:_MOST_LAYERS]:
            say(f"  {name}: weights differ by {share:.2%}")
        return 0
    if given.delete:
        say(f"freed {as_text(delete(folder, given.delete))}")
    if given.use:
        use(folder, given.use)
    kept = checkpoints_of(folder)
    for each in kept:
        say_json(asdict(each)) if given.json else say(_line(each))
    if not kept and not given.json:
        say("no checkpoints are kept")
    return 0


def _line(each: Checkpoint) -> str:
    figures = {"train loss": each.train_loss, "validation loss": each.loss} | dict(each.metrics)
    told = ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in figures.items() if value is not None)
    marks = [word for word, holds in (("best", each.best), ("in use", each.used)) if holds]
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.time))
    return f"epoch {each.epoch}: {told or 'no figures'}; {as_text(each.size)}, {when}" + (
        f" ({', '.join(marks)})" if marks else ""
    )
