"""BiomedCNN: two convolutions and two dense layers."""

from collections import OrderedDict

from torch import nn

from biofm_desktop.engine.samples import InputSpec

_POOLED = 7


def biomed_cnn(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network: (B, channels, Y, X) to (B, outputs).

    Convolutions to 64 and 128 channels, each followed by ReLU and 2 x 2 pooling, then 1024 and ``outputs`` dense
    units. At 28 px the adaptive pooling does nothing (the published network; 6,509,450 weights for 3 channels and 10
    classes); any other size is pooled to the same 7 x 7.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(inputs.channels, 64, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(64, 128, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            fit=nn.AdaptiveAvgPool2d(_POOLED),
            flat=nn.Flatten(),
            fc1=nn.Linear(128 * _POOLED * _POOLED, 1024),
            relu3=nn.ReLU(),
            dropout=nn.Dropout(0.5),
            fc2=nn.Linear(1024, outputs),
        )
    )
