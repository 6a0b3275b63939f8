"""Semantic segmentation: a class for every pixel."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import option
from biofm_desktop.engine.predictions import MaskPrediction
from biofm_desktop.engine.samples import Dataset, Grain, ImageSample, InputSpec, Sample

from .base import Item, Task
from .intensity import INTENSITIES, common_channels, limits, scaled, shifted
from .recolouring import SLIGHT, WIDE, recoloured

if TYPE_CHECKING:
    from typing import Self

    from torch import Generator, Tensor

#: Target value of pixels that are not learnt from (padding).
IGNORED = 255
_BINARY = ("background", "foreground")
_LOOKED_AT = 40
_MOST_CROPS = 16
_MOST_TIMES = 4


@dataclass(frozen=True, kw_only=True)
class SemanticSegmentation(Task):
    """Say for each pixel what it shows. Volumes are learnt and predicted slice by slice."""

    name: ClassVar[str] = "semantic-segmentation"
    title: ClassVar[str] = "Semantic segmentation"
    help: ClassVar[str] = (
        "A class for every pixel: outline nuclei, tissue or organs. Needs some pictures with painted labels."
    )
    takes: ClassVar[type[Sample]] = ImageSample
    grain: ClassVar[Grain] = Grain.PIXEL
    metric: ClassVar[str] = "dice"
    recipe: ClassVar[dict[str, float]] = {"steps": 700, "batch_size": 8, "learning_rate": 1.5e-3}

    crop: int = option(
        128,
        "Crop size",
        low=32,
        high=1024,
        unit="px",
        help="Random crops of this size are trained on; a multiple of 32",
    )
    zoom: float = option(
        0.3, "Random zoom", low=0, high=0.8, help="Crops are zoomed by up to this share either way", advanced=True
    )
    intensity: str = option(
        "auto",
        "Brightness scale",
        choices=INTENSITIES,
        help="auto: percentiles 1 % to 99.8 % of each picture",
        advanced=True,
    )
    invert: bool = option(
        False,
        "Random inversion",
        help="Half the crops are shown as negatives, so that bright and dark objects are both found",
        advanced=True,
    )
    light: str = option(
        SLIGHT,
        "Random light and colour",
        choices=(SLIGHT, WIDE),
        help="How far crops are changed. slight: contrast and brightness a little, where values mean something, as in "
        "CT; wide: gamma, strength of the colours, noise and blur too, for several stains, microscopes or cameras",
        advanced=True,
    )
    even: bool = option(
        False,
        "Even out kinds of pictures",
        help="Pictures of a rare size or number of channels, often of a rare kind, are drawn up to 4 times as often",
        advanced=True,
    )

    classes: tuple[str, ...] = ()
    values: tuple[int, ...] = ()
    channels: int = 3
    scaling: str = "unit"
    rare: dict[str, int] = field(default_factory=dict)

    def for_dataset(self, dataset: Dataset, preferred: InputSpec | None = None) -> "Self":
        """Find the classes and channels; raise `Fault` where nothing is painted."""
        samples = tuple(s for s in dataset if isinstance(s, ImageSample))
        if self.crop % 32:
            raise Fault("option --crop", f"{self.crop} is not a multiple of 32", f"Give {round(self.crop / 32) * 32}")
        classes, values = (self.classes, self.values) if self.classes else _classes_of(dataset, samples)
        channels = common_channels(samples, preferred.channels if preferred else None)
        return replace(
            self,
            classes=classes,
            values=values,
            channels=channels,
            scaling=preferred.scaling if preferred else self.scaling,
            rare=self._rare(samples) if self.even else {},
        )

    def grown(self, dataset: Dataset) -> "Self":
        """Return the task with the data's further classes, where its list begins with those that it knows."""
        known, listed = self.classes, dataset.classes
        begins = listed[: len(known)] == known or (known == _BINARY and not self.values)
        if dataset.instances or len(listed) <= len(known) or not begins or self.values not in ((), _places(known)):
            return self
        return replace(self, classes=listed, values=_places(listed))

    @property
    def inputs(self) -> InputSpec:
        """Return the crop that is fed while training."""
        return InputSpec(self.channels, (self.crop, self.crop), self.scaling)

    @property
    def outputs(self) -> int:
        """Return the number of classes, background included."""
        return len(self.classes)

    def encode(self, sample: Sample) -> list[Item]:
        """Return for each slice (channels, Y, X) float32 and its classes (Y, X) uint8 (None: not painted)."""
        assert isinstance(sample, ImageSample)
        planes = sample.planes()
        bounds = self.bounds(planes)
        mask = None if sample.mask is None else self._indices(sample, sample.mask.read())
        if planes.ndim == 3:
            return [self._item(planes, bounds, mask)]
        return [self._item(planes[:, z], bounds, None if mask is None else mask[z]) for z in range(planes.shape[1])]

    def labelled(self, sample: Sample) -> bool:
        """Say whether a picture is painted."""
        return isinstance(sample, ImageSample) and sample.mask is not None

    def draws(self, sample: Sample) -> int:
        """Return enough crops to see each pixel about once an epoch, at most 16 a slice; more of a rare kind."""
        assert isinstance(sample, ImageSample)
        return self._crops(sample) * self.rare.get(_kind(sample), 1)

    def _crops(self, sample: ImageSample) -> int:
        *slices, height, width = sample.spatial_shape
        crops = min(_MOST_CROPS, max(1, round(height * width / self.crop**2)))
        return crops * (slices[0] if slices else 1)

    def _rare(self, samples: tuple[ImageSample, ...]) -> dict[str, int]:
        """Return how many times as often the pictures of rare kinds are drawn: by the root of how rare they are."""
        crops = Counter[str]()
        for sample in samples:
            if sample.mask is not None and sample.split in ("", "train"):
                crops[_kind(sample)] += self._crops(sample)
        most = max(crops.values(), default=1)
        times = {kind: min(_MOST_TIMES, round((most / count) ** 0.5)) for kind, count in crops.items()}
        return {kind: n for kind, n in times.items() if n > 1}

    def bounds(self, planes: NDArray[Any]) -> tuple[float, float]:
        """Return the values of a whole picture or volume, channels first, that become 0 and 1."""
        return limits(planes, "percentiles" if self.intensity == "auto" else self.intensity)

    def window(self, planes: NDArray[Any], bounds: tuple[float, float]) -> "Tensor":
        """Return what is fed for a part (C, Y, X) of a picture: (channels, Y, X) float32."""
        return shifted(scaled(planes, bounds, self.channels), self.scaling)

    def _item(self, planes: NDArray[Any], bounds: tuple[float, float], mask: NDArray[Any] | None) -> Item:
        from torch import from_numpy

        target = None if mask is None else from_numpy(np.ascontiguousarray(mask))
        return Item(self.window(planes, bounds), target)

    def _indices(self, sample: ImageSample, mask: NDArray[Any]) -> NDArray[np.uint8]:
        """Turn mask values into class indices; raise `Fault` for a value that no class has."""
        if mask.shape != sample.spatial_shape:
            raise Fault(
                sample.source or sample.key,
                f"its label is {mask.shape} pixels, the picture {sample.spatial_shape}",
                "Make both the same size",
            )
        if not self.values:
            return (mask != 0).astype(np.uint8)
        unknown = np.setdiff1d(np.unique(mask), self.values)
        if unknown.size:
            raise Fault(
                sample.source or sample.key,
                f"its label holds the value {unknown[0]}, which none of the {len(self.values)} classes has",
                "Add a class for it or correct the label",
            )
        return np.searchsorted(self.values, mask).astype(np.uint8)

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Cut a random crop, zoomed, flipped, turned by quarters, with other brightness and contrast."""
        assert item.target is not None
        inputs, target = _random_crop(item.inputs, item.target, self.crop, self.zoom, generator)
        return Item(recoloured(inputs, self.scaling, self.light, self.invert, generator), target)

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return cross-entropy plus Dice loss (Milletari et al., 3DV 2016), ignored pixels left out."""
        from segmentation_models_pytorch.losses import DiceLoss
        from torch.nn.functional import cross_entropy

        truth = target.long()
        dice = DiceLoss("multiclass", classes=list(range(1, self.outputs)), ignore_index=IGNORED)
        loss: Tensor = cross_entropy(output, truth, ignore_index=IGNORED) + dice(output, truth)
        return loss

    def compact(self, output: "Tensor") -> "Tensor":
        """Return the likeliest class of each pixel, (Y, X) uint8."""
        from torch import uint8

        return output.argmax(0).to(uint8)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return Dice by picture and over all pixels, IoU over all pixels, and the share of pixels that are right.

        Each is the mean over the classes but background that are there or said.
        """
        size = self.outputs
        tables = np.array([_confusion(o.numpy(), t.numpy(), size) for o, t in zip(outputs, targets)])
        dice, iou = _overlap(tables.sum(0))
        by_picture = [np.nanmean(_overlap(table)[0]) for table in tables if table[1:].sum() + table[:, 1:].sum() > 0]
        total = tables.sum(0)
        scores = {
            "dice": float(np.mean(by_picture)) if by_picture else 0.0,
            "dice_over_pixels": float(np.nanmean(dice)) if np.isfinite(dice).any() else 0.0,
            "iou": float(np.nanmean(iou)) if np.isfinite(iou).any() else 0.0,
            "pixel_accuracy": float(np.trace(total) / max(total.sum(), 1)),
        }
        if size > 2:
            scores |= {f"dice_{name}": float(d) for name, d in zip(self.classes[1:], dice) if np.isfinite(d)}
        return scores

    def decode(self, output: "Tensor", sample: Sample) -> MaskPrediction:
        """Return the likeliest class of each pixel of one flat picture, from logits (classes, Y, X)."""
        assert isinstance(sample, ImageSample)
        certainty, mask = output.float().softmax(0).max(0)
        return mask_prediction(
            sample, mask.numpy().astype(np.uint8), (certainty.numpy() * 255).round().astype(np.uint8), self.classes
        )


def mask_prediction(
    sample: ImageSample, mask: NDArray[Any], certainty: NDArray[np.uint8], classes: tuple[str, ...]
) -> MaskPrediction:
    """Return the prediction with its figures, counted slice by slice so that memory-mapped arrays stay on disk."""
    counts, sure = np.zeros(len(classes), np.int64), 0.0
    for part, shade in zip(mask, certainty):
        counts += np.bincount(part.ravel(), minlength=len(classes))[: len(classes)]
        sure += float(shade.sum(dtype=np.float64))
    shares = {name: float(count / max(mask.size, 1)) for name, count in zip(classes[1:], counts[1:]) if count}
    confidence = sure / max(certainty.size, 1) / 255
    return MaskPrediction(
        sample.key, mask, certainty, classes, confidence, sample.spacing, sample.unit, sample.affine, shares
    )


def _places(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(range(len(names)))


def _classes_of(dataset: Dataset, samples: tuple[ImageSample, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    painted = [s for s in samples if s.mask is not None]
    if not painted:
        raise Fault(dataset.name, "no picture has a painted label", "Paint labels on some pictures, then train")
    if dataset.instances:
        return _BINARY, ()
    if dataset.classes:
        return dataset.classes, tuple(range(len(dataset.classes)))
    step = max(1, len(painted) // _LOOKED_AT)
    met: set[int] = set()
    for sample in painted[::step]:
        assert sample.mask is not None
        met |= {int(v) for v in np.unique(sample.mask.read())}
    if met == {0}:
        raise Fault(dataset.name, "all labels are background", "Paint at least one object, then train")
    if len(met - {0}) == 1:
        return _BINARY, ()
    values = tuple(range(max(met) + 1)) if max(met) < 2 * len(met) else tuple(sorted(met | {0}))
    if len(values) >= IGNORED:
        return _BINARY, ()
    return ("background", *(f"class {value}" for value in values[1:])), values


def _kind(sample: ImageSample) -> str:
    """Return what pictures of one instrument mostly have in common: "channels x size"."""
    return "x".join(map(str, (sample.channel_count, *sample.spatial_shape)))


def _random_crop(
    inputs: "Tensor", target: "Tensor", size: int, zoom: float, generator: "Generator"
) -> "tuple[Tensor, Tensor]":
    from torch import rand, randint
    from torch.nn.functional import interpolate, pad

    factor = float((1 + zoom) ** (2 * rand(1, generator=generator) - 1))
    taken = max(8, round(size / factor))
    short = [max(0, taken - n) for n in inputs.shape[-2:]]
    if any(short):
        inputs = pad(inputs, (0, short[1], 0, short[0]))
        target = pad(target, (0, short[1], 0, short[0]), value=IGNORED)
    top, left = (int(randint(n - taken + 1, (1,), generator=generator)) for n in inputs.shape[-2:])
    inputs = inputs[:, top : top + taken, left : left + taken]
    target = target[top : top + taken, left : left + taken]
    if taken != size:
        inputs = interpolate(inputs[None], (size, size), mode="bilinear", antialias=taken > size)[0]
        target = interpolate(target[None, None].float(), (size, size), mode="nearest")[0, 0].to(target.dtype)
    if rand(1, generator=generator) < 0.5:
        inputs, target = inputs.flip(-1), target.flip(-1)
    turns = int(randint(4, (1,), generator=generator))
    return inputs.rot90(turns, (-2, -1)), target.rot90(turns, (-2, -1))


def _confusion(said: NDArray[Any], truth: NDArray[Any], size: int) -> NDArray[np.int64]:
    kept = truth != IGNORED
    return np.bincount(truth[kept].astype(np.int64) * size + said[kept], minlength=size * size).reshape(size, size)


def _overlap(table: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Dice and IoU of each class but background; NaN for a class that is neither there nor said."""
    hit, said, truth = np.diag(table)[1:], table.sum(0)[1:], table.sum(1)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * hit / (said + truth), hit / (said + truth - hit)
