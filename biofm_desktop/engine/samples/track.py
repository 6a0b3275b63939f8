"""Features along a reference sequence whose letters are elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from .base import Sample
from .sequence import Feature


@dataclass(frozen=True, eq=False, kw_only=True)
class TrackSample(Sample):
    """The features of one reference sequence (a chromosome, a contig).

    ``cells`` has for each feature what else its line says (``ref``, ``alt``, ``filter``, a genotype by its sample's
    name), as text. ``length`` is the reference's, where the file states it.
    """

    reference: str
    features: tuple[Feature, ...] = ()
    cells: tuple[Mapping[str, str], ...] = ()
    length: int | None = None

    def __len__(self) -> int:
        return len(self.features)
