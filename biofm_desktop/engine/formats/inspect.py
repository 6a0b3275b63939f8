"""What ``biofm inspect`` says of a path: opened by the same code as in the window, pixels read too."""

from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .entry import entry_of
from .opening import open_data
from .values import values_of
from .weights_file import is_weights, weights_of


def inspect(path: Path) -> dict[str, Any]:
    """Return ``verdict`` (opened, warned, refused), ``message`` and ``value`` of a path; raises only MemoryError."""
    try:
        value, messages = _looked_at(path)
    except Fault as fault:
        return {"verdict": "refused", "message": _naming(path, fault.message), "value": {}}
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the last wall: a caller reads one line for each path
        return {
            "verdict": "refused",
            "message": f"{path.name}: it cannot be read ({type(error).__name__})",
            "value": {},
        }
    if not messages:
        return {"verdict": "opened", "message": "", "value": value}
    return {"verdict": "warned", "message": _naming(path, " ".join(messages)), "value": value}


def _looked_at(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return what a path holds, and what is to be told of it; weights are looked at here and opened nowhere."""
    if path.is_file() and is_weights(entry := entry_of(path, path.name), entry.head()):
        problems: list[Problem] = []
        tensors = {tensor.name: list(tensor.shape) for tensor in weights_of(entry, problems)}
        return {"kind": "weights", "tensors": tensors}, [str(problem) for problem in problems]
    dataset = open_data([path])
    messages = [str(problem) for problem in dataset.problems]
    return values_of(dataset, messages), messages


def _naming(path: Path, message: str) -> str:
    return message if path.name in message else f"{path.name}: {message}"
