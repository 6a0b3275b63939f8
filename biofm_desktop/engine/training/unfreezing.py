"""Timed unfreezing: layers that are frozen at first and open at an epoch (Howard and Ruder, arXiv 1801.06146)."""

from collections.abc import Collection, Sequence

from torch import nn

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models.layers import frozen_in, layer_modules


class Unfreezing:
    """When what opens: ``entries`` are ``pattern@epoch``; all that a pattern means is frozen before that epoch.

    Raises `Fault` for an entry that cannot be read or means no layer.
    """

    def __init__(self, network: nn.Module, entries: Sequence[str]) -> None:
        self._opens: dict[str, int] = {}
        for entry in entries:
            pattern, _, epoch = entry.rpartition("@")
            if not pattern or not epoch.isdecimal() or int(epoch) < 1:
                raise Fault(f"unfreezing {entry!r}", "it is no pattern@epoch", "Write, for example, layer4@3")
            for name in _meant(network, pattern):
                self._opens[name] = min(int(epoch), self._opens.get(name, int(epoch)))

    def frozen(self, always: Collection[str], epoch: int) -> set[str]:
        """Return what is frozen in an epoch, of that which is frozen without a time."""
        timed = {name for name, opens in self._opens.items() if epoch < opens}
        return (set(always) - set(self._opens)) | timed


def _meant(network: nn.Module, pattern: str) -> set[str]:
    try:
        return frozen_in(network, [pattern])
    except Fault as fault:
        if "no layer is left" in fault.fault:  # the pattern means all of them
            return set(layer_modules(network))
        raise
