"""Pictures changed by chance while training, their masks with them, by the kernels of torchvision's transforms v2.

Chance comes from the generator that is handed over and from nowhere else: the same state gives the same bits. What is
off draws nothing from it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from biofm_desktop.engine.options import option

from .augmentation import GROUP
from .base import Task
from .intensity import shifted, unshifted

if TYPE_CHECKING:
    from torch import Generator, Tensor

#: Target value of pixels that are not learnt from (padding, cut-outs).
IGNORED = 255
FLIPS = ("auto", "none", "sideways", "all")
_COLOURS = 3
#: Corners of the grid on which elastic displacements are drawn, and the largest of them as a share of half the side.
_GRID, _FARTHEST = 4, 0.15


@dataclass(frozen=True, kw_only=True)
class PictureAugmentation(Task):
    """A task on pictures; strengths are the largest that chance draws, 0 leaves a change out."""

    flips: str = option(
        "auto",
        "Flip and turn",
        choices=FLIPS,
        help="Random flips and quarter turns that leave the truth as it is; auto: all, but none for 28 px pictures",
        group=GROUP,
    )
    jitter: float = option(
        0.1,
        "Brightness and contrast",
        low=0,
        high=1,
        help="Contrast changes by up to this share either way, brightness by about half of it",
        group=GROUP,
    )
    rotate: float = option(0.0, "Rotate", low=0, high=180, unit="°", help="Up to this angle either way", group=GROUP)
    zoom: float = option(0.0, "Random zoom", low=0, high=0.8, help="By up to this share either way", group=GROUP)
    elastic: float = option(
        0.0, "Elastic", low=0, high=1, help="Bends the picture as soft tissue bends; 0.3 is moderate", group=GROUP
    )
    gamma: float = option(
        0.0, "Gamma", low=0, high=1, help="Lightens or darkens the middle tones, up to this share", group=GROUP
    )
    noise: float = option(
        0.0, "Noise", low=0, high=0.5, help="Grain of up to this deviation, of the range of the picture", group=GROUP
    )
    blur: float = option(0.0, "Blur", low=0, high=5, unit="px", help="Gaussian, up to this deviation", group=GROUP)
    stain: float = option(
        0.0,
        "Stain",
        low=0,
        high=1,
        help="Changes the strength of haematoxylin, eosin and DAB (Ruifrok & Johnston 2001) by up to this share; for "
        "colour pictures only",
        group=GROUP,
    )
    cutout: float = option(
        0.0,
        "Cut-out",
        low=0,
        high=0.8,
        help="Hides a rectangle of up to this share of each side (DeVries & Taylor 2017); nothing is learnt there",
        group=GROUP,
    )
    invert: bool = option(
        False,
        "Random inversion",
        help="Half the pictures are shown as negatives, so that bright and dark objects are both found",
        group=GROUP,
    )


def bent(
    picture: "Tensor", mask: "Tensor | None", task: PictureAugmentation, zoom: float, generator: "Generator"
) -> "tuple[Tensor, Tensor | None]":
    """Return a picture (C, Y, X), and its mask (Y, X), rotated, zoomed and bent; edges are mirrored.

    Where even the mirrored picture ends, the mask is `IGNORED`.
    """
    if not (task.rotate or zoom or task.elastic):
        return picture, mask
    from torch import rand
    from torchvision.transforms.v2 import InterpolationMode
    from torchvision.transforms.v2 import functional as change
    from torchvision.tv_tensors import Mask

    smooth = InterpolationMode.BILINEAR
    height, width = picture.shape[-2:]
    edge = min(height, width) // (2 if zoom else 4)
    picture = change.pad(picture, [edge] * 4, padding_mode="reflect")
    target = None if mask is None else Mask(change.pad(Mask(mask[None]), [edge] * 4, padding_mode="reflect"))
    if task.rotate or zoom:
        turn, size = (2 * rand(2, generator=generator) - 1).tolist()
        place = (task.rotate * turn, [0, 0], (1 + zoom) ** size, [0.0, 0.0])
        picture = change.affine(picture, *place, interpolation=smooth)
        target = None if target is None else change.affine(target, *place, fill=IGNORED)
    if task.elastic:
        field = _displacement(picture.shape[-2], picture.shape[-1], task.elastic, generator)
        picture = change.elastic(picture, field, interpolation=smooth)
        target = None if target is None else change.elastic(target, field, fill=IGNORED)
    inside = (..., slice(edge, edge + height), slice(edge, edge + width))
    return picture[inside], None if target is None else target.as_subclass(type(picture))[inside][0]


def _displacement(height: int, width: int, strength: float, generator: "Generator") -> "Tensor":
    """Return (1, Y, X, 2): random vectors on a coarse grid, smooth between (Ronneberger et al., MICCAI 2015)."""
    from torch import rand
    from torch.nn.functional import interpolate

    grid = (2 * rand(1, 2, _GRID, _GRID, generator=generator) - 1) * strength * _FARTHEST
    return interpolate(grid, (height, width), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)


def retouched(
    picture: "Tensor", mask: "Tensor | None", task: PictureAugmentation, scaling: str, generator: "Generator"
) -> "tuple[Tensor, Tensor | None]":
    """Return a picture of a network's ``scaling`` with other tones, stain, sharpness and grain, and a part cut out."""
    if not (task.gamma or task.stain or task.blur or task.noise or task.cutout):
        return picture, mask
    from torch import rand, randn
    from torchvision.transforms.v2 import functional as change

    unit = unshifted(picture, scaling).clamp(0, 1)
    if task.gamma:
        unit = unit ** float((1 + task.gamma) ** (2 * rand(1, generator=generator) - 1))
    if task.stain and len(unit) == _COLOURS:
        unit = _stained(unit, task.stain, generator)
    if task.blur:
        deviation = max(1e-3, task.blur * float(rand(1, generator=generator)))
        reach = min(2 * int(3 * deviation + 0.5) + 1, 2 * ((min(unit.shape[-2:]) - 1) // 2) - 1)
        unit = change.gaussian_blur(unit, [reach, reach], [deviation, deviation])
    if task.noise:
        strength = task.noise * float(rand(1, generator=generator))
        unit = unit + strength * randn(unit.shape, generator=generator)
    if task.cutout:
        unit, mask = _cut_out(unit, mask, task.cutout, generator)
    return shifted(unit, scaling), mask


def _stained(unit: "Tensor", strength: float, generator: "Generator") -> "Tensor":
    from skimage.color import hed2rgb, rgb2hed
    from torch import from_numpy, rand

    factors = (1 + strength * (2 * rand(3, generator=generator) - 1)).numpy()
    stains = rgb2hed(unit.permute(1, 2, 0).numpy())
    # What the three stains cannot make stays as it is: only the difference is taken over.
    other = from_numpy(hed2rgb(stains * factors) - hed2rgb(stains)).permute(2, 0, 1)
    return (unit + other.to(unit.dtype)).clamp(0, 1)


def _cut_out(
    unit: "Tensor", mask: "Tensor | None", share: float, generator: "Generator"
) -> "tuple[Tensor, Tensor | None]":
    from torch import rand

    sides, places = rand(2, generator=generator).tolist(), rand(2, generator=generator).tolist()
    spans = []
    for length, side, place in zip(unit.shape[-2:], sides, places):
        taken = int(length * share * side)
        start = int((length - taken + 1) * place)
        spans.append(slice(start, start + taken))
    down, across = spans
    unit = unit.clone()
    unit[:, down, across] = unit.mean()
    if mask is not None:
        mask = mask.clone()
        mask[down, across] = IGNORED
    return unit, mask
