"""The places of a molecule's atoms."""

from dataclasses import dataclass

from .base import Sample
from .image import LazyImage


@dataclass(frozen=True)
class Chain:
    """One chain: its ``residues`` and, where it is a polymer, one letter for each residue of it."""

    name: str
    letters: str = ""
    residues: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class StructureSample(Sample):
    """Atoms in space, of the first of its ``models``.

    ``coordinates`` are (atoms, 3) float32 in Å, read when they are asked for.
    """

    atoms: int
    chains: tuple[Chain, ...]
    coordinates: LazyImage
    models: int = 1
    description: str = ""
