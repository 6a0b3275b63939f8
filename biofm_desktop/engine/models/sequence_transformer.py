"""A Transformer encoder over sequences."""

from torch import Tensor, cat, nn, zeros

from biofm_desktop.engine.samples import InputSpec

from .sequence_parts import Letters, convolution, motif_pooling

_WIDTH = 96


class SequenceTransformer(nn.Module):
    """Motifs with their place, encoder blocks of attention, and a head on the mean and the maximum."""

    def __init__(self, inputs: InputSpec, outputs: int) -> None:
        super().__init__()
        pool = motif_pooling(inputs)
        self.letters = Letters(inputs.channels)
        self.motifs = convolution(inputs.channels, _WIDTH, 9, pool)
        self.place = nn.Parameter(zeros(1, max(1, inputs.size[0] // pool), _WIDTH))
        nn.init.normal_(self.place, std=0.02)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(_WIDTH, 4, 2 * _WIDTH, dropout=0.2, batch_first=True, norm_first=True)
            for _ in range(2)
        )
        self.norm = nn.LayerNorm(_WIDTH)
        self.dense = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * _WIDTH, 64), nn.ReLU(), nn.Dropout(0.3))
        self.head = nn.Linear(64, outputs)

    def forward(self, indices: Tensor) -> Tensor:
        """Take (B, length) int64 and give (B, outputs)."""
        seen = self.motifs(self.letters(indices)).transpose(1, 2) + self.place
        for block in self.blocks:
            seen = block(seen)
        seen = self.norm(seen)
        out: Tensor = self.head(self.dense(cat([seen.mean(1), seen.amax(1)], -1)))
        return out


def sequence_transformer(inputs: InputSpec, outputs: int) -> nn.Module:
    """Return the network: (B, length) int64 to (B, outputs)."""
    return SequenceTransformer(inputs, outputs)
