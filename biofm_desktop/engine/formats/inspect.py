"""What ``biofm inspect`` says of a path: opened by the same code as in the window, pixels read too."""

from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault

from .opening import open_data
from .values import values_of


def inspect(path: Path) -> dict[str, Any]:
    """Return ``verdict`` (opened, warned, refused), ``message`` and ``value`` of a path; raises only MemoryError."""
    try:
        dataset = open_data([path])
        messages = [str(problem) for problem in dataset.problems]
        value = values_of(dataset, messages)
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


def _naming(path: Path, message: str) -> str:
    return message if path.name in message else f"{path.name}: {message}"
