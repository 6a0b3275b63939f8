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

from .augmentation import GROUP
from .balanced import GROUP as BALANCE
from .balanced import BalancedTask, class_loss, weights_of
from .base import Item
from .crops import random_crop
from .intensity import INTENSITIES, common_channels, limits, scaled, shifted
from .picture_augmentation import IGNORED, PictureAugmentation, bent, retouched
from .recolouring import SLIGHT, WIDE, recoloured
from .thresholds import chosen, likeliest, shifted_by

if TYPE_CHECKING:
    from typing import Self

    from torch import Generator, Tensor

_BINARY = ("background", "foreground")
_LOOKED_AT = 40
_MOST_CROPS = 16
_MOST_TIMES = 4


@dataclass(frozen=True, kw_only=True)
class SemanticSegmentation(PictureAugmentation, BalancedTask):
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
        0.3, "Random zoom", low=0, high=0.8, help="Crops are zoomed by up to this share either way", group=GROUP
    )
    jitter: float = option(
        0.25,
        "Brightness and contrast",
        low=0,
        high=1,
        help="Contrast changes by up to this share either way, brightness by about half of it",
        group=GROUP,
    )
    intensity: str = option(
        "auto",
        "Brightness scale",
        choices=INTENSITIES,
        help="auto: percentiles 1 % to 99.8 % of each picture",
        advanced=True,
    )
    light: str = option(
        SLIGHT,
        "Random light and colour",
        choices=(SLIGHT, WIDE),
        help="How far crops are changed. slight: contrast and brightness a little, where values mean something, as in "
        "CT; wide: gamma, strength of the colours, noise and blur too, for several stains, microscopes or cameras",
        group=GROUP,
    )
    even: bool = option(
        False,
        "Even out kinds of pictures",
        help="Pictures of a rare size or number of channels, often of a rare kind, are drawn up to 4 times as often",
        group=BALANCE,
    )

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
        made = replace(
            self,
            classes=classes,
            values=values,
            channels=channels,
            scaling=preferred.scaling if preferred else self.scaling,
            rare=self._rare(samples) if self.even else {},
        )
        return replace(made, weights=made._pixel_weights(samples)) if self.balance else made

    def _pixel_weights(self, samples: Sequence[ImageSample]) -> tuple[float, ...]:
        """Return a weight for each class so that the training pixels of all classes count the same."""
        counts = np.zeros(self.outputs, np.int64)
        for sample in samples:
            if sample.split in ("train", "") and (found := self.counted(sample)) is not None:
                counts += found
        return weights_of(counts.tolist())

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

    def counted(self, sample: Sample) -> NDArray[np.int64] | None:
        """Return how many pixels each class has; None where nothing is painted."""
        assert isinstance(sample, ImageSample)
        if sample.mask is None:
            return None
        return np.bincount(self._indices(sample, sample.mask.read()).ravel(), minlength=self.outputs)

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Cut a random crop, zoomed, flipped, turned, bent, with other brightness and contrast, and retouched."""
        assert item.target is not None
        inputs, target = random_crop(item.inputs, item.target, self.crop, self.zoom, self.flips, generator)
        inputs, mask = bent(inputs, target, self, 0.0, generator)
        inputs = recoloured(inputs, self.scaling, self.light, self.jitter, self.invert, generator)
        return Item(*retouched(inputs, mask, self, self.scaling, generator))

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return cross-entropy plus Dice loss (Milletari et al., 3DV 2016), ignored pixels left out."""
        from segmentation_models_pytorch.losses import DiceLoss

        truth = target.long()
        dice = DiceLoss("multiclass", classes=list(range(1, self.outputs)), ignore_index=IGNORED)
        loss: Tensor = class_loss(output, truth, weights=self.weights, gamma=self.focal, ignored=IGNORED)
        return loss + dice(output, truth)

    def compact(self, output: "Tensor") -> "Tensor":
        """Return the likeliest class of each pixel, (Y, X) uint8."""
        from torch import uint8

        return likeliest(shifted_by(output, self.offsets)).to(uint8)

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
        certainty, mask = chosen(output, self.offsets)
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


def _confusion(said: NDArray[Any], truth: NDArray[Any], size: int) -> NDArray[np.int64]:
    kept = truth != IGNORED
    return np.bincount(truth[kept].astype(np.int64) * size + said[kept], minlength=size * size).reshape(size, size)


def _overlap(table: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Dice and IoU of each class but background; NaN for a class that is neither there nor said."""
    hit, said, truth = np.diag(table)[1:], table.sum(0)[1:], table.sum(1)[1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * hit / (said + truth), hit / (said + truth - hit)
