"""Label pictures: pairing by size, their values, and whether these name classes or number objects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, LazyImage, Problem

from .entry import Entry
from .raster import Raster, mask_values
from .reading import format_of
from .told import problem_of

_LOOKED_AT, _LOOKED_AT_BLANK = 5, 50
_MOST_CLASSES = 20


@dataclass(frozen=True)
class Meaning:
    """What mask values mean: ``classes`` by value, ``instances`` numbered objects, ``scaled`` black and white."""

    classes: tuple[str, ...] = ()
    instances: bool = False
    scaled: bool = False


def mask_header(entry: Entry) -> ImageSample:
    """Return a label file's header as a sample; raise `Fault` where it is no image."""
    known = format_of(entry)
    if known is None or known.takes is not ImageSample:
        raise Fault(entry.name, "it is no label picture of a format that is known", "Save labels as PNG, TIFF or NIfTI")
    return next(sample for sample in known.read(entry, []) if isinstance(sample, ImageSample))


def with_mask(sample: ImageSample, image: Entry, label: Entry, problems: list[Problem]) -> ImageSample:
    """Return the image with its mask, or without it, and a problem, where the two do not fit."""
    try:
        header = mask_header(label)
    except Fault as fault:
        problems.append(problem_of(fault))
        return sample
    if header.spatial_shape != sample.spatial_shape:
        sizes = f"{_size(sample.spatial_shape)}, its label {label.name} {_size(header.spatial_shape)}"
        problems.append(Problem(image.name, f"the sizes differ: the image is {sizes}; it was opened without the label"))
        return sample
    dtype = header.pixels.dtype if header.pixels.dtype.kind in "ui" else np.dtype(np.int32)
    mask = LazyImage(header.spatial_shape, dtype, partial(raw_values, label, dtype.str))
    return replace(sample, mask=mask)


def _size(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))


def raw_values(entry: Entry, dtype: str = "") -> NDArray[Any]:
    """Return the values of a label file over the spatial axes; raise `Fault` where they are no whole numbers from 0."""
    known = format_of(entry)
    if isinstance(known, Raster):
        values = mask_values(entry)
    else:
        header = mask_header(entry)
        values = header.pixels.read()
        if "C" in header.axes:
            values = np.moveaxis(values, header.axes.index("C"), -1)
            if not (values == values[..., :1]).all():
                raise Fault(
                    entry.name, "its labels have several channels", "Save labels as one channel of class numbers"
                )
            values = values[..., 0]
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.rint(values)).all()):
        raise Fault(entry.name, "its labels are not whole numbers from 0", "Save class numbers from 0")
    if values.dtype.kind != "u" and values.size and values.min() < 0:
        raise Fault(entry.name, f"its labels go down to {values.min()}, below 0", "Save class numbers from 0")
    return values.astype(dtype or (values.dtype if values.dtype.kind in "ui" else np.int32), copy=False)


def class_values(entry: Entry, dtype: str, meaning: Meaning) -> NDArray[Any]:
    """Return the values of a label file as the whole set means them; raise `Fault` for a value beyond the classes."""
    values = raw_values(entry, dtype)
    if meaning.scaled:
        return (values > 0).astype(values.dtype)
    count = len(meaning.classes)
    if count and values.size and (highest := int(values.max())) >= count:
        fault = f"it holds the label {highest}, but the {count} classes end at {count - 1} ({meaning.classes[-1]})"
        raise Fault(entry.name, fault, "Mend the label, or add the class to classes.csv")
    return values


def meaning_of(labels: Sequence[Entry], classes: tuple[str, ...], counts_objects: bool) -> Meaning:
    """Say what the values of the masks mean.

    Black and white where only 0 and 255 (or 65535) occur in the masks looked at and at most two classes are named.
    Else classes where names are given; else objects, where an index counts them or one of those masks goes beyond 20;
    else classes without a name. The first five masks are looked at, more where these are blank.
    """
    met = _values_met(labels) if len(classes) in (0, 2) and not counts_objects else set()
    if met and (met <= {0, 255} or met <= {0, 65535}):
        return Meaning(classes or ("background", "foreground"), scaled=True)
    if classes:
        return Meaning(classes)
    if counts_objects or max(met, default=0) > _MOST_CLASSES:
        return Meaning(instances=True)
    return Meaning(("background", "foreground") if met == {0, 1} or met == {1} else ())


def _values_met(labels: Sequence[Entry]) -> set[int]:
    """Return the values other than blank that the first masks hold."""
    met: set[int] = set()
    for place, label in enumerate(labels[:_LOOKED_AT_BLANK]):
        if place >= _LOOKED_AT and met - {0}:
            break
        try:
            met.update(np.unique(raw_values(label)).tolist())
        except Fault:
            continue  # told when its sample is read
    return met if met - {0} else set()


def meant(sample: ImageSample, label: Entry, meaning: Meaning) -> ImageSample:
    """Return the sample with its mask read as the whole set means it."""
    if sample.mask is None:
        return sample
    load = partial(class_values, label, sample.mask.dtype.str, meaning)
    return replace(sample, mask=LazyImage(sample.mask.shape, sample.mask.dtype, load))
