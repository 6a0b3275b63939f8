"""Timed unfreezing: layers that are frozen at first and open at an epoch (Howard and Ruder, arXiv 1801.06146)."""

from collections.abc import Collection, Sequence

from torch import nn

from biofm_desktop.engine.models.layers import layer_modules
from biofm_desktop.engine.models.opening_times import opening_epochs


class Unfreezing:
    """When what opens: all that the pattern of an entry ``pattern@epoch`` means is frozen before that epoch.

    Raises `Fault` for an entry that cannot be read or means no layer.
    """

    def __init__(self, network: nn.Module, entries: Sequence[str]) -> None:
        self._opens = opening_epochs(list(layer_modules(network)), entries)

    def frozen(self, always: Collection[str], epoch: int) -> set[str]:
        """Return what is frozen in an epoch, of that which is frozen without a time."""
        timed = {name for name, opens in self._opens.items() if epoch < opens}
        return (set(always) - set(self._opens)) | timed
