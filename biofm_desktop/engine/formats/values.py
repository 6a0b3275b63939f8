"""The values that ``biofm inspect`` tells of a dataset, by the kind of its samples; images are read for it."""

from functools import singledispatch
from typing import Any

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Dataset, ImageSample, Sample, SequenceSample

from .limits import in_words

_MOST_READ = 256_000_000
_SAMPLES_READ = 2_000


def values_of(dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    """Return what a dataset holds in JSON values; what is wrong with its pixels is added to ``messages``."""
    value: dict[str, Any] = {"kind": dataset.kind.__name__, "samples": len(dataset), "classes": list(dataset.classes)}
    return value | values_of_kind(dataset.samples[0], dataset, messages)


@singledispatch
def values_of_kind(first: Sample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    """Return what is told of samples of the kind of ``first``; each kind registers its own."""
    return {}


@values_of_kind.register
def _sequences(first: SequenceSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    samples = [sample for sample in dataset if isinstance(sample, SequenceSample)]
    value: dict[str, Any] = {"records": len(samples), "lengths": [len(s) for s in samples[:100]]}
    value |= {"alphabet": first.alphabet, "length": len(first)}
    if first.features:
        value["feature"] = [first.features[0].start + 1, first.features[0].end]
    return value


@values_of_kind.register
def _read_images(first: ImageSample, dataset: Dataset, messages: list[str]) -> dict[str, Any]:
    """Read the pixels of the samples, tell what is wrong with them, and return what the first one holds."""
    value: dict[str, Any] = {}
    faults = 0
    for place, sample in enumerate([s for s in dataset.samples[:_SAMPLES_READ] if isinstance(s, ImageSample)]):
        if sample.pixels.nbytes > _MOST_READ:
            messages.append(f"{sample.key}: its size is {in_words(sample.pixels.nbytes)}; only its header was checked.")
            pixels = None
        else:
            try:
                pixels = sample.pixels.read()
                messages += _not_finite(sample.key, pixels)
                if sample.mask is not None:
                    sample.mask.read()
            except Fault as fault:
                faults += 1
                messages.append(fault.message)
                if faults == len(dataset):
                    raise
                pixels = None
        if place == 0:
            value = _facts(sample, pixels)
    arrays = [
        sample.facts["array"] for sample in dataset if isinstance(sample, ImageSample) and "array" in sample.facts
    ]
    return value | ({"arrays": arrays} if arrays else {})


def _not_finite(key: str, pixels: "np.ndarray[Any, Any]") -> list[str]:
    if pixels.dtype.kind != "f" or (finite := np.isfinite(pixels)).all():
        return []
    return [f"{key}: {int((~finite).sum()):,} pixels are not finite (NaN or infinite); statistics leave them out."]


def _facts(sample: ImageSample, pixels: "np.ndarray[Any, Any] | None") -> dict[str, Any]:
    """Return shape and a corner of the pixels; volumes with an affine in the file's order X, Y, Z."""
    turned = bool(sample.affine) or "order in the file" in sample.facts
    volume = turned and len(sample.axes) == 3 and "C" not in sample.axes
    shape = sample.pixels.shape
    value: dict[str, Any] = {"shape": list(shape[::-1] if volume else shape), "dtype": str(sample.pixels.dtype)}
    value |= {"axes": sample.axes, "spacing": list(sample.spacing), "unit": sample.unit}
    if sample.unit == "µm" and sample.spacing:
        value["pixel_size_um"] = round(sample.spacing[-1], 9)
    if pixels is None:
        return value
    if volume:
        value |= {f"voxel_{x}_0_0": pixels[0, 0, x].item() for x in range(min(4, pixels.shape[2]))}
    elif pixels.ndim == 2:
        rows, columns = (min(4, size) for size in pixels.shape)
        ending = "_hu" if sample.facts.get("values") == "HU" else ""
        name = "element" if "array" in sample.facts else "pixel"
        value |= {f"{name}_{y}_{x}{ending}": pixels[y, x].item() for y in range(rows) for x in range(columns)}
    return value
