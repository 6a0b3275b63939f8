"""Which objective a model can learn by, and which task reads samples for it."""

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import ModelEntry
from biofm_desktop.engine.registry import Registry
from biofm_desktop.engine.tasks import TASKS, Task

from .base import Objective
from .contrastive import Contrastive
from .letters import MaskedLetters, NextLetter
from .masked_patches import MaskedPatches

OBJECTIVES: Registry[type[Objective]] = Registry("objective", (Contrastive, MaskedPatches, MaskedLetters, NextLetter))


def objectives_for(entry: ModelEntry) -> list[type[Objective]]:
    """Return the objectives that a model can learn by."""
    return [each for each in OBJECTIVES if each.takes is entry.takes and entry.grain in each.grains]


def fitting_objective(name: str, entry: ModelEntry) -> type[Objective]:
    """Return the objective of this name; raise `Fault` where it does not fit the model."""
    found, fit = OBJECTIVES[name], objectives_for(entry)
    if found not in fit:
        names = ", ".join(each.name for each in fit)
        raise Fault(f"objective {name}", f"it does not fit the model {entry.name}", f"Choose {names}")
    return found


def encoding_task(entry: ModelEntry) -> type[Task]:
    """Return the task that reads samples for a model."""
    return next(task for task in TASKS if task.takes is entry.takes and task.grain is entry.grain)
