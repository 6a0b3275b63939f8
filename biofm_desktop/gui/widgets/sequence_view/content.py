"""One sequence with everything derived from it, each made when it is first needed."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.samples import SequenceSample

from .composition import Composition
from .lanes import FeatureLanes

#: Letters whose share is plotted when zoomed out: name, letters, letters that count.
_PLOTTED = {
    "dna": ("GC", "GCS", "ACGTSW"),
    "rna": ("GC", "GCS", "ACGUSW"),
    "protein": ("Hydrophobic", "AVILMFWC", "ACDEFGHIKLMNPQRSTVWY"),
}


class Content:
    """A sequence to show."""

    def __init__(self, sample: SequenceSample) -> None:
        self.sample = sample
        self.length = len(sample.letters)

    @property
    def nucleotides(self) -> bool:
        """Say whether there is another strand."""
        return self.sample.alphabet != "protein"

    @property
    def unit(self) -> str:
        """Return the unit of length."""
        return {"dna": "bp", "rna": "nt"}.get(self.sample.alphabet, "aa")

    @property
    def plotted(self) -> str:
        """Return the name of the share that is plotted when zoomed out."""
        return self._plotted[0]

    @property
    def _plotted(self) -> tuple[str, str, str]:
        return _PLOTTED.get(self.sample.alphabet, _PLOTTED["protein"])

    @cached_property
    def codes(self) -> NDArray[np.uint8]:
        """Return the letters as bytes; letters outside Latin-1 are question marks."""
        return np.frombuffer(self.sample.letters.encode("latin-1", "replace"), np.uint8)

    @cached_property
    def composition(self) -> Composition:
        """Return the running share of G and C (protein: hydrophobic letters)."""
        return Composition(self.codes, *self._plotted[1:])

    @cached_property
    def lanes(self) -> FeatureLanes:
        """Return the features in rows."""
        return FeatureLanes(self.sample.features, self.length)

    def title(self) -> str:
        """Return name, length, kind and description in one line."""
        sample = self.sample
        kind = {"dna": "DNA", "rna": "RNA"}.get(sample.alphabet, sample.alphabet)
        parts = [f"{self.length:,} {self.unit}", f"circular {kind}" if sample.circular else kind]
        description = " ".join(sample.description.split())
        return "  ·  ".join(part for part in [*parts, description] if part)
