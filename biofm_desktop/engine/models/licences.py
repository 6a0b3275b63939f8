"""Which terms of published weights the user has accepted: asked once, kept with the settings."""

import time
from contextlib import suppress
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json, write_json
from biofm_desktop.paths import config_dir

from .base import Weights

_FILE = "licences.json"


def accepted(weights: Weights) -> bool:
    """Say whether these terms for these weights were accepted before; other terms are asked for anew."""
    known = _read().get(weights.address)
    return isinstance(known, dict) and known.get("licence") == weights.licence


def accept(weights: Weights) -> None:
    """Keep that the terms were accepted, and when; that it cannot be kept is no reason not to use the weights."""
    when = time.strftime("%Y-%m-%d")
    with suppress(Fault):
        known = {**_read(), weights.address: {"licence": weights.licence, "accepted": when}}
        write_json(config_dir() / _FILE, known, room="settings")


def _read() -> dict[str, Any]:
    """Return what was accepted; a missing or broken file is an empty one."""
    try:
        found = read_json(config_dir() / _FILE)
    except Fault:
        return {}
    return found if isinstance(found, dict) else {}
