"""What the sequence networks share: they all take (B, length) int64, 0 for unknown letters and padding."""

from torch import Tensor, nn

from biofm_desktop.engine.samples import InputSpec


class Letters(nn.Module):
    """Letters to one column each: (B, length) int64 to (B, letters, length) float32; unknown ones are all zero."""

    def __init__(self, letters: int) -> None:
        super().__init__()
        self.letters = letters

    def forward(self, indices: Tensor) -> Tensor:
        from torch.nn.functional import one_hot

        return one_hot(indices, self.letters + 1)[..., 1:].transpose(1, 2).float()


def convolution(inputs: int, outputs: int, width: int, pool: int = 1) -> nn.Sequential:
    """Return convolution, batch norm, ReLU and max-pooling over the length."""
    layers: list[nn.Module] = [
        nn.Conv1d(inputs, outputs, width, padding=width // 2, bias=False),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, nn.MaxPool1d(pool)) if pool > 1 else nn.Sequential(*layers)


def motif_pooling(inputs: InputSpec) -> int:
    """Return by how much motifs are pooled: short sequences keep every position."""
    return max(1, min(8, inputs.size[0] // 60))
