"""Structures of gemmi as samples, with the checks that gemmi does not make."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Chain, LazyImage, Problem, StructureSample

from .entry import Entry, shown
from .left_out import some
from .text_lines import COPY

if TYPE_CHECKING:
    from gemmi import Structure

_FARTHEST = 100_000.0  # Å; ten times the largest virus
_UNKNOWN = {"UNK", "UNX", "UNL", "N", "DN"}

Read = Callable[[Entry], "Structure"]


def structure_sample(entry: Entry, structure: "Structure", again: Read, problems: list[Problem]) -> StructureSample:
    """Return the first model as a sample; raise `Fault` where it holds no atom or one without a place.

    ``again`` reads the file anew, for the coordinates.
    """
    atoms = list(_atoms(structure))
    if not atoms:
        raise Fault(entry.name, "it holds no atom", "Choose another file")
    for chain, residue, atom in atoms:
        far = max(abs(atom.pos.x), abs(atom.pos.y), abs(atom.pos.z))
        if not far <= _FARTHEST:  # NaN too
            place = f"({atom.pos.x:g}, {atom.pos.y:g}, {atom.pos.z:g})"
            fault = f"the atom {_called(chain, residue, atom)} is at {place}, which is no place in a molecule"
            raise Fault(entry.name, fault, COPY)
    _tell_doubts(entry, structure, atoms, problems)
    load = partial(_coordinates, entry, again, len(atoms))
    return StructureSample(
        key=entry.stem,
        source=entry.source,
        atoms=len(atoms),
        chains=tuple(_chains(structure)),
        coordinates=LazyImage((len(atoms), 3), np.float32, load),
        models=len(structure),
        description=shown(structure.info["_struct.title"][:1000]) if "_struct.title" in structure.info else "",
    )


def _atoms(structure: "Structure") -> Iterator[tuple[Any, Any, Any]]:
    """Give chain, residue and atom of the first model; of alternative places the one of the highest occupancy."""
    for chain in structure[0] if len(structure) else ():
        for residue in chain:
            taken: dict[str, Any] = {}
            for atom in residue:
                if atom.altloc == "\0":
                    yield chain, residue, atom
                elif atom.name not in taken or atom.occ > taken[atom.name].occ:
                    taken[atom.name] = atom
            yield from ((chain, residue, atom) for atom in taken.values())


def _called(chain: Any, residue: Any, atom: Any) -> str:
    return shown(f"{atom.name} of {residue.name} {residue.seqid} in chain {chain.name}")


def _tell_doubts(entry: Entry, structure: "Structure", atoms: list[Any], problems: list[Problem]) -> None:
    import gemmi

    times = Counter((_called(*three), three[2].element.name) for three in atoms)  # CA is a carbon, or calcium
    doubled = [name for (name, _), count in times.items() if count > 1]
    if doubled:
        message = f"{len(doubled)} atoms are doubled (at two places): {some(doubled)}; all were kept"
        problems.append(Problem(entry.name, message))
    alternatives = sum(atom.altloc != "\0" for chain in structure[0] for residue in chain for atom in residue)
    if alternatives:
        message = f"{alternatives} atoms are at alternative places; those of the highest occupancy were taken"
        problems.append(Problem(entry.name, message))
    polymer = {residue.name for _, residue, _ in atoms if residue.het_flag != "H"} - _UNKNOWN
    strange = sorted(name for name in polymer if not gemmi.find_tabulated_residue(name).found())
    if strange:
        message = f"its residues {some(map(shown, strange))} are not known; they have no letter in the sequence"
        problems.append(Problem(entry.name, message))
    if len(structure) > 1:
        problems.append(Problem(entry.name, f"it holds {len(structure)} models; the first is shown"))


def _chains(structure: "Structure") -> Iterator[Chain]:
    import gemmi

    structure.setup_entities()
    for chain in structure[0]:
        polymer = chain.get_polymer()
        names = [residue.name for residue in polymer.first_conformer()] if len(polymer) else []
        if not names:  # single atoms a residue are not told to be a polymer
            residues = [residue for residue in chain if residue.het_flag != "H"]
            names = [r.name for r in residues if gemmi.find_tabulated_residue(r.name).is_amino_acid()]
        letters = (gemmi.find_tabulated_residue(name).one_letter_code.strip().upper() for name in names)
        yield Chain(shown(chain.name), "".join(letter or "X" for letter in letters), len(chain))


def _coordinates(entry: Entry, again: Read, count: int) -> NDArray[Any]:
    places = [(atom.pos.x, atom.pos.y, atom.pos.z) for _, _, atom in _atoms(again(entry))]
    if len(places) != count:
        raise Fault(entry.name, "the file has changed since it was opened", "Open it again")
    return np.array(places, np.float32)
