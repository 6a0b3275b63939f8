"""A molecule."""

from dataclasses import dataclass

from .base import Sample


@dataclass(frozen=True, eq=False, kw_only=True)
class MoleculeSample(Sample):
    """A molecule as written: ``smiles``, or a ``molblock`` with coordinates, or both.

    ``canonical`` is one text for one molecule however it was written (RDKit's canonical SMILES): what tells that two
    samples are the same. ``atoms`` and ``bonds`` are those written, hydrogens that are only meant left out.
    """

    smiles: str
    canonical: str
    molblock: str = ""
    atoms: int = 0
    bonds: int = 0
