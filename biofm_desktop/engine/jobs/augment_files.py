"""What augmentation makes of one sample, written so that people can look at it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.exports.names import clean_name
from biofm_desktop.engine.files import write_text, write_with
from biofm_desktop.engine.samples import ALPHABETS
from biofm_desktop.engine.tasks import Item, Task
from biofm_desktop.engine.tasks.intensity import unshifted
from biofm_desktop.engine.tasks.sequence_augmentation import moved, other_strand

if TYPE_CHECKING:
    from torch import Tensor

#: Pictures are enlarged to about this many pixels a side, so that outlines are thin, and shrunk to at most the second.
_SMALLEST, _LARGEST = 192, 512
_OUTLINE = (255, 221, 51)
_COLOURS, _UNKNOWN = 3, "N"


def versions(task: Task, item: Item, count: int, seed: int) -> list[Item]:
    """Return an item changed so many times as in a training."""
    import torch

    chance = torch.Generator().manual_seed(seed)
    return [task.augment(item, chance) for _ in range(count)]


def write_pictures(task: Task, original: Item, made: Sequence[Item], folder: Path, key: str) -> list[dict[str, Any]]:
    """Write PNG files, the original first; return for each its file and its title."""
    rows: list[dict[str, Any]] = []
    for number, item in enumerate([original, *made]):
        picture = drawn(item, getattr(task, "scaling", "unit"))
        path = folder / f"{clean_name(key)}_{number or 'original'}.png"
        _save(picture, path)
        rows.append({"title": f"Version {number}" if number else "Original", "file": path.name})
    return rows


def _save(picture: NDArray[np.uint8], path: Path) -> None:
    from PIL import Image

    write_with(path, lambda aside: Image.fromarray(picture).save(aside, "PNG"), room="export")


def drawn(item: Item, scaling: str) -> NDArray[np.uint8]:
    """Return (Y, X, 3) of a picture, the outlines of its mask drawn in."""
    from skimage.segmentation import find_boundaries

    unit = unshifted(item.inputs, scaling).clamp(0, 1).numpy()
    rgb = np.moveaxis(unit[[0, 0, 0]] if len(unit) < _COLOURS else unit[:_COLOURS], 0, -1)
    picture = (rgb * 255).round().astype(np.uint8)
    mask = None if item.target is None or item.target.ndim != 2 else item.target.numpy()
    larger = max(1, -(-_SMALLEST // max(picture.shape[:2])))
    smaller = max(1, -(-max(picture.shape[:2]) // _LARGEST))
    picture = picture[::smaller, ::smaller].repeat(larger, 0).repeat(larger, 1)
    if mask is not None:
        mask = mask[::smaller, ::smaller].repeat(larger, 0).repeat(larger, 1)
        picture[find_boundaries(mask, mode="inner")] = _OUTLINE
    return picture


def write_letters(task: Task, original: Item, made: Sequence[Item], folder: Path, key: str) -> list[dict[str, Any]]:
    """Write a FASTA file; return for each row its title, its letters and the places of those that were changed."""
    alphabet = str(getattr(task, "alphabet", "dna"))
    rows: list[dict[str, Any]] = []
    for number, item in enumerate([original, *made]):
        how, marked = ("Original", []) if not number else _likened(original.inputs, item.inputs, task)
        rows.append({"title": how, "letters": _text(item.inputs, alphabet), "marked": marked})
    text = "".join(
        f">{' '.join(key.split())} {n or 'original'} {row['title'] if n else ''}".rstrip() + f"\n{row['letters']}\n"
        for n, row in enumerate(rows)
    )
    write_text(folder / f"{clean_name(key)}.fasta", text, room="export")
    return rows


def _text(letters: "Tensor", alphabet: str) -> str:
    """Return letters as text; those that are hidden or unknown are N, and so is what pads a short sequence."""
    signs = _UNKNOWN + ALPHABETS[alphabet].letters
    if alphabet == "protein":
        signs = "X" + signs[1:]
    return "".join(signs[place] for place in letters.tolist())


def _likened(original: "Tensor", version: "Tensor", task: Task) -> tuple[str, list[int]]:
    """Return how a version came about, in words, and the places where it differs from that."""
    most = int(getattr(task, "move", 0))
    best: tuple[int, str, Tensor] | None = None
    strands = [("", original)]
    if getattr(task, "reverse_complement", False):
        strands.append(("reverse complement", other_strand(original)))
    for words, strand in strands:
        for by in sorted(range(-most, most + 1), key=abs):
            differs = moved(strand, by) != version
            told = ", ".join(part for part in (words, f"moved by {by:+d}" if by else "") if part)
            if best is None or int(differs.sum()) < best[0]:
                best = int(differs.sum()), told, differs
    assert best is not None
    count, told, differs = best
    changed = f"{count} letters changed" if count != 1 else "1 letter changed"
    return (f"{told}, {changed}" if told else changed), [int(place) for place in differs.nonzero().flatten()]
