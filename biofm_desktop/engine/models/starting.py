"""What a training starts from: a file of weights, or the folder of an earlier run. Knows no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json

from .published_scaling import published_scaling

#: What a run folder calls its weights: those that predict, else those of a pre-training, which has no head.
WEIGHTS = ("model.safetensors",)
BACKBONE = "backbone.safetensors"
CARD = "card.json"
#: What a folder from Hugging Face may hold instead.
_PUBLISHED = ("pytorch_model.bin",)


@dataclass(frozen=True)
class Start:
    """A file of weights and, where it is one of a run, what that run's card says of its inputs.

    ``scaling`` is that of the images which the weights want (empty: not known), ``partial`` says that the file need
    not hold all of the network: it is the backbone that a pre-training made.
    """

    path: Path
    scaling: str = ""
    run: Path | None = None
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Say whether the file may lack parts of the network."""
        return self.path.name == BACKBONE

    @property
    def inputs(self) -> dict[str, Any]:
        """Return the input of the run's network: ``channels``, ``size``, ``scaling`` (empty: not known)."""
        found = self.card.get("inputs")
        return dict(found) if isinstance(found, dict) else {}

    @property
    def task_values(self) -> dict[str, Any]:
        """Return what the run's task knew of its data (empty: no run)."""
        found = self.card.get("task_values")
        return dict(found) if isinstance(found, dict) else {}

    def other_answers(self, task_values: dict[str, Any]) -> bool:
        """Say whether the run answered in other classes or of another column, so that its head means nothing here."""
        both = {name for name in ("classes", "column") if self.task_values.get(name) and task_values.get(name)}
        return any(_plain(self.task_values[name]) != _plain(task_values[name]) for name in both)


def weights_in(folder: Path) -> Path | None:
    """Return the file of weights of a run folder: the run's own, which are its best, else its backbone."""
    return next((folder / name for name in (*WEIGHTS, BACKBONE) if (folder / name).is_file()), None)


def start_of(given: str) -> Start:
    """Return what a file or a run folder gives to start from; raise `Fault` where a folder holds no weights."""
    path = Path(given)
    if not path.exists():
        raise Fault(path, "there is no such file or folder", "Name a file of weights, or the folder of a run")
    if not path.is_dir():
        run = next((folder for folder in (path.parent, path.parent.parent) if _is_run(folder, path)), None)
        return _of_run(path, run) if run else Start(path, published_scaling(path.parent))
    found = weights_in(path) or next((path / name for name in _PUBLISHED if (path / name).is_file()), None)
    if found is None:
        fault = f"it is no folder of a run with weights (no {WEIGHTS[0]} or {BACKBONE})"
        raise Fault(path, fault, "Name a file of weights, or the folder of a run that has ended")
    return _of_run(found, path) if (path / CARD).is_file() else Start(found, published_scaling(path))


def _is_run(folder: Path, path: Path) -> bool:
    """Say whether a folder is that of the run which wrote a file: its weights or one of its checkpoints."""
    inside = path.parent == folder or path.parent.name == "checkpoints"
    return inside and path.suffix == ".safetensors" and (folder / CARD).is_file()


def _of_run(path: Path, run: Path) -> Start:
    card = read_json(run / CARD) if (run / CARD).is_file() else {}
    card = card if isinstance(card, dict) else {}
    inputs = card.get("inputs")
    scaling = (inputs if isinstance(inputs, dict) else card).get("scaling", "")
    return Start(path, str(scaling or ""), run, card)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
