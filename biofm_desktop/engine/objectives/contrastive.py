"""Two changed views of a picture shall look alike, and unlike those of other pictures (SimCLR)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from biofm_desktop.engine.options import option
from biofm_desktop.engine.samples import ImageSample, Sample
from biofm_desktop.engine.tasks import Item
from biofm_desktop.engine.tasks.intensity import shifted, unshifted

from .base import Objective, rand

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Contrastive(Objective):
    """SimCLR (Chen et al., arXiv 2002.05709): cross-entropy over the cosine likeness of views (NT-Xent)."""

    name: ClassVar[str] = "contrastive"
    title: ClassVar[str] = "Contrastive views (SimCLR)"
    help: ClassVar[str] = "Two changed views of a picture shall look alike, unlike all others. Wants large batches."
    takes: ClassVar[type[Sample]] = ImageSample
    metric: ClassVar[str] = "matched"
    builder: ClassVar[str] = "Projected"
    by_place: ClassVar[bool] = False
    recipe: ClassVar[dict[str, float]] = {"steps": 1200, "batch_size": 64, "learning_rate": 1e-3}

    smallest: float = option(
        0.4, "Smallest crop", low=0.05, high=1, help="Views show at least so much of the picture's area"
    )
    colour: float = option(
        0.4, "Colour and light", low=0, high=1, help="How much colour, brightness and contrast of views differ"
    )
    temperature: float = option(0.2, "Temperature", low=0.01, high=2, help="The lower, the harder", advanced=True)

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Return two views; there is nothing to be said of them but that they belong together."""
        from torch import stack, tensor

        return Item(stack([self._view(item.inputs, generator) for _ in range(2)]), tensor(0))

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return NT-Xent over all views of a batch; of a single picture how unlike its views are."""
        import torch
        from torch.nn import functional

        views = functional.normalize(output.flatten(0, 1), dim=1)
        alike = views @ views.T / self.temperature
        if len(output) == 1:
            return 1 - alike[0, 1] * self.temperature
        alike = alike.masked_fill(torch.eye(len(views), dtype=torch.bool, device=views.device), -torch.inf)
        partner = torch.arange(len(views), device=views.device) ^ 1
        return functional.cross_entropy(alike, partner)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return the share of views whose nearest other view is of the same picture."""
        import torch
        from torch.nn import functional

        views = functional.normalize(torch.stack(list(outputs)).float().flatten(0, 1), dim=1)
        alike = views @ views.T
        alike.fill_diagonal_(-2)
        return {"matched": float((alike.argmax(1) == (torch.arange(len(views)) ^ 1)).float().mean())}

    def _view(self, picture: "Tensor", generator: "Generator") -> "Tensor":
        from torch.nn.functional import interpolate

        assert self.task is not None
        unit = self._recoloured(unshifted(self.changed(picture, generator), self.task.inputs.scaling), generator)
        height, width = unit.shape[-2:]
        share = self.smallest + (1 - self.smallest) * rand(generator)
        tall, wide = max(4, round(height * share**0.5)), max(4, round(width * share**0.5))
        top, left = (round(rand(generator) * (a - b)) for a, b in ((height, tall), (width, wide)))
        crop = unit[None, :, top : top + tall, left : left + wide]
        crop = interpolate(crop, (height, width), mode="bilinear", align_corners=False)[0]
        if rand(generator) < 0.5:
            crop = crop.flip(-1)
        return shifted(crop, self.task.inputs.scaling)

    def _recoloured(self, unit: "Tensor", generator: "Generator") -> "Tensor":
        """Change brightness, contrast and the weight of each channel; now and then take the colour away."""
        from torch import rand as random

        strength = self.colour
        gains = 1 + strength * (random(len(unit), 1, 1, generator=generator) - 0.5)
        contrast = 1 + strength * (2 * rand(generator) - 1)
        mean = unit.mean()
        unit = (unit * gains - mean) * contrast + mean + 0.5 * strength * (rand(generator) - 0.5)
        if len(unit) > 1 and rand(generator) < 0.5 * strength:
            unit = unit.mean(0, keepdim=True).expand_as(unit)
        return unit.clamp(0, 1)
