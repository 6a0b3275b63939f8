"""Whose a sample is: from a column, a folder or a file's name."""

import pytest
from PIL import Image

from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.formats.groups import is_group_folder


def png(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), len(path.name)).save(path)
    return path


@pytest.mark.parametrize(
    "name", ["group", "patient", "patient_id", "subject", "slide", "donor", "family", "case", "Donor_ID", "Patient"]
)
@pytest.mark.parametrize(
    "table",
    ["sequence,label,{}\nACGT,a,p1\nCCGT,b,p1\n", "one,two,label,{}\n1,2,a,p1\n3,4,b,p1\n"],
    ids=["sequences", "numbers"],
)
def test_a_column_names_the_group(tmp_path, name, table):
    (tmp_path / "t.csv").write_text(table.format(name))
    assert [s.group for s in open_data([tmp_path / "t.csv"])] == ["p1", "p1"]


@pytest.mark.parametrize(
    "table",
    ["smiles,label,donor\nCCO,a,p1\nCCN,b,p1\n", "text,label,donor\nsome words,a,p1\nother words,b,p1\n"],
    ids=["molecules", "texts"],
)
def test_tables_of_molecules_and_texts_have_groups_too(tmp_path, table):
    (tmp_path / "t.csv").write_text(table)
    assert [s.group for s in open_data([tmp_path / "t.csv"])] == ["p1", "p1"]


def test_a_column_that_parts_cases_from_controls_is_no_group(tmp_path):
    (tmp_path / "t.csv").write_text("one,two,case\n1,2,0\n3,4,1\n5,6,1\n")
    dataset = open_data([tmp_path / "t.csv"])
    assert {s.group for s in dataset} == {""}
    assert dataset.samples[1].cells["case"] == 1


def test_an_index_beside_images_names_the_group(tmp_path):
    png(tmp_path / "images" / "a.png")
    png(tmp_path / "labels" / "a.png")
    (tmp_path / "index.csv").write_text("name,donor\na,d7\n")
    assert open_data([tmp_path]).samples[0].group == "d7"


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("round/patient_01/1.png", ("round", "", "patient_01")),
        ("patient_01/round/1.png", ("round", "", "patient_01")),
        ("train/round/slide7/1.png", ("round", "train", "slide7")),
        ("train/slide7/round/1.png", ("round", "train", "slide7")),
        ("round/sub-rat5/1.png", ("round", "", "sub-rat5")),
        ("train/case_1/1.png", ("case_1", "train", "")),
    ],
)
def test_a_folder_above_or_below_the_class_is_the_group(tmp_path, place, told):
    png(tmp_path / place)
    png(tmp_path / place.replace("round", "long").replace("case_1", "other"))
    sample = next(s for s in open_data([tmp_path]) if s.target != "long" and s.target != "other")
    assert (sample.target, sample.split, sample.group) == told


def test_folders_of_patients_alone_are_groups_and_no_classes(tmp_path):
    for place in ("patient_1/a.png", "patient_1/b.png", "patient_2/c.png"):
        png(tmp_path / place)
    dataset = open_data([tmp_path])
    assert dataset.classes == ()
    assert [(s.target, s.group) for s in dataset] == [(None, "patient_1"), (None, "patient_1"), (None, "patient_2")]


def test_a_folder_of_a_patient_among_images_with_labels_is_the_group(tmp_path):
    for kind in ("images", "labels"):
        png(tmp_path / kind / "patient_3" / "a.png")
    (sample,) = open_data([tmp_path])
    assert (sample.group, sample.labelled) == ("patient_3", True)


@pytest.mark.parametrize("name", ["patient_01", "Patient7", "sub-03", "sub-rat5", "slide A12", "case-0001", "mouse12"])
def test_names_of_patients_slides_and_animals(name):
    assert is_group_folder(name)


@pytest.mark.parametrize("name", ["patient", "ratio1", "subtype1", "class_1", "group1", "cases", "scan1", "normal"])
def test_names_of_classes_are_no_groups(name):
    assert not is_group_folder(name)
