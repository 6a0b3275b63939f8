"""SMILES files and tables, SDF."""

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.samples import MoleculeSample

ATOMS = "    0.0000    0.0000    0.0000 C   0  0\n    1.5000    0.0000    0.0000 O   0  0\n"
SDF = f"x\n  MADE\n\n  2  1  0  0  0  0  0  0  0  0999 V2000\n{ATOMS}  1  2  1  0\nM  END\n> <logS>\n-0.5\n\n$$$$\n"


def opened(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_data([path])


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


def test_smiles_keep_what_is_written_and_get_one_key(tmp_path):
    dataset = opened(tmp_path / "a.smi", "OCC ethanol\r\nc1ccccc1\tbenzene\r\n")
    assert [(m.key, m.smiles, m.canonical, m.atoms) for m in dataset] == [
        ("ethanol", "OCC", "CCO", 3),
        ("benzene", "c1ccccc1", "c1ccccc1", 6),
    ]
    assert isinstance(dataset.samples[0], MoleculeSample)
    assert not dataset.problems


@pytest.mark.parametrize(
    ("smiles", "word"),
    [
        ("C(C)(C)(C)(C)(C)C", "valence"),
        ("C1CCC", "ring"),
        ("[Na+", "no SMILES"),
        ("[Xx]C", "no SMILES"),
        ("[C+99999]", "charge"),
        ("[999C]", "isotope"),
        ("C" * 20_000, "too long"),
        ("C(" * 600 + "C" + ")" * 600, "deep"),
        ("C\0C", "letter"),
        ("Cé", "letter"),
    ],
)
def test_what_is_no_molecule_is_named_by_its_line(tmp_path, capfd, smiles, word):
    dataset = opened(tmp_path / "a.smi", f"{smiles} bad\nCCO good\n")
    assert [molecule.key for molecule in dataset] == ["good"]
    assert told(dataset, "a.smi", "1 of 2", "line 1", word)
    assert capfd.readouterr() == ("", "")  # RDKit's words are kept, not printed
    with pytest.raises(Fault, match=r"a\.smi, line 1"):
        opened(tmp_path / "a.smi", f"{smiles} bad\n")


def test_one_molecule_written_twice_is_told(tmp_path):
    assert told(opened(tmp_path / "a.smi", "CC(=O)O one\nOC(C)=O two\n"), "doubled", "one = two")


def test_a_name_that_is_a_formula_stays_text_and_a_key_is_a_file_name(tmp_path):
    dataset = opened(tmp_path / "a.smi", "CCO =1+1\nCCC ../../x\n")
    assert all("/" not in molecule.key for molecule in dataset)


def test_a_table_gives_target_split_and_columns(tmp_path):
    text = "name,SMILES,logS,split\nethanol,OCC,-0.5,train\nbad,C(C,1,test\n"
    dataset = opened(tmp_path / "a.csv", text)
    (molecule,) = dataset
    assert (molecule.key, molecule.canonical, molecule.target, molecule.split) == ("ethanol", "CCO", "-0.5", "train")
    assert molecule.columns["logS"] == "-0.5"
    assert told(dataset, "a.csv", "line 3")


def test_sdf_keeps_coordinates_and_properties(tmp_path):
    dataset = opened(tmp_path / "a.sdf", SDF * 2)
    assert [(m.canonical, m.atoms, m.bonds, m.columns["logS"]) for m in dataset] == [("CO", 2, 1, "-0.5")] * 2
    assert dataset.samples[0].molblock.endswith("M  END\n")
    assert told(dataset, "doubled")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("  2  1  0", "999  1  0"), "fewer atoms"),
        (("  1  2  1  0\n", "  1 77  1  0\n"), "not there"),
        (("  1  2  1  0\n", "  1  1  1  0\n"), "itself"),
        (("    1.5000", "       nan"), "coordinate"),
        (("M  END", ""), "truncated"),
        (("  2  1  0", "  x  1  0"), "fourth line"),
    ],
)
def test_a_bad_record_is_named_and_the_others_stay(tmp_path, change, word):
    bad = SDF.replace(*change, 1)
    with pytest.raises(Fault, match=rf"a\.sdf, record 1: .*{word}"):
        opened(tmp_path / "a.sdf", bad)
    assert told(opened(tmp_path / "a.sdf", bad + SDF), "record 1", word)


@pytest.mark.parametrize(("name", "word"), [("a.smi", "no molecule"), ("a.sdf", "no molecule")])
def test_an_empty_file_holds_no_molecule(tmp_path, name, word):
    with pytest.raises(Fault, match=word):
        opened(tmp_path / name, "")


def test_reading_ends_where_nothing_is_sound(tmp_path, monkeypatch):
    monkeypatch.setattr("biofm_desktop.engine.formats.left_out._HOPELESS", 3)
    with pytest.raises(Fault, match="2 more lines"):
        opened(tmp_path / "a.smi", "C(C bad\n" * 50)
