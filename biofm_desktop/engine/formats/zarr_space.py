"""The axes, the pixel size and the levels that OME-Zarr metadata state, and whether they can be believed."""

import math
from dataclasses import dataclass
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem

from .left_out import quoted, some
from .zarr_files import ZarrFiles

_KNOWN = {"0.1", "0.2", "0.3", "0.4", "0.5"}
_MICROMETRES = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3, "centimeter": 1e4, "meter": 1e6}
_MICROMETRES |= {"angstrom": 1e-4, "picometer": 1e-6, "um": 1.0, "µm": 1.0, "nm": 1e-3, "mm": 1e3}
_AXES = "tczyx"
_COPY = "Get a sound copy of it"


@dataclass(frozen=True)
class Multiscale:
    """An image in several resolutions: ``axes`` as letters of ``tczyx``, ``paths`` of the levels from the finest."""

    axes: str
    paths: tuple[str, ...]
    scale: tuple[float, ...]
    units: tuple[str, ...]


def multiscale_of(files: ZarrFiles, attributes: dict[str, Any], axes: int, problems: list[Problem]) -> Multiscale:
    """Return what the metadata say of an image of so many axes; what is odd is told, what is false is refused."""
    ome = attributes["ome"] if isinstance(attributes.get("ome"), dict) else attributes
    several = ome["multiscales"]
    first = several[0]
    version = str(ome.get("version", first.get("version", "0.4")))
    if version not in _KNOWN:
        problems.append(Problem(files.what, f"its OME-Zarr version {quoted(version)} is not known; it was read as 0.5"))
    elif version in ("0.4", "0.5"):
        _validate(files, ome, version, problems)
    if len(several) > 1:
        problems.append(Problem(files.what, f"it holds {len(several)} multiscale images; only the first is opened"))
    names = _names(first.get("axes"), axes)
    if len(names) != axes:
        fault = f"its axes ({', '.join(names)}) do not fit an array of {axes} dimensions"
        raise Fault(files.what, fault, _COPY)
    if len(set(names)) < len(names) or any(name not in _AXES for name in names):
        fault = f"its axes ({', '.join(map(quoted, names))}) are doubled or not known"
        raise Fault(files.what, fault, "Name each axis once, of t, c, z, y, x")
    datasets = first["datasets"]
    scale = _product(_scale(datasets[0], axes), _scale(first, axes))
    return Multiscale("".join(names), levels_of(attributes), scale, _units(first.get("axes"), axes))


def levels_of(attributes: dict[str, Any]) -> tuple[str, ...]:
    """Return the paths of the levels of the first image; () where the metadata state none."""
    ome = attributes["ome"] if isinstance(attributes.get("ome"), dict) else attributes
    try:
        return tuple(str(level["path"]) for level in ome["multiscales"][0]["datasets"])
    except (KeyError, TypeError, IndexError):
        return ()


def leads_outside(path: str) -> bool:
    """Say whether a path in metadata is an address or leads out of its folder."""
    return path.startswith("/") or ":" in path or "\\" in path or ".." in path.split("/") or not path


def _validate(files: ZarrFiles, ome: dict[str, Any], version: str, problems: list[Problem]) -> None:
    from pydantic import ValidationError
    from yaozarrs import v04, v05

    image = {name: ome[name] for name in ("version", "multiscales") if name in ome}  # how it is shown is no matter here
    try:
        if version == "0.4":
            v04.Image.model_validate(image)
        else:
            v05.Image.model_validate(image)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
        message = f"its OME metadata is not valid by the standard {version}: {some(map(quoted, faults), 2)}"
        problems.append(Problem(files.what, message))


def _names(axes: Any, count: int) -> list[str]:
    if not isinstance(axes, list):  # versions 0.1 and 0.2 name none
        return list(_AXES[-count:]) if 2 <= count <= 5 else []
    return [str(axis.get("name", "?") if isinstance(axis, dict) else axis).lower()[:20] for axis in axes]


def _units(axes: Any, count: int) -> tuple[str, ...]:
    if not isinstance(axes, list):
        return ("",) * count
    return tuple(str(axis.get("unit") or "") if isinstance(axis, dict) else "" for axis in axes)


def _scale(holder: Any, axes: int) -> tuple[float, ...]:
    """Return the scale of the transformations of a level or an image; NaN where it is not valid."""
    steps = holder.get("coordinateTransformations") if isinstance(holder, dict) else None
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and step.get("type") == "scale":
            scale = step.get("scale")
            if not isinstance(scale, list) or len(scale) != axes or not all(isinstance(s, int | float) for s in scale):
                return (math.nan,) * axes
            return tuple(float(size) for size in scale)
    return (1.0,) * axes


def _product(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(a * b for a, b in zip(one, other))


def spacing_of(files: ZarrFiles, image: Multiscale, axes: str, problems: list[Problem]) -> tuple[float, ...]:
    """Return the size of a pixel in µm along the Z, Y and X of ``axes``; () where it is not stated or not valid."""
    places = [image.axes.index(axis.lower()) for axis in axes if axis in "ZYX" and axis.lower() in image.axes]
    sizes = [image.scale[place] for place in places]
    units = [image.units[place] for place in places]
    if not all(math.isfinite(size) and 0 < size < 1e9 for size in sizes):
        words = ", ".join(f"{size:g}" for size in sizes)
        problems.append(Problem(files.what, f"its scale ({words}) is not valid; it is opened without a pixel size"))
        return ()
    if any(unit not in _MICROMETRES for unit in units):
        if any(size != 1 for size in sizes):
            message = (
                f"its scale has no unit of length that is known ({some(map(quoted, units))}); it has no pixel size"
            )
            problems.append(Problem(files.what, message))
        return ()
    return tuple(size * _MICROMETRES[unit] for size, unit in zip(sizes, units))
