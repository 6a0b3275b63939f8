"""The stages of a network, by the names of its layers."""

from collections import Counter
from collections.abc import Sequence


def stages_of(names: Sequence[str]) -> list[str]:
    """Return the stage of each layer: the top part it lies in; parts that hold most layers are taken apart."""
    tops = Counter(name.split(".")[0] for name in names)
    large = {top for top, count in tops.items() if count > max(4, len(names) // 3)}
    return [".".join(name.split(".")[: 2 if name.split(".")[0] in large else 1]) for name in names]
