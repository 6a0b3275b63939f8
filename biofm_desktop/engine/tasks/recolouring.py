"""Other light, other stain, other camera: pictures changed at random in all but their shapes, while training."""

from typing import TYPE_CHECKING

from .intensity import shifted, unshifted

if TYPE_CHECKING:
    from torch import Generator, Tensor

#: How far light and colour are changed: a little (values keep their meaning, as in CT) or as between microscopes.
SLIGHT, WIDE = "slight", "wide"
_REACH = {SLIGHT: (1.0, 0.8), WIDE: (1.6, 1.2)}  # of contrast and brightness, for each unit of jitter
_COLOURS = 3


def recoloured(
    inputs: "Tensor", scaling: str, light: str, jitter: float, invert: bool, generator: "Generator"
) -> "Tensor":
    """Return (channels, Y, X) values of a network's ``scaling`` with other contrast, brightness and, if ``WIDE``, more.

    With ``invert`` half of them become negatives.
    """
    from torch import rand

    chance = rand(3, generator=generator)
    unit = unshifted(inputs, scaling)
    if light == WIDE:
        unit = _other_stain(unit, generator)
    reach, shift = _REACH[light]
    contrast = 1 - reach * jitter + 2 * reach * jitter * chance[0]
    if invert and chance[2] < 0.5:
        contrast = -contrast
    unit = (unit - 0.5) * contrast + 0.5 + shift * jitter * (chance[1] - 0.5)
    return shifted(_other_camera(unit, generator) if light == WIDE else unit, scaling)


def _other_stain(unit: "Tensor", generator: "Generator") -> "Tensor":
    """Change the strength of each channel or drop the colour, in half of all cases, and bend the scale (gamma)."""
    from torch import rand

    chance = rand(3, generator=generator)
    if chance[0] < 0.15 and len(unit) == _COLOURS:
        unit = unit.mean(0, keepdim=True).expand(_COLOURS, -1, -1)
    elif chance[0] < 0.45:
        unit = unit * (0.7 + 0.6 * rand(len(unit), 1, 1, generator=generator))
    return unit.clamp(0, 1) ** float(2 ** (2 * chance[2] - 1))


def _other_camera(unit: "Tensor", generator: "Generator") -> "Tensor":
    """Add noise or blur it a little, in every fifth case or so each."""
    from torch import rand, randn
    from torch.nn.functional import avg_pool2d

    chance = rand(3, generator=generator)
    if chance[0] < 0.2:
        unit = unit + randn(unit.shape, generator=generator) * 0.06 * chance[1]
    if chance[2] < 0.15:
        unit = avg_pool2d(unit[None], 3, 1, padding=1, count_include_pad=False)[0]
    return unit
