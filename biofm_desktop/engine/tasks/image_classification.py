"""Image classification: one class for a whole picture."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import option
from biofm_desktop.engine.samples import Dataset, ImageSample, InputSpec, Sample

from .augmentation import GROUP
from .base import Item
from .class_task import ClassTask
from .intensity import INTENSITIES, common_channels, limits, scaled, shifted, unshifted
from .picture_augmentation import PictureAugmentation, bent, retouched

if TYPE_CHECKING:
    from typing import Self

    from torch import Generator, Tensor

_LARGEST = 224
#: Pictures up to this size (px) are not flipped unless asked for: they are often digits or the like.
_TINY = 28


@dataclass(frozen=True, kw_only=True)
class ImageClassification(PictureAugmentation, ClassTask):
    """Say which class a picture belongs to."""

    name: ClassVar[str] = "image-classification"
    title: ClassVar[str] = "Image classification"
    help: ClassVar[str] = "One class for each picture: a cell type, healthy or ill. Needs pictures sorted into classes."
    takes: ClassVar[type[Sample]] = ImageSample
    recipe: ClassVar[dict[str, float]] = {"steps": 1500, "batch_size": 32, "learning_rate": 1e-3}

    size: int = option(
        0, "Picture size", low=0, high=1024, unit="px", help="Pictures are resized to this; 0: chosen for you"
    )
    shift: float = option(
        0.0715, "Shift", low=0, high=0.5, help="Moved by up to this share of the side either way", group=GROUP
    )
    intensity: str = option(
        "auto",
        "Brightness scale",
        choices=INTENSITIES,
        help="range: 0 to the largest value of the file type; percentiles: 1 % to 99.8 % of each picture",
        advanced=True,
    )

    channels: int = 3
    scaling: str = "unit"

    def for_dataset(self, dataset: Dataset, preferred: InputSpec | None = None) -> "Self":
        """Find the classes, the channels and the size; raise `Fault` where there are fewer than two classes."""
        samples = tuple(s for s in dataset if isinstance(s, ImageSample))
        deep = next((s for s in samples if len(s.spatial_shape) > 2), None)
        if deep is not None:
            raise Fault(
                deep.source or deep.key,
                f"it is a volume of {deep.spatial_shape} voxels",
                "Image classification takes flat pictures; export slices or choose segmentation",
            )
        largest = max((max(s.spatial_shape) for s in samples), default=64)
        size = self.size or (max(preferred.size) if preferred and preferred.size else min(_LARGEST, max(28, largest)))
        return replace(
            self.with_classes(dataset),
            channels=common_channels(samples, preferred.channels if preferred else None),
            scaling=preferred.scaling if preferred else self.scaling,
            size=size,
            flips=self.flips if self.flips != "auto" else ("all" if largest > _TINY else "none"),
        )

    @property
    def inputs(self) -> InputSpec:
        """Return the square picture that is fed."""
        return InputSpec(self.channels, (self.size, self.size), self.scaling)

    def encode(self, sample: Sample) -> list[Item]:
        """Return the picture resized to (channels, size, size) and the index of its class."""
        assert isinstance(sample, ImageSample)
        from torch.nn.functional import interpolate

        planes = sample.planes()
        kind = "range" if self.intensity == "auto" and planes.dtype == np.uint8 else self.intensity
        unit = scaled(planes, limits(planes, kind), self.channels)
        shrinks = self.size < max(unit.shape)
        if unit.shape[-2:] != (self.size, self.size):
            unit = interpolate(unit[None], (self.size, self.size), mode="bilinear", antialias=shrinks)[0]
        return [Item(shifted(unit, self.scaling), self.class_index(sample))]

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Flip, turn, shift, bend and retouch it as the options of the augmentation say."""
        picture = self._turned(item.inputs, generator)
        picture, _ = bent(picture, None, self, self.zoom, generator)
        picture, _ = retouched(picture, None, self, self.scaling, generator)
        return Item(self._negative(picture, generator), item.target)

    def _turned(self, picture: "Tensor", generator: "Generator") -> "Tensor":
        from torch import rand, randint
        from torch.nn.functional import pad

        chance = rand(4, generator=generator)
        flips = self.flips if self.flips != "auto" else ("all" if self.size > _TINY else "none")
        if flips in ("sideways", "all") and chance[0] < 0.5:
            picture = picture.flip(-1)
        if flips == "all":
            picture = picture.rot90(int(randint(4, (1,), generator=generator)), (-2, -1))
        reach = int(picture.shape[-1] * self.shift)
        if reach:
            down, right = (int(x) for x in randint(2 * reach + 1, (2,), generator=generator))
            wide = pad(picture[None], (reach,) * 4, mode="replicate")[0]
            picture = wide[:, down : down + picture.shape[-2], right : right + picture.shape[-1]]
        return picture * (1 - self.jitter + 2 * self.jitter * chance[2]) + self.jitter * (chance[3] - 0.5)

    def _negative(self, picture: "Tensor", generator: "Generator") -> "Tensor":
        from torch import rand

        if not self.invert or rand(1, generator=generator) < 0.5:
            return picture
        return shifted(1 - unshifted(picture, self.scaling), self.scaling)
