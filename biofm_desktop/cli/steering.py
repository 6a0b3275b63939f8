"""``biofm steer``: ask something of a training under way, in whichever process it runs."""

import argparse
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs.mailbox import post

from .show import say


def steer(given: argparse.Namespace) -> int:
    """Post the change to the run's folder; the training does it before its next step and tells so."""
    folder = Path(given.run).absolute()
    if not (folder / "job.json").is_file():
        raise Fault(folder, "it is not the folder of a run: it holds no job.json", "Name the folder of a training")
    change: dict[str, Any] = {}
    if given.freeze and given.train_all:
        raise Fault("options --freeze and --train-all", "one says the opposite of the other", "Give one of them")
    if given.freeze or given.train_all:
        change["freeze"] = list(given.freeze or [])
    for name in ("learning_rate", "epochs"):
        if getattr(given, name) is not None:
            change[name] = getattr(given, name)
    if given.option:
        change["task"] = dict(_pair(word) for word in given.option)
    if not change:
        raise Fault("steer", "there is nothing to change", "Say what: --learning-rate, --freeze, --epochs ...")
    post(folder, {"change": change})
    say(f"asked of {folder.name}: {', '.join(name.replace('_', ' ') for name in change)}")
    return 0


def _pair(word: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise Fault(f"option {word!r}", "it is no NAME=VALUE", "Write, for example, zoom=0.5")
    return name.replace("-", "_"), value
