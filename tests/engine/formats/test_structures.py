"""PDB and mmCIF."""

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data


def atom(number, residue, x="1.000", name=" CA ", what="ALA", alternative=" ", share="1.00"):
    place = f"{residue:>4}    {x:>8}   2.000   3.000"
    return f"ATOM  {number:>5} {name}{alternative}{what} A{place}  {share} 10.00           C  \n"


PDB = atom(1, 1) + atom(2, 2, "4.500", what="LYS") + "END\n"
CIF = """data_MADE
_entry.id MADE
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_seq_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_asym_id
ATOM 1 C CA . ALA A 1 1.0 2.0 3.0 1.0 10.0 1 A
ATOM 2 C CA . LYS A 2 4.5 2.0 3.0 1.0 10.0 2 A
"""


def opened(path, text):
    path.write_text(text)
    return open_data([path])


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


@pytest.mark.parametrize(("name", "text"), [("a.pdb", PDB), ("a.cif", CIF), ("x", PDB), ("y", CIF)])
def test_atoms_chains_and_coordinates_are_read(tmp_path, name, text):
    dataset = opened(tmp_path / name, text)
    (sample,) = dataset
    assert (sample.atoms, sample.models) == (2, 1)
    assert [(chain.name, chain.letters, chain.residues) for chain in sample.chains] == [("A", "AK", 2)]
    places = sample.coordinates.read()
    assert (places.dtype, places.tolist()) == (np.float32, [[1, 2, 3], [4.5, 2, 3]])
    assert not dataset.problems


@pytest.mark.parametrize("cell", ["nan", "oops", "1e+30", "1.00 ", "1234"])
def test_a_coordinate_that_is_none_is_named_by_its_line(tmp_path, cell):
    with pytest.raises(Fault, match=r"a\.pdb, line 2: the atom's columns"):
        opened(tmp_path / "a.pdb", atom(1, 1) + atom(2, 2, cell))


def test_columns_that_are_shifted_are_refused(tmp_path):
    with pytest.raises(Fault, match="columns do not fit"):
        opened(tmp_path / "a.pdb", PDB.replace("ATOM  ", "ATOM "))


def test_of_alternative_places_the_fuller_one_is_taken(tmp_path):
    both = atom(1, 1, "1.000", alternative="A", share="0.30") + atom(2, 1, "9.000", alternative="B", share="0.70")
    dataset = opened(tmp_path / "a.pdb", both)
    assert dataset.samples[0].coordinates.read().tolist() == [[9, 2, 3]]
    assert told(dataset, "alternative")


def test_a_doubled_atom_and_a_residue_that_nobody_knows_are_told(tmp_path):
    dataset = opened(tmp_path / "a.pdb", atom(1, 1) + atom(2, 1, "9.000") + atom(3, 2, what="XYZ"))
    assert told(dataset, "doubled", "CA of ALA 1")
    assert told(dataset, "XYZ")


def test_the_first_of_several_models_is_taken_and_an_open_one_refused(tmp_path):
    two = f"MODEL        1\n{atom(1, 1)}ENDMDL\nMODEL        2\n{atom(1, 1)}ENDMDL\nEND\n"
    dataset = opened(tmp_path / "a.pdb", two)
    assert (dataset.samples[0].models, dataset.samples[0].atoms) == (2, 1)
    with pytest.raises(Fault, match="MODEL"):
        opened(tmp_path / "a.pdb", two.replace("ENDMDL\n", "", 1))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (CIF[:-12], "row"),
        (CIF + "_x.y 'never closed\n", "line 21.*quote"),
        (CIF + "_x.y\n;never ends\n", "text block"),
        (CIF + CIF, "block.*MADE"),
        (CIF + "_entry.id OTHER\n", r"_entry\.id"),
        (CIF.replace("4.5 2.0 3.0", "? . ?"), "CA of LYS 2"),
        (CIF.replace("4.5 2.0", "1e30 2.0"), "CA of LYS 2"),
        ("data_X\n_entry.id X\n", "no atom"),
        (CIF.replace("_atom_site.id", "_atom_site.other"), "lacks columns: id"),
        (CIF.replace("_atom_site.label_atom_id", "_atom_site.other"), "lacks their names"),
    ],
)
def test_what_is_wrong_with_mmcif_is_named(tmp_path, text, word):
    with pytest.raises(Fault, match=word):
        opened(tmp_path / "a.cif", text)


@pytest.mark.parametrize("name", ["a.pdb", "a.cif"])
def test_an_empty_file_holds_no_atom(tmp_path, name):
    with pytest.raises(Fault, match="no atom"):
        opened(tmp_path / name, "")


def test_coordinates_of_a_file_that_has_changed_are_not_mixed_up(tmp_path):
    (sample,) = opened(tmp_path / "a.pdb", PDB)
    (tmp_path / "a.pdb").write_text(atom(1, 1))
    with pytest.raises(Fault, match="changed"):
        sample.coordinates.read()
