"""What trainers put before the names of a network's tensors: ``module.``, ``backbone.``, ``encoder_q.`` ..."""

from collections.abc import Iterable

#: torch.compile puts it before the names of whatever it compiles, also inside.
_COMPILED = "_orig_mod."
_DEEPEST = 4
#: A prefix before fewer than one name in so many is none of a whole network; files may hold many thousands.
_LEAST_SHARE = 20
#: Copies of a network that learn beside it, or from which it learns: never the better ones.
_LAST = ("encoder_k", "student", "momentum_encoder", "target_encoder")


def bare(name: str) -> str:
    """Return a tensor's name without what the compiler put into it."""
    return name.replace(_COMPILED, "")


def prefixes(names: Iterable[str]) -> list[str]:
    """Return what may stand before the names of a network's tensors: nothing, or parts that several names share."""
    names, found = list(names), dict[str, int]()
    least = max(2, len(names) // _LEAST_SHARE)
    for name in names:
        parts = name.split(".")[:-1]
        for depth in range(1, min(len(parts), _DEEPEST) + 1):
            prefix = ".".join(parts[:depth]) + "."
            found[prefix] = found.get(prefix, 0) + 1
    shared = ["", *(prefix for prefix, count in found.items() if count >= least)]
    return sorted(shared, key=lambda prefix: (any(word in prefix for word in _LAST), prefix.count("."), prefix))
