"""Patches of a picture are hidden; what was there is to be painted from the rest (SimMIM)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from biofm_desktop.engine.options import option
from biofm_desktop.engine.samples import Grain, ImageSample, Sample
from biofm_desktop.engine.tasks import Item

from .base import Objective

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class MaskedPatches(Objective):
    """SimMIM (Xie et al., arXiv 2111.09886): mean distance to the pixels of hidden patches, by one light layer."""

    name: ClassVar[str] = "masked-patches"
    title: ClassVar[str] = "Masked patches"
    help: ClassVar[str] = "Patches are hidden and painted from the rest of the picture. Also for models that outline."
    takes: ClassVar[type[Sample]] = ImageSample
    grains: ClassVar[tuple[Grain, ...]] = (Grain.SAMPLE, Grain.PIXEL)
    metric: ClassVar[str] = "explained"
    builder: ClassVar[str] = "Painting"

    patches: int = option(8, "Patches a side", low=2, high=64, help="A picture is cut into so many by so many patches")
    hidden: float = option(0.5, "Hidden share", low=0.05, high=0.95, help="So much of the patches is hidden")

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Return the picture with holes of its mean, and the picture with one more channel that is 1 in the holes."""
        from torch import cat, rand
        from torch.nn.functional import interpolate

        picture = self.changed(item.inputs, generator)
        holes = (rand(1, 1, self.patches, self.patches, generator=generator) < self.hidden).float()
        mask = interpolate(holes, picture.shape[-2:], mode="nearest")[0]
        mean = picture.mean((-2, -1), keepdim=True)
        return Item(picture * (1 - mask) + mean * mask, cat([picture, mask]))

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the mean distance in the holes."""
        picture, mask = target[:, :-1], target[:, -1:]
        return ((output - picture).abs() * mask).sum() / (mask.sum() * picture.shape[1]).clamp(min=1)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return how much nearer to the truth it is than each picture's mean (1: all of the way, 0: no nearer)."""
        away, plain = 0.0, 0.0
        for output, target in zip(outputs, targets):
            picture, mask = target[:-1], target[-1:]
            away += float(((output - picture).abs() * mask).sum())
            plain += float(((picture - picture.mean((-2, -1), keepdim=True)).abs() * mask).sum())
        return {"explained": 1 - away / plain if plain else 0.0}
