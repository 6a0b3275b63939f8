"""What a run says of pinned samples after each epoch: a small file an epoch in its folder ``previews``."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .faults import Fault, system_fault
from .files import read_json, write_json, write_with
from .predictions import ClassPrediction, CurvePrediction, MaskPrediction, Prediction, ValuePrediction
from .samples import ImageSample, Sample

FOLDER, EPOCH = "previews", "epoch-{:04d}.json"
#: Each costs a prediction an epoch.
MOST_PINNED = 8
#: Of a larger picture the middle part of so many pixels a side is predicted; of a kept mask so many remain.
_PREDICTED, _KEPT = 1024, 512
_POINTS = 1000
_VERSION = 1
#: First and last but one index of each axis; empty: all of it.
Part = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a model said of one sample after an epoch, in a form that takes little room.

    ``shares`` are probabilities of classes, or shares of a picture's pixels, from 0 to 1; ``value`` is a number where
    one was predicted; ``curve`` are scores along a sequence, thinned out. ``mask`` names a PNG of class indices beside
    the file, every so many pixels (`step_of`) of the ``part`` of the sample; ``classes`` name them.
    """

    epoch: int
    key: str
    text: str
    confidence: float | None = None
    shares: dict[str, float] = field(default_factory=dict)
    value: float | None = None
    unit: str = ""
    curve: tuple[float | None, ...] = ()
    mask: str = ""
    classes: tuple[str, ...] = ()
    part: Part = ()


def pinned_of(samples: Sequence[Sample], keys: Iterable[str]) -> list[Sample]:
    """Return the samples of these keys; raise `Fault` where one is missing or there are too many."""
    known, wanted = {sample.key: sample for sample in samples}, list(dict.fromkeys(keys))
    if missing := [key for key in wanted if key not in known]:
        raise Fault(f"sample {missing[0]}", "the data has none of this name", "Name keys as 'biofm inspect' lists them")
    if len(wanted) > MOST_PINNED:
        raise Fault(
            f"{len(wanted)} pinned samples",
            f"each is predicted after every epoch, so that {MOST_PINNED} are the most",
            "Pin fewer samples",
        )
    return [known[key] for key in wanted]


def part_of(sample: Sample) -> Part:
    """Return which part of a sample is predicted; of a volume one slice: the one with most labelled pixels."""
    if not isinstance(sample, ImageSample):
        return ()
    middle = [(max(0, (size - _PREDICTED) // 2), min(size, (size + _PREDICTED) // 2)) for size in sample.spatial_shape]
    if len(middle) > 2:
        marked = None if sample.mask is None else np.count_nonzero(sample.mask.read(), axis=(1, 2))
        z = sample.spatial_shape[0] // 2 if marked is None or not marked.any() else int(marked.argmax())
        middle[0] = z, z + 1
    return tuple(middle)


def step_of(part: Part) -> int:
    """Return how many pixels of the part one pixel of a kept mask stands for, along an axis."""
    return max(1, *(-(-(last - first) // _KEPT) for first, last in part[-2:])) if part else 1


def as_slices(part: Part) -> tuple[slice, ...]:
    """Return what cuts the part out of an array of the spatial axes."""
    return tuple(slice(first, last) for first, last in part)


def look_of(prediction: Prediction, epoch: int, part: Part = ()) -> Look:
    """Return a prediction without its arrays."""
    look = Look(epoch=epoch, key=prediction.key, text=prediction.text, confidence=prediction.confidence, part=part)
    match prediction:
        case ClassPrediction(probabilities=probabilities):
            return replace(look, shares=dict(probabilities))
        case ValuePrediction(value=value, unit=unit):
            return replace(look, value=value, unit=unit)
        case MaskPrediction(shares=shares, classes=classes):
            return replace(look, shares=dict(shares or {}), classes=classes)
        case CurvePrediction(scores=scores):
            thin = np.asarray(scores, float)[:: max(1, -(-len(scores) // _POINTS))].round(5)
            return replace(look, curve=tuple(float(score) if np.isfinite(score) else None for score in thin))


def write_looks(run: Path, epoch: int, made: Sequence[tuple[Prediction, Part]]) -> tuple[Path, list[Look]]:
    """Write what was said after an epoch, masks first; raise `Fault` where the disk does not let us."""
    path, looks = run / FOLDER / EPOCH.format(epoch), list[Look]()
    for number, (prediction, part) in enumerate(made, 1):
        look = look_of(prediction, epoch, part)
        if isinstance(prediction, MaskPrediction):
            look = replace(look, mask=f"{path.stem}-{number}.png")
            _write_mask(path.parent / look.mask, prediction.mask, step_of(part))
        looks.append(look)
    write_json(path, {"version": _VERSION, "looks": [asdict(look) for look in looks]}, room="checkpoint")
    return path, looks


def read_looks(path: Path) -> list[Look]:
    """Return what was said after an epoch; raise `Fault` where the file cannot be read."""
    values = read_json(path)
    try:
        return [_look(entry) for entry in values["looks"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Fault(path, "a preview cannot be read", "Train again to have it again", detail=str(error)) from None


def looks_of(run: Path) -> list[Look]:
    """Return what a run's folder keeps of all its epochs, in order; files that cannot be read are left out."""
    found = list[Look]()
    for path in sorted((run / FOLDER).glob(EPOCH.format(0).replace("0000", "*"))):
        try:
            found += read_looks(path)
        except Fault:
            continue
    return sorted(found, key=lambda look: look.epoch)


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Return a mask that was kept, (Y, X); raise `Fault` where it cannot be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if max(picture.size) > _KEPT:
                raise Fault(path, "it is larger than a preview can be", "Train again to have it again")
            return np.asarray(picture.convert("L"))
    except UnidentifiedImageError as error:
        raise Fault(path, "it is no PNG", "Train again to have it again", detail=str(error)) from None
    except OSError as error:
        raise system_fault(path, error) from error


def _write_mask(path: Path, mask: NDArray[Any], step: int) -> None:
    from PIL import Image

    flat = np.asarray(mask)
    flat = np.ascontiguousarray(flat.reshape(flat.shape[-2:])[::step, ::step].astype(np.uint8))
    write_with(path, lambda aside: Image.fromarray(flat).save(aside, "PNG"), room="checkpoint")


def _look(values: dict[str, Any]) -> Look:
    look = Look(**values)
    if not all(isinstance(number, int) for number in (look.epoch, *np.ravel(look.part).tolist())):
        raise ValueError("an epoch or a place is no whole number")
    if Path(look.mask).name != look.mask:
        raise ValueError(f"{look.mask!r} does not lie beside it")
    return replace(
        look,
        key=str(look.key),
        text=str(look.text),
        confidence=None if look.confidence is None else float(look.confidence),
        shares={str(name): float(share) for name, share in look.shares.items()},
        value=None if look.value is None else float(look.value),
        curve=tuple(None if score is None else float(score) for score in look.curve),
        classes=tuple(map(str, look.classes)),
        part=tuple((first, last) for first, last in look.part),
    )
