"""What stands behind a backbone while it is pre-trained, one network for each objective; all are thrown away after."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from biofm_desktop.engine.objectives import Objective
from biofm_desktop.engine.samples import InputSpec

from .backbone import Backbone


class Projected(nn.Module):
    """The projection of SimCLR (arXiv 2002.05709): views (B, 2, C, Y, X) to (B, 2, 128)."""

    def __init__(self, backbone: Backbone, _: InputSpec) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = nn.Sequential(nn.Linear(backbone.features, 256), nn.ReLU(), nn.Linear(256, 128))

    def forward(self, views: Tensor) -> Tensor:
        whole, _ = self.backbone(views.flatten(0, 1))
        out: Tensor = self.projection(whole).unflatten(0, (len(views), 2))
        return out


class Painting(nn.Module):
    """Each place paints its part of the picture by one linear layer, as in SimMIM: (B, C, Y, X) to (B, C, Y, X)."""

    def __init__(self, backbone: Backbone, inputs: InputSpec) -> None:
        super().__init__()
        self.backbone, self._side = backbone, max(1, round(inputs.size[0] / backbone.grid[0]))
        self.painter = nn.Conv2d(backbone.channels, inputs.channels * self._side**2, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        _, places = self.backbone(pictures)
        painted = functional.pixel_shuffle(self.painter(places), self._side)
        if painted.shape[-2:] == pictures.shape[-2:]:
            return painted
        return functional.interpolate(painted, pictures.shape[-2:], mode="bilinear", align_corners=False)


class Naming(nn.Module):
    """Each place says which letter it is: (B, length) to (B, letters, length).

    It sees the letters beside a hole by itself, so that the backbone may be coarse.
    """

    def __init__(self, backbone: Backbone, inputs: InputSpec) -> None:
        super().__init__()
        self.backbone, self._letters = backbone, inputs.channels
        self.namer = nn.Sequential(
            nn.Conv1d(backbone.channels + inputs.channels, 128, 9, padding=4),
            nn.ReLU(),
            nn.Conv1d(128, inputs.channels, 1),
        )

    def forward(self, indices: Tensor) -> Tensor:
        _, places = self.backbone(indices)
        fine = functional.interpolate(places, indices.shape[-1], mode="linear", align_corners=False)
        own = functional.one_hot(indices, self._letters + 1)[..., 1:].transpose(1, 2).float()
        out: Tensor = self.namer(torch.cat([fine, own], 1))
        return out


class Guessing(nn.Module):
    """The whole says which letter comes next: (B, length) to (B, letters)."""

    def __init__(self, backbone: Backbone, inputs: InputSpec) -> None:
        super().__init__()
        self.backbone = backbone
        self.namer = nn.Linear(backbone.features, inputs.channels)

    def forward(self, indices: Tensor) -> Tensor:
        whole, _ = self.backbone(indices)
        out: Tensor = self.namer(whole)
        return out


_NETWORKS: dict[str, Callable[[Backbone, InputSpec], nn.Module]] = {
    each.__name__: each for each in (Projected, Painting, Naming, Guessing)
}


def network_for(objective: Objective, backbone: Backbone, inputs: InputSpec) -> nn.Module:
    """Return what is trained: the ``backbone``, under that name, with what the objective needs behind it."""
    return _NETWORKS[objective.builder](backbone, inputs)
