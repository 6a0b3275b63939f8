"""The size of a pixel as OME-XML, ImageJ or the resolution tags state it, and whether OME-XML can be believed."""

import math
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

from biofm_desktop.engine.samples import Problem

from .entry import Entry

_MICROMETRES = {"µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "\\u00B5m": 1.0}
_MICROMETRES |= {"nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6, "pm": 1e-6, "Å": 1e-4, "km": 1e9, "inch": 25_400.0}
_DEEPEST = 100


class NotBelievedError(Exception):
    """Why OME-XML is left out."""


def read_ome(xml: str) -> dict[str, Any]:
    """Return of the first image: the attributes of ``Pixels``, ``channels`` (count) and ``files`` that planes lie in.

    Raises `NotBelievedError` where the text is broken or has a DTD (entities can hang, or read other files).
    """
    facts: dict[str, Any] = {"channels": 0, "files": []}
    depth, images = 0, 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, images
        depth += 1
        if depth > _DEEPEST:
            raise NotBelievedError("its OME metadata is nested too deep and was left out")
        name = name.rsplit(":", 1)[-1]
        images += name == "Image"
        if images == 1 and name == "Pixels":
            facts.update(attributes)
        elif images == 1 and name == "Channel":
            facts["channels"] += int(attributes.get("SamplesPerPixel", "1") or 1)
        elif name == "UUID" and "FileName" in attributes:
            facts["files"].append(attributes["FileName"])

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise NotBelievedError("its OME metadata has a DTD (entity definitions) and was left out")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:
        raise NotBelievedError(f"its OME metadata cannot be read ({error}) and was left out") from error
    return facts


def ome_problem(tiff: Any) -> str:
    """Say why the OME-XML of a file must not be believed; empty where it agrees with the pages."""
    page = tiff.pages[0]
    try:
        facts = read_ome(page.description)
        size = (int(facts["SizeX"]), int(facts["SizeY"]))
        planes = math.prod(int(facts[f"Size{axis}"]) for axis in "ZCT")
    except NotBelievedError as error:
        return str(error)
    except (KeyError, ValueError) as error:
        return f"its OME metadata cannot be read (no sound {error}) and was left out"
    if set(facts["files"]) - {PurePosixPath(tiff.filename or "").name}:
        return "its OME metadata says planes lie in other files, perhaps outside its folder; only this file was read"
    if sorted(facts.get("DimensionOrder", "")) != sorted("XYZCT"):
        return f"the order of axes in its OME metadata, {facts.get('DimensionOrder')!r}, is not valid; it was left out"
    if size != (page.imagewidth, page.imagelength):
        return (
            f"its OME metadata says a size of {size[0]} x {size[1]}, the page is {page.imagewidth} x {page.imagelength}"
        )
    if facts.get("Type", "").replace("float", "float32").replace("double", "float64") not in (str(page.dtype), "bit"):
        return f"its OME metadata says type {facts.get('Type')}, the page is of type {page.dtype}"
    there = len(tiff.pages) * page.samplesperpixel
    if int(facts["SizeC"]) > there:
        return f"its OME metadata says {facts['SizeC']} channels, {int(facts['SizeC']) - there} channels are missing"
    if planes > there:
        return f"its OME metadata says {planes:,} planes, {planes - there:,} planes are missing"
    return ""


def spacing_of(entry: Entry, tiff: Any, axes: str, problems: list[Problem]) -> tuple[tuple[float, ...], str]:
    """Return the spacing along the spatial axes with its unit; (), "pixel" where none is stated or none is sound."""
    sizes: dict[str, float | None] = {}
    if tiff.is_ome:
        sizes = _ome_sizes(tiff.pages[0].description)
    elif tiff.is_imagej:
        sizes = _imagej_sizes(tiff)
    elif (tag := tiff.pages[0].tags.get("ResolutionUnit")) is not None and tag.value == 3:
        sizes = {axis: _step(tiff, f"{axis}Resolution", 1e4) for axis in "YX"}  # inches mean printing, not measuring
    elif any(_rational(tiff, name) == (0, 0) for name in ("XResolution", "YResolution")):
        sizes = {"X": None}
    if not sizes:
        return (), "pixel"
    spatial = [axis for axis in axes if axis in "ZYX"]
    found = [sizes.get(axis, 1.0 if axis == "Z" else None) for axis in spatial]
    if None in found or not all(size is not None and 1e-7 < size < 1e7 for size in found):
        problems.append(Problem(entry.name, "the pixel size that it states is not valid; it is opened without one"))
        return (), "pixel"
    return tuple(size for size in found if size is not None), "µm"


def _ome_sizes(xml: str) -> dict[str, float | None]:
    facts = read_ome(xml)
    sizes: dict[str, float | None] = {}
    for axis in "ZYX":
        if f"PhysicalSize{axis}" in facts:
            scale = _MICROMETRES.get(facts.get(f"PhysicalSize{axis}Unit", "µm"))
            try:
                sizes[axis] = float(facts[f"PhysicalSize{axis}"]) * scale if scale else None
            except ValueError:
                sizes[axis] = None
    return sizes


def _imagej_sizes(tiff: Any) -> dict[str, float | None]:
    facts = tiff.imagej_metadata or {}
    scale = _MICROMETRES.get(str(facts.get("unit", "")))
    if scale is None:
        return {}
    sizes = {axis: _step(tiff, f"{axis}Resolution", scale) for axis in "YX"}
    if "spacing" in facts:
        sizes["Z"] = float(facts["spacing"]) * scale
    return sizes


def _rational(tiff: Any, name: str) -> tuple[int, int]:
    tag = tiff.pages[0].tags.get(name)
    if tag is None or not isinstance(tag.value, tuple) or len(tag.value) != 2:
        return (1, 1)
    return (int(tag.value[0]) if tag.value[1] else 0, int(tag.value[1]))


def _step(tiff: Any, name: str, scale: float) -> float | None:
    above, below = _rational(tiff, name)
    return below / above * scale if above and below else None
