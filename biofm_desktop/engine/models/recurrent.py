"""Recurrent networks over sequences: RNN, LSTM and GRU."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, cat, nn

from biofm_desktop.engine.samples import InputSpec

from .sequence_parts import Letters, convolution, motif_pooling

_WIDTH = 64


class Recurrent(nn.Module):
    """Motifs, a recurrent layer in both directions, and a head on what it saw: the ends, the mean and the maximum."""

    def __init__(self, cell: Callable[..., nn.RNNBase], inputs: InputSpec, outputs: int) -> None:
        super().__init__()
        self.letters = Letters(inputs.channels)
        self.motifs = convolution(inputs.channels, _WIDTH, 9, motif_pooling(inputs))
        self.dropout = nn.Dropout(0.2)
        options: dict[str, Any] = {"batch_first": True, "bidirectional": True}
        self.recurrent = cell(_WIDTH, _WIDTH, **options)
        self.dense = nn.Sequential(nn.Dropout(0.4), nn.Linear(6 * _WIDTH, 64), nn.ReLU(), nn.Dropout(0.3))
        self.head = nn.Linear(64, outputs)

    def forward(self, indices: Tensor) -> Tensor:
        """Take (B, length) int64 and give (B, outputs)."""
        motifs = self.dropout(self.motifs(self.letters(indices))).transpose(1, 2)
        seen, _ = self.recurrent(motifs)
        ends = cat([seen[:, -1, :_WIDTH], seen[:, 0, _WIDTH:]], -1)
        out: Tensor = self.head(self.dense(cat([ends, seen.mean(1), seen.amax(1)], -1)))
        return out


def rnn(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network with a plain (Elman) recurrent layer.

    Its state starts out handed on as it is (identity weights: Le, Jaitly and Hinton, arXiv 1504.00941), so that
    gradients reach back over many letters.
    """
    network = Recurrent(nn.RNN, inputs, outputs)
    for name, weights in network.recurrent.named_parameters():
        if name.startswith("weight_hh"):
            nn.init.eye_(weights)
        elif name.startswith("weight_ih"):
            nn.init.xavier_uniform_(weights)
        else:
            nn.init.zeros_(weights)
    return network


def lstm(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network with an LSTM."""
    return Recurrent(nn.LSTM, inputs, outputs)


def gru(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network with a GRU."""
    return Recurrent(nn.GRU, inputs, outputs)
