"""Letters are hidden, or come next: they are to be named from the others. Serves any text of known letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from biofm_desktop.engine.options import option
from biofm_desktop.engine.samples import Sample, SequenceSample
from biofm_desktop.engine.tasks import Item
from biofm_desktop.engine.tasks.thresholds import likeliest

from .base import Objective, rand

if TYPE_CHECKING:
    from torch import Generator, Tensor

#: Places that are not to be named.
_PASSED = -1


@dataclass(frozen=True, kw_only=True)
class MaskedLetters(Objective):
    """Masked language modelling (Devlin et al., arXiv 1810.04805), as in DNABERT: spans of letters are hidden."""

    name: ClassVar[str] = "masked-letters"
    title: ClassVar[str] = "Masked letters"
    help: ClassVar[str] = "Stretches of letters are hidden and named from what stands around them."
    takes: ClassVar[type[Sample]] = SequenceSample
    metric: ClassVar[str] = "letters_right"
    builder: ClassVar[str] = "Naming"

    hidden: float = option(0.15, "Hidden share", low=0.01, high=0.9, help="So many of the letters are hidden")
    span: int = option(3, "Letters in a row", low=1, high=64, help="Letters are hidden in stretches of so many")

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Return the letters with holes (0), and the letters of the holes (places elsewhere: -1)."""
        import torch
        from torch.nn.functional import max_pool1d

        letters = self.changed(item.inputs, generator)
        starts = torch.rand(len(letters), generator=generator) < self.hidden / self.span
        holes = max_pool1d(starts.float()[None, None], self.span, 1, self.span // 2)[0, 0, : len(letters)] > 0
        holes &= letters > 0
        return Item(torch.where(holes, 0, letters), torch.where(holes, letters - 1, _PASSED))

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the cross-entropy of the hidden letters."""
        return _unlike(output, target)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return the share of hidden letters that are named right."""
        return _right(outputs, targets)


@dataclass(frozen=True, kw_only=True)
class NextLetter(Objective):
    """Next-letter prediction: all from a place on is hidden, and the first hidden letter is to be named."""

    name: ClassVar[str] = "next-letter"
    title: ClassVar[str] = "Next letter"
    help: ClassVar[str] = "A sequence breaks off somewhere; the letter that comes next is to be named."
    takes: ClassVar[type[Sample]] = SequenceSample
    metric: ClassVar[str] = "letters_right"
    builder: ClassVar[str] = "Guessing"

    def augment(self, item: Item, generator: "Generator") -> Item:
        """Return the letters up to a place, moved to the end of the window, and the one that comes there."""
        from torch import zeros_like

        letters = self.changed(item.inputs, generator)
        count = int((letters > 0).sum())
        place = max(1, min(len(letters) - 1, round((0.25 + 0.75 * rand(generator)) * count) - 1))
        seen = zeros_like(letters)
        seen[len(letters) - place :] = letters[:place]
        return Item(seen, letters[place] - 1)

    def loss(self, output: "Tensor", target: "Tensor") -> "Tensor":
        """Return the cross-entropy of the letters that come next."""
        return _unlike(output, target)

    def score(self, outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
        """Return the share of letters that are named right."""
        return _right(outputs, targets)


def _unlike(output: "Tensor", target: "Tensor") -> "Tensor":
    """Return the mean cross-entropy over the places that are to be named."""
    from torch.nn.functional import cross_entropy

    named = cross_entropy(output, target, ignore_index=_PASSED, reduction="sum")
    return named / (target != _PASSED).sum().clamp(min=1)


def _right(outputs: "Sequence[Tensor]", targets: "Sequence[Tensor]") -> dict[str, float]:
    right, count = 0, 0
    for output, target in zip(outputs, targets):
        known = target != _PASSED
        right += int(((likeliest(output) == target) & known).sum())
        count += int(known.sum())
    return {"letters_right": right / count if count else 0.0}
