"""U-Net of MONAI."""

from monai.networks.nets import BasicUNet
from torch import nn

from biofm_desktop.engine.samples import InputSpec

_WIDTHS = (32, 32, 64, 128, 256, 32)
_GROUPS = 8


def unet(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network: (B, channels, Y, X) to (B, outputs, Y, X); Y and X are multiples of 16.

    It sees full resolution at both ends, which small nuclei need: from scratch it learns twice as fast as one whose
    encoder starts with a stride. Group norm (Wu and He, ECCV 2018): the statistics of a small batch of pictures of
    several kinds do not hold for a single one.
    """
    network: nn.Module = BasicUNet(
        2, inputs.channels, outputs, features=_WIDTHS, norm=("group", {"num_groups": _GROUPS})
    )
    return network
