"""A 1-D CNN over sequences."""

from collections import OrderedDict

from torch import nn

from biofm_desktop.engine.samples import InputSpec

from .sequence_parts import Letters, convolution, motif_pooling

_PLACES = 16


def sequence_cnn(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network: (B, length) int64 to (B, outputs).

    Motifs of 11 letters, two wider convolutions, then at most 16 places along the sequence are told apart, since where
    a motif stands matters (the TATA box, a splice site).
    """
    pool = motif_pooling(inputs)
    places = min(_PLACES, max(1, inputs.size[0] // pool))
    return nn.Sequential(
        OrderedDict(
            letters=Letters(inputs.channels),
            motifs=convolution(inputs.channels, 96, 11, pool),
            syntax=convolution(96, 96, 7),
            context=convolution(96, 64, 5),
            places=nn.Sequential(nn.AdaptiveMaxPool1d(places), nn.Flatten(), nn.Dropout(0.4)),
            dense=nn.Sequential(nn.Linear(64 * places, 128), nn.ReLU(), nn.Dropout(0.4)),
            head=nn.Linear(128, outputs),
        )
    )
