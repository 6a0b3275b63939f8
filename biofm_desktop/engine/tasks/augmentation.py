"""What all augmentation has in common: the name of its group of options, and strengths to begin with."""

from collections.abc import Mapping
from typing import Any

from biofm_desktop.engine.options import OptionSpec, specs

#: Options of this group may be changed while a training goes on.
GROUP = "Augmentation"
#: Where an option is off by default: the strength that it gets when it is ticked.
_SUGGESTED: dict[str, Any] = {
    "flips": "all",
    "light": "wide",
    "rotate": 15.0,
    "zoom": 0.2,
    "elastic": 0.3,
    "gamma": 0.3,
    "noise": 0.05,
    "blur": 1.0,
    "stain": 0.2,
    "cutout": 0.25,
    "mutation": 0.02,
    "move": 3,
}


def augmentations(task: type) -> tuple[OptionSpec, ...]:
    """Return the options of a task that say how its samples are changed by chance."""
    return tuple(spec for spec in specs(task) if spec.group == GROUP)


def off(spec: OptionSpec) -> Any:
    """Return the value of an augmentation that does nothing."""
    if spec.choices:
        return "none" if "none" in spec.choices else spec.choices[0]
    return spec.type(0)


def suggested(spec: OptionSpec) -> Any:
    """Return the value that an augmentation has when it is ticked: its default, or a good one where that is off."""
    return spec.default if spec.default != off(spec) else _SUGGESTED.get(spec.name, spec.type(1))


def in_words(task: type, values: Mapping[str, Any]) -> str:
    """Return which augmentations are on."""
    on = [spec.title.lower() for spec in augmentations(task) if values.get(spec.name, spec.default) != off(spec)]
    return ", ".join(on) or "none"
