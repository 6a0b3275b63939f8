"""The names of classes that stand in the labels themselves, and their change."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from biofm_desktop.engine.samples import ImageSample, Sample

from .edits import Slot


def named_by_labels(samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the classes that targets name, else those that marked regions name, else those of a mask."""
    names = {sample.target for sample in samples if isinstance(sample.target, str)}
    images = [sample for sample in samples if isinstance(sample, ImageSample)]
    if not names and not any(image.mask is not None for image in images):
        names = {region.label for image in images for region in image.regions if region.label}
    return tuple(sorted(names)) or (("background", "foreground") if images else ())


def renamed(samples: Sequence[Sample], old: str, new: str) -> Iterable[tuple[Slot, str, Any]]:
    """Yield each slot that states a class with what it becomes under the new name."""
    for sample in samples:
        if sample.target == old:
            yield Slot.TARGET, sample.key, new
        regions = sample.regions if isinstance(sample, ImageSample) else ()
        if any(region.label == old for region in regions):
            named = (replace(region, label=new) if region.label == old else region for region in regions)
            yield Slot.REGIONS, sample.key, tuple(named)
