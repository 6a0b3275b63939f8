"""U-Net of segmentation-models-pytorch."""

from segmentation_models_pytorch import Unet
from torch import nn

from biofm_desktop.engine.samples import InputSpec

_CHANNELS_A_GROUP = 16


def unet(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network: (B, channels, Y, X) to (B, outputs, Y, X); Y and X are multiples of 32.

    The encoder is a ResNet-18; the decoder is narrower than the library's default, which halves the time on a CPU.
    Group norm (Wu and He, ECCV 2018) stands in for batch norm: the statistics of a small batch of pictures of several
    kinds do not hold for a single one.
    """
    network: nn.Module = Unet(
        "resnet18",
        encoder_weights=None,
        in_channels=inputs.channels,
        classes=outputs,
        decoder_channels=(128, 64, 32, 32, 16),
    )
    _take_group_norm(network)
    return network


def _take_group_norm(network: nn.Module) -> None:
    for name, child in network.named_children():
        if isinstance(child, nn.BatchNorm2d):
            groups = max(1, child.num_features // _CHANNELS_A_GROUP)
            setattr(network, name, nn.GroupNorm(groups, child.num_features))
        else:
            _take_group_norm(child)
