"""Networks of torchvision, in its public layout, so that its published weights load as they are."""

from torch import nn
from torchvision import models

from biofm_desktop.engine.samples import InputSpec

_SMALL = 64


def first_convolution(old: nn.Conv2d, channels: int) -> nn.Conv2d:
    """Return a convolution like the old one for another number of channels."""
    return nn.Conv2d(
        channels,
        old.out_channels,
        old.kernel_size,  # type: ignore[arg-type]
        old.stride,  # type: ignore[arg-type]
        old.padding,  # type: ignore[arg-type]
        bias=old.bias is not None,
    )


def resnet18(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return ResNet-18: (B, channels, Y, X) to (B, outputs).

    For pictures under 64 px the first pooling is left out, so that something is left for the deep layers to see; the
    tensors keep torchvision's shapes.
    """
    network = models.resnet18(num_classes=outputs)
    if max(inputs.size, default=_SMALL) < _SMALL:
        network.maxpool = nn.Identity()
    if inputs.channels != network.conv1.in_channels:
        network.conv1 = first_convolution(network.conv1, inputs.channels)
    return network


def mobilenet_v2(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return MobileNetV2 of width 1: (B, channels, Y, X) to (B, outputs)."""
    network = models.mobilenet_v2(num_classes=outputs)
    if inputs.channels != network.features[0][0].in_channels:
        network.features[0][0] = first_convolution(network.features[0][0], inputs.channels)
    return network


def vgg16(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return VGG16 without batch norm: (B, channels, Y, X) to (B, outputs)."""
    network = models.vgg16(num_classes=outputs)
    if inputs.channels != network.features[0].in_channels:
        network.features[0] = first_convolution(network.features[0], inputs.channels)
    return network
