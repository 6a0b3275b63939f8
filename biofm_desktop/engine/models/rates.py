"""How fast each layer learns, as a factor of the learning rate; knows names only, no tensors."""

from collections.abc import Sequence

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options import LayerOptions

from .patterns import matches
from .stages import stages_of


def rate_factors(names: Sequence[str], options: LayerOptions) -> dict[str, float]:
    """Return the factor of each layer.

    Raises `Fault` for a rate that is no ``pattern=factor`` or means no layer.
    """
    stages = stages_of(names)
    order = list(dict.fromkeys(stages))
    factors = {name: options.layer_decay ** (len(order) - 1 - order.index(stage)) for name, stage in zip(names, stages)}
    for entry in options.rates:
        pattern, factor = _read(entry)
        meant = [name for name in names if matches(pattern, name)]
        if not meant:
            raise Fault(f"rate {entry!r}", "it means no layer of this model", "'biofm list layers' prints all names")
        for name in meant:
            factors[name] *= factor
    return factors


def _read(entry: str) -> tuple[str, float]:
    pattern, _, number = entry.rpartition("=")
    try:
        factor = float(number)
    except ValueError:
        factor = -1.0
    if not pattern or not 0 <= factor <= 1000:
        raise Fault(f"rate {entry!r}", "it is no pattern=factor", "Write, for example, layer1=0.1")
    return pattern, factor
