"""How pictures are scaled for published weights, as the files say that Hugging Face lays beside them."""

from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json

_PREPROCESSOR, _TIMM = "preprocessor_config.json", "config.json"
#: Means of the scalings that we know, by channel.
_MEANS = {"imagenet": (0.485, 0.456, 0.406), "symmetric": (0.5, 0.5, 0.5)}


def published_scaling(folder: Path) -> str:
    """Return the scaling that a folder's configuration asks for (empty: it says none that is known)."""
    for mean in (_read(folder / _PREPROCESSOR).get("image_mean"), _timm(folder).get("mean")):
        for scaling, known in _MEANS.items():
            if _near(mean, known):
                return scaling
    return ""


def _timm(folder: Path) -> dict[str, Any]:
    found = _read(folder / _TIMM).get("pretrained_cfg")
    return found if isinstance(found, dict) else {}


def _near(mean: Any, known: tuple[float, ...]) -> bool:
    if not isinstance(mean, list) or len(mean) != len(known):
        return False
    return all(isinstance(a, (int, float)) and abs(a - b) < 0.002 for a, b in zip(mean, known))


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = read_json(path)
    except Fault:
        return {}  # beside the point: the weights are what counts
    return found if isinstance(found, dict) else {}
