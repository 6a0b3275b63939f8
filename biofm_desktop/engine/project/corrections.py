"""How what the user changed is laid over the data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from biofm_desktop.engine.samples import ImageSample, LazyImage, Sample, SequenceSample

from .edits import Slot


def corrected(sample: Sample, values: Mapping[tuple[Slot, str], Any], mask: LazyImage | None) -> Sample:
    """Return the sample with the user's corrections laid over; ``mask`` is the corrected mask, if there is one."""
    changes: dict[str, Any] = {}
    for slot, name in ((Slot.TARGET, "target"), (Slot.SPLIT, "split"), (Slot.COLUMNS, "columns")):
        if (slot, sample.key) in values:
            changes[name] = values[slot, sample.key]
    if isinstance(sample, SequenceSample) and (Slot.FEATURES, sample.key) in values:
        changes["features"] = values[Slot.FEATURES, sample.key]
    if isinstance(sample, ImageSample):
        if (Slot.REGIONS, sample.key) in values:
            changes["regions"] = values[Slot.REGIONS, sample.key]
        if mask is not None:
            changes["mask"] = mask
    return replace(sample, **changes) if changes else sample
