"""Cells of a table are corrected, taken back and still there after a restart."""

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "genes.csv"
    path.write_text("id,age,stain\np1,34,HE\np2,,PAS\n")
    return path


def test_a_corrected_cell_is_what_the_row_says_from_then_on(table, tmp_path):
    project = Project.for_data([table], tmp_path / "project")
    project.set_column("p1", "age", "43.5")
    project.set_column("p2", "stain", "H&E")
    assert project.sample("p1").cells == {"id": "p1", "age": 43.5, "stain": "HE"}
    assert project.sample("p1").numbers().tolist() == [43.5]
    assert project.sample("p2").cells["stain"] == "H&E"
    project.close()
    again = Project.for_data([table], tmp_path / "project")
    assert again.sample("p1").cells["age"] == 43.5
    again.undo()
    assert again.undo_text == "edit age of p1"
    again.undo()
    assert again.sample("p1").numbers().tolist() == [34]
    again.set_column("p1", "age", " ")
    assert np.isnan(again.sample("p1").numbers()[0])
    again.close()
    assert table.read_text() == "id,age,stain\np1,34,HE\np2,,PAS\n"


@pytest.mark.parametrize(("column", "text", "told"), [("age", "old", "is not a number"), ("height", "1", "no column")])
def test_what_cannot_stand_in_a_cell_is_refused_and_changes_nothing(table, tmp_path, column, text, told):
    project = Project.for_data([table], tmp_path / "project")
    with pytest.raises(Fault, match=told):
        project.set_column("p1", column, text)
    assert project.undo_text is None
    project.close()
