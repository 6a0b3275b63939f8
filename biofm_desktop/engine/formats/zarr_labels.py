"""The labels of an OME-Zarr image: whole numbers of the image's size, in its folder ``labels``."""

from dataclasses import replace
from functools import partial

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .left_out import quoted, some
from .told import problem_of
from .zarr_array import ZarrArray, array_of
from .zarr_chunks import tell_chunks
from .zarr_files import ZarrFiles
from .zarr_node import node_at
from .zarr_pixels import Pick, pixels
from .zarr_space import leads_outside, levels_of


def with_labels(files: ZarrFiles, path: str, sample: ImageSample, problems: list[Problem]) -> ImageSample:
    """Return the image with the first of its labels that fit as its mask; the others are told."""
    place = f"{path}/labels" if path else "labels"
    group = node_at(files, place)
    if group is None:
        return sample
    ome = group.attributes["ome"] if isinstance(group.attributes.get("ome"), dict) else group.attributes
    names = [str(name) for name in ome.get("labels") or () if isinstance(name, str)]
    outside = [name for name in names if leads_outside(name)]
    if outside:
        message = f"its labels name a place outside its folder, which was not read: {some(map(quoted, outside))}"
        problems.append(Problem(files.what, message))
    for number, name in enumerate(names := [name for name in names if name not in outside]):
        try:
            array = _array(files, f"{place}/{name}", name, problems)
            mask = _mask(files, array, sample)
        except Fault as fault:
            problems.append(problem_of(fault))
            continue
        if len(names) > number + 1:
            message = f"only its labels {quoted(name)} are opened, not {some(map(quoted, names[number + 1 :]))}"
            problems.append(Problem(files.what, message))
        return replace(sample, mask=mask)
    return sample


def _array(files: ZarrFiles, path: str, name: str, problems: list[Problem]) -> ZarrArray:
    group = node_at(files, path)
    levels = levels_of(group.attributes) if group is not None else ()
    if not levels or leads_outside(levels[0]):
        raise Fault(files.what, f"its labels {quoted(name)} are missing or lie outside", "Save the labels anew")
    node = node_at(files, f"{path}/{levels[0]}")
    if node is None or not node.is_array:
        raise Fault(files.what, f"the array of its labels {quoted(name)} is missing", "Save the labels anew")
    array = array_of(files, node)
    if array.dtype.kind not in "buif" or array.dtype.kind == "f":
        fault = f"its labels {quoted(name)} must be whole numbers, not {array.dtype}"
        raise Fault(files.what, fault, "Save labels as whole numbers from 0")
    tell_chunks(files, array, problems)
    return array


def _mask(files: ZarrFiles, array: ZarrArray, sample: ImageSample) -> LazyImage:
    """Return the labels in the order of the image's axes of space; raise `Fault` where their sizes differ."""
    extra = len(array.shape) - len(sample.spatial_shape)
    if extra < 0 or array.shape[extra:] != sample.spatial_shape or any(size != 1 for size in array.shape[:extra]):
        fault = f"its labels have shape {array.shape}, the image {sample.spatial_shape}"
        raise Fault(files.what, fault, "Save labels of the image's size")
    pick = Pick((0,) * extra, tuple(range(len(sample.spatial_shape))))
    dtype = array.dtype.newbyteorder("=")
    return LazyImage(sample.spatial_shape, dtype, partial(pixels, files, array, pick))
