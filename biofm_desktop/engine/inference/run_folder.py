"""A run folder read back: all that predicting needs stands in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.tasks import TASKS, Task

from .devices import placed

VERSION = 1


@dataclass(frozen=True, eq=False)
class TrainedRun:
    """A trained network with its task and what its card says."""

    network: nn.Module
    task: Task
    card: dict[str, Any]


def load_run(folder: Path, device: torch.device, weights: Path | None = None) -> TrainedRun:
    """Return the network in eval mode, on the device; raise `Fault` where the folder holds no finished run.

    ``weights`` are those of one of its checkpoints (None: those that the run uses).
    """
    card_path, weights = folder / "card.json", weights or folder / "model.safetensors"
    if not card_path.is_file() or not weights.is_file():
        raise Fault(
            folder,
            "it is not the folder of a finished run (no card.json or model.safetensors)",
            "Name a folder that 'biofm train' made",
        )
    card = read_json(card_path)
    if card.get("version", 0) > VERSION:
        raise Fault(
            card_path, f"it was made by a newer program ({card.get('program', '?')})", "Update this program to use it"
        )
    try:
        task = TASKS[card["task"]].from_values(card["task_values"])
        network = MODELS[card["model"]].build(task.inputs, task.outputs)
        network.load_state_dict(load_file(weights))
    except (KeyError, TypeError, RuntimeError, OSError) as error:
        raise Fault(
            folder,
            "its card and its weights do not belong together, or one is damaged",
            "Use a sound copy of the run",
            detail=str(error),
        ) from None
    return TrainedRun(placed(network, device).eval(), task, card)
