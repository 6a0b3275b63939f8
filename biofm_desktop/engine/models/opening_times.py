"""When frozen layers open while the training goes on; knows names only, no tensors."""

from collections.abc import Sequence

from biofm_desktop.engine.faults import Fault

from .patterns import matches


def opening_epochs(names: Sequence[str], entries: Sequence[str]) -> dict[str, int]:
    """Return the epoch (from 1) in which each layer opens that an entry ``pattern@epoch`` means.

    Raises `Fault` for an entry that cannot be read or means no layer.
    """
    opens: dict[str, int] = {}
    for entry in entries:
        pattern, _, epoch = entry.rpartition("@")
        if not pattern or not epoch.isdecimal() or int(epoch) < 1:
            raise Fault(f"unfreezing {entry!r}", "it is no pattern@epoch", "Write, for example, layer4@3")
        meant = [name for name in names if matches(pattern, name)]
        if not meant:
            raise Fault(
                f"unfreezing {entry!r}", "it means no layer of this model", "'biofm list layers' prints all names"
            )
        for name in meant:
            opens[name] = min(int(epoch), opens.get(name, int(epoch)))
    return opens
