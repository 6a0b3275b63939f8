"""Random crops of a picture and its mask."""

from typing import TYPE_CHECKING

from .picture_augmentation import IGNORED

if TYPE_CHECKING:
    from torch import Generator, Tensor


def random_crop(
    inputs: "Tensor", target: "Tensor", size: int, zoom: float, flips: str, generator: "Generator"
) -> "tuple[Tensor, Tensor]":
    """Return a crop of a picture (C, Y, X) and of its mask (Y, X): zoomed, flipped and turned by quarters."""
    from torch import rand, randint
    from torch.nn.functional import interpolate, pad

    factor = float((1 + zoom) ** (2 * rand(1, generator=generator) - 1))
    taken = max(8, round(size / factor))
    short = [max(0, taken - n) for n in inputs.shape[-2:]]
    if any(short):
        inputs = pad(inputs, (0, short[1], 0, short[0]))
        target = pad(target, (0, short[1], 0, short[0]), value=IGNORED)
    top, left = (int(randint(n - taken + 1, (1,), generator=generator)) for n in inputs.shape[-2:])
    inputs = inputs[:, top : top + taken, left : left + taken]
    target = target[top : top + taken, left : left + taken]
    if taken != size:
        inputs = interpolate(inputs[None], (size, size), mode="bilinear", antialias=taken > size)[0]
        target = interpolate(target[None, None].float(), (size, size), mode="nearest")[0, 0].to(target.dtype)
    if rand(1, generator=generator) < 0.5 and flips != "none":
        inputs, target = inputs.flip(-1), target.flip(-1)
    turns = int(randint(4, (1,), generator=generator)) if flips in ("auto", "all") else 0
    return inputs.rot90(turns, (-2, -1)), target.rot90(turns, (-2, -1))
