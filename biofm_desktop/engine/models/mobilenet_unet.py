"""U-Net over a pretrained MobileNetV2: torchvision's trunk under its own name, MONAI's blocks for the way back up."""

from typing import Self

import torch
from monai.networks.nets.basic_unet import TwoConv, UpCat
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from biofm_desktop.engine.samples import InputSpec

from .vision import first_convolution

#: Blocks of the trunk after which a skip branches off, with its channels: at 1/2, 1/4, 1/8 and 1/16 of the size.
_SKIPS = {1: 16, 3: 24, 6: 32, 13: 96}
_DEEPEST = 1280
_FULL = 16
_WIDTHS = (96, 64, 48, 32, 16)
_ACTIVATION = "relu"
_NORM = ("group", {"num_groups": 8})


class MobileNetUNet(nn.Module):
    """(B, channels, Y, X) to (B, outputs, Y, X); Y and X are multiples of 32.

    ``features`` has torchvision's names and shapes, so that its published weights fit. ``stem`` sees full resolution,
    which a trunk that begins with a stride does not: outlines stay sharp and small nuclei whole. The batch norms of the
    trunk keep the statistics that they came with (few crops of pictures of several kinds give no better ones); all
    other weights are learnt.
    """

    def __init__(self, inputs: InputSpec, outputs: int) -> None:
        super().__init__()
        self.features = mobilenet_v2().features
        if inputs.channels != self.features[0][0].in_channels:
            self.features[0][0] = first_convolution(self.features[0][0], inputs.channels)
        self.stem = TwoConv(2, inputs.channels, _FULL, _ACTIVATION, _NORM, bias=False)
        self.neck = nn.Sequential(
            nn.Conv2d(_DEEPEST, _WIDTHS[0], 1, bias=False), nn.GroupNorm(8, _WIDTHS[0]), nn.ReLU(inplace=True)
        )
        skips = (*reversed(_SKIPS.values()), _FULL)
        self.up = nn.ModuleList(
            UpCat(
                2, below, skip, width, _ACTIVATION, _NORM, False, upsample="nontrainable", pre_conv=None,
                align_corners=False,
            )
            for below, skip, width in zip((_WIDTHS[0], *_WIDTHS), skips, _WIDTHS)
        )  # fmt: skip
        self.final_conv = nn.Conv2d(_WIDTHS[-1], outputs, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of each pixel."""
        deep = inputs.contiguous(memory_format=torch.channels_last)  # a fifth quicker without a GPU
        skips = [self.stem(deep)]
        for place, block in enumerate(self.features):
            deep = block(deep)
            if place in _SKIPS:
                skips.append(deep)
        deep = self.neck(deep)
        for up, skip in zip(self.up, reversed(skips)):
            deep = up(deep, skip)
        logits: Tensor = self.final_conv(deep)
        return logits

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation; the trunk's batch norms stay in evaluation."""
        super().train(mode)
        for module in self.features.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def mobilenet_v2_unet(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network; its trunk is fresh until weights are loaded."""
    return MobileNetUNet(inputs, outputs)
