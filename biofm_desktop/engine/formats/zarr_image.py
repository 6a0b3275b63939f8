"""Zarr of version 2 and 3, and OME-Zarr 0.1 to 0.5: a folder ``.zarr`` (or one in a .zip), each image read lazily."""

from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .base import Format
from .entry import Entry
from .keys import natural
from .left_out import quoted
from .numpy_arrays import image_of
from .told import problem_of
from .zarr_array import ZarrArray, array_of
from .zarr_chunks import tell_chunks
from .zarr_entry import ENDING, MARKS
from .zarr_files import ZarrFiles
from .zarr_labels import with_labels
from .zarr_node import Node, node_at
from .zarr_pixels import Pick, pixels
from .zarr_space import Multiscale, leads_outside, levels_of, multiscale_of, spacing_of

_MOST_NODES = 10_000
_DEEPEST = 6
_SHOWN_LEVELS = 12
_COPY = "Get a sound copy of it"


class Zarr(Format):
    """Each multiscale image at its finest level, with its labels; each array of two or three axes elsewhere."""

    name, title, suffixes, takes = "zarr", "Zarr or OME-Zarr", (ENDING,), ImageSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether the file is the one that makes its folder a Zarr."""
        return PurePosixPath(entry.member or entry.source.name).name in MARKS

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[ImageSample]:
        """Give the images."""
        files = ZarrFiles(entry)
        top = node_at(files, "")
        if top is None:
            raise Fault(entry.name, "it is no Zarr: it has no metadata", _COPY)
        if str(top.attributes.get("encoding-type", "")) == "anndata":
            raise Fault(entry.name, "it is AnnData in a Zarr, which is not opened", "Save it as .h5ad")
        images = 0
        for node in _images(files, top):
            try:
                yield _image(files, node, problems)
                images += 1
            except Fault as fault:
                if node is top:
                    raise
                problems.append(problem_of(fault))
        if not images and top.is_array is False and not problems:
            raise Fault(entry.name, "it holds no image", "Choose another folder")


def _images(files: ZarrFiles, top: Node) -> Iterator[Node]:
    """Give the multiscale groups and the bare arrays, outer ones before inner ones."""
    waiting, met = [(top, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        met += 1
        if node.is_array or levels_of(node.attributes):
            yield node
            continue
        if depth == _DEEPEST or met > _MOST_NODES:
            continue
        below = sorted(files.folders(node.path), key=natural, reverse=True)
        for name in below:
            inner = node_at(files, f"{node.path}/{name}" if node.path else name)
            if inner is not None:
                waiting.append((inner, depth + 1))


def _image(files: ZarrFiles, node: Node, problems: list[Problem]) -> ImageSample:
    if node.is_array:
        return _bare(files, node, problems)
    met: list[Problem] = []
    levels = levels_of(node.attributes)
    array = _level(files, node.path, levels[0])
    image = multiscale_of(files, node.attributes, len(array.shape), met)
    pick, axes = _pick(files, image, array, met)
    tell_chunks(files, array, met)
    shape = tuple(array.shape[place] for place in _kept(pick, len(array.shape)))
    shape = tuple(shape[place] for place in pick.order)
    spacing = spacing_of(files, image, axes, met)
    sample = ImageSample(
        key="_".join([_stem(files), *node.path.split("/")]) if node.path else _stem(files),
        source=files.root,
        pixels=LazyImage(shape, array.dtype.newbyteorder("="), partial(pixels, files, array, pick)),
        axes=axes,
        spacing=spacing,
        unit="µm" if spacing else "pixel",
        channels=_channels(node, shape[axes.index("C")]) if "C" in axes else (),
        facts={"array": array.path, "levels": _levels(files, node.path, levels)},
    )
    sample = with_labels(files, node.path, sample, met)
    problems += met
    return sample


def _stem(files: ZarrFiles) -> str:
    return PurePosixPath(files.what).name.removesuffix(ENDING).removesuffix(".ome")


def _level(files: ZarrFiles, path: str, level: str) -> ZarrArray:
    if leads_outside(level):
        fault = f"a path of its images is an address or leads outside its folder: {quoted(level)}; nothing was read"
        raise Fault(files.what, fault, "Put all its parts into one folder")
    node = node_at(files, f"{path}/{level}" if path else level)
    if node is None or not node.is_array:
        raise Fault(files.what, f"the image {quoted(level)} that its metadata name is missing", _COPY)
    return array_of(files, node)


def _levels(files: ZarrFiles, path: str, levels: tuple[str, ...]) -> str:
    """Return the sizes of the levels for people; those that cannot be read are named so."""
    told = []
    for level in levels[:_SHOWN_LEVELS]:
        try:
            told.append(f"{level}: {' x '.join(map(str, _level(files, path, level).shape))}")
        except Fault:
            told.append(f"{level}: missing")
    return "; ".join(told)


def _pick(files: ZarrFiles, image: Multiscale, array: ZarrArray, problems: list[Problem]) -> tuple[Pick, str]:
    """Return which part is opened and its axes: no more than channels, depth, height and width."""
    if "y" not in image.axes or "x" not in image.axes:
        raise Fault(files.what, f"its axes ({', '.join(image.axes)}) are not those of an image", _COPY)
    size = dict(zip(image.axes, array.shape))
    names = image.axes
    first: dict[str, int] = {}
    if size.get("z") == 1:
        first["z"] = 0
    if "t" in size and size["t"] > 1 and size.get("z", 1) == 1:
        names = names.replace("z", "-").replace("t", "z")
        first.pop("z", None)
        problems.append(Problem(files.what, f"its {size['t']} points in time are shown as planes of a stack"))
        picked = tuple(0 if name == "-" else None for name in names)
    else:
        if size.get("t", 1) > 1:
            problems.append(Problem(files.what, f"only the first of its {size['t']} points in time is opened"))
        first |= {"t": 0} if "t" in size else {}
        picked = tuple(first.get(name) for name in names)
    kept = [name for name, at in zip(names, picked) if at is None]
    axes = [axis for axis in "czyx" if axis in kept]
    return Pick(picked, tuple(kept.index(axis) for axis in axes)), "".join(axes).upper()


def _kept(pick: Pick, count: int) -> list[int]:
    return [place for place in range(count) if place >= len(pick.first) or pick.first[place] is None]


def _channels(node: Node, count: int) -> tuple[str, ...]:
    ome = node.attributes["ome"] if isinstance(node.attributes.get("ome"), dict) else node.attributes
    try:
        names = tuple(str(channel["label"]) for channel in ome["omero"]["channels"])
    except (KeyError, TypeError):
        return ()
    return names if len(names) == count > 1 else ()


def _bare(files: ZarrFiles, node: Node, problems: list[Problem]) -> ImageSample:
    """Return an array without OME metadata."""
    array = array_of(files, node)
    pick = Pick((), tuple(range(len(array.shape))))
    entry = Entry(PurePosixPath(f"{_stem(files)}{ENDING}"), files.root, 0)
    load = partial(pixels, files, array, pick)
    try:
        sample = image_of(entry, node.path, array.shape, array.dtype.newbyteorder("="), load)
    except Fault as fault:
        raise Fault(files.what, fault.fault, fault.way_out, place=fault.place) from None
    tell_chunks(files, array, problems)
    return sample
