"""Molecules from SMILES, by RDKit, with its words kept instead of printed and its blind spots looked at first."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.samples import MoleculeSample, Problem

from .entry import Entry
from .left_out import some

if TYPE_CHECKING:
    from rdkit.Chem import Mol

_LONGEST, _DEEPEST, _MOST_RINGS = 10_000, 500, 400
_CHARGE = re.compile(r"\[[^\[\]]*?[+-](\d+)")
_ISOTOPE = re.compile(r"\[(\d+)")
_HIGHEST_CHARGE, _HEAVIEST = 15, 300
_SIGNS = re.compile(r"[A-Za-z0-9@+\-\[\]().=#$:/\\%*~!&,;?<>{}]+")

_REASONS = {
    "unclosed ring": "a ring never closes",
    "open parenthes": "a bracket never closes",
    "close parenthes": "a bracket closes that was not opened",
    "self-bond": "a bond leads from an atom to itself",
    "getEndAtomIdx": "a bond leads to an atom that is not there",
    "getBeginAtomIdx": "a bond leads to an atom that is not there",
    "Atom line too short": "it has fewer atoms than its fourth line counts",
    "Cannot process coordinates": "a coordinate is no number",
    "syntax error": "its letters are in no order that SMILES knows",
}


@contextmanager
def told_by_rdkit() -> Iterator[list[str]]:
    """Keep what RDKit would print, as one text once the block has ended."""
    import logging

    from rdkit import rdBase

    words: list[str] = []
    keeper = logging.Handler()
    keeper.emit = lambda record: words.append(record.getMessage().strip())  # type: ignore[method-assign]
    logger = logging.getLogger("rdkit")
    before, spread = logger.handlers[:], logger.propagate
    logger.handlers, logger.propagate = [keeper], False
    rdBase.LogToPythonLogger()
    try:
        yield words
    finally:
        rdBase.LogToCppStreams()
        logger.handlers, logger.propagate = before, spread


def fault_of_smiles(text: str) -> str:
    """Return what is wrong with a SMILES before RDKit sees it; empty where nothing is."""
    if len(text) > _LONGEST:
        return f"it is too long for a SMILES ({len(text):,} letters, {_LONGEST:,} are read)"
    if not _SIGNS.fullmatch(text):
        return "it holds a letter that no SMILES has"
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth > _DEEPEST:
            return f"its branches are nested more than {_DEEPEST} deep"
    if any(int(number) > _HIGHEST_CHARGE for number in _CHARGE.findall(text) if number):
        return f"it has an atom with a charge beyond {_HIGHEST_CHARGE}"
    if any(int(number) > _HEAVIEST for number in _ISOTOPE.findall(text)):
        return f"it has an isotope beyond {_HEAVIEST}"
    return ""


def molecule_of_smiles(text: str, words: list[str]) -> "Mol | str":
    """Return a molecule, or what is wrong with it; ``words`` are those of `told_by_rdkit`."""
    from rdkit import Chem

    if fault := fault_of_smiles(text):
        return fault
    del words[:]
    molecule = Chem.MolFromSmiles(text, sanitize=False)
    if molecule is None or not molecule.GetNumAtoms():
        return "it is no SMILES" + because(words)
    return sanitized(molecule) or molecule


def sanitized(molecule: "Mol") -> str:
    """Make RDKit look for rings, valences and aromaticity; return what is wrong, or an empty text."""
    from rdkit import Chem

    rings = molecule.GetNumBonds() - molecule.GetNumAtoms() + 1
    if rings > _MOST_RINGS:
        return f"it has {rings:,} rings, too many to be found in a short time"
    try:
        Chem.SanitizeMol(molecule)
    except Exception as error:  # noqa: BLE001 - RDKit raises classes of its own, made in C++
        valence = re.search(r"atom # (\d+) (\w+), (\d+)", str(error))
        if valence is None:
            return "it is no molecule that can be"
        return f"it is no molecule that can be: atom {int(valence[1]) + 1}, {valence[2]}, has a valence of {valence[3]}"
    return ""


def because(words: list[str]) -> str:
    """Return in brackets what RDKit's words mean, where that is known."""
    told = " ".join(words)
    return next((f" ({meaning})" for mark, meaning in _REASONS.items() if mark in told), "")


def molecule_sample(
    key: str, molecule: "Mol", source: Path, *, smiles: str = "", molblock: str = "", **facts: Any
) -> MoleculeSample:
    """Return the sample of a molecule that RDKit knows."""
    from rdkit import Chem

    canonical = Chem.MolToSmiles(molecule)
    return MoleculeSample(
        key=key,
        source=source,
        smiles=smiles or canonical,
        canonical=canonical,
        molblock=molblock,
        atoms=molecule.GetNumAtoms(),
        bonds=molecule.GetNumBonds(),
        **facts,
    )


def tell_doubled(entry: Entry, samples: list[MoleculeSample], problems: list[Problem]) -> None:
    """Tell which samples are one molecule written twice: a leak where they fall on both sides of a split."""
    keys: dict[str, list[str]] = {}
    for sample in samples:
        keys.setdefault(sample.canonical, []).append(sample.key)
    doubled = [" = ".join(names[:3]) for names in keys.values() if len(names) > 1]
    if doubled:
        message = f"{len(doubled)} molecules are doubled, also where they are written another way: {some(doubled)}"
        problems.append(Problem(entry.name, message))
