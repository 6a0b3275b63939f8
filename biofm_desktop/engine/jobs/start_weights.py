"""The weights that a training or a pre-training starts from: found or fetched, put into the network, noted."""

import hashlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.events import Event, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import ModelEntry
from biofm_desktop.engine.models.licences import accept, accepted
from biofm_desktop.engine.models.starting import Start, start_of
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.engine.tasks import Task

from .weights import told

if TYPE_CHECKING:
    from torch import nn

    from biofm_desktop.engine.models.matching import Match

#: In place of a file: the weights that are published for the model.
DOWNLOAD = "download"


def check_start(weights: str) -> None:
    """Raise `Fault` where a file or folder to start from is not there: before the data are opened."""
    if weights not in ("", DOWNLOAD):
        start_of(weights)


def start_from(weights: str, entry: ModelEntry) -> Generator[Event, None, Start | None]:
    """Return the file of weights to start from, and what is known of the images that they want (None: from nothing)."""
    if weights != DOWNLOAD:
        return start_of(weights) if weights else None
    from biofm_desktop.engine.models.downloads import fetch

    if entry.weights is None:
        raise Fault(
            f"model {entry.name}", "no weights are published for it here", "Train it from scratch or name a file"
        )
    if not accepted(entry.weights):  # the command line; the window has asked
        yield Warned(f"{entry.title}: by using its published weights you accept their licence: {entry.weights.licence}")
        accept(entry.weights)
    settings = load_settings()
    path = yield from fetch(entry.weights, mirror=settings.mirror, offline=settings.offline)
    return Start(path, entry.weights.scaling)


def begun(entry: ModelEntry, task: Task, seed: int, start: Start | None) -> "tuple[nn.Module, Match | None]":
    """Return the network, and what it took of the weights to start from (None: it starts from nothing)."""
    import torch

    from biofm_desktop.engine.models.weights import take_weights, wanted_of

    torch.manual_seed(seed)
    network = entry.build(task.inputs, task.outputs)
    if start is None:
        return network, None
    other = start.other_answers(task.to_values())
    return network, take_weights(network, start.path, wanted_of(network, entry, partial=start.partial, new_head=other))


def start_card(start: Start | None, found: "Match | None") -> dict[str, Any] | None:
    """Return what a run's card says of its start."""
    if start is None:
        return None
    return {
        "file": str(start.path),
        "sha256": hashlib.sha256(start.path.read_bytes()).hexdigest(),
        **({"run": str(start.run), "run_model": start.card.get("model")} if start.run else {}),
        **(told(found) if found else {}),
    }
