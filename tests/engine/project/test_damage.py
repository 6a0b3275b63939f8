"""Damaged, foreign and newer project files: never a silent loss, and a way back."""

import shutil
import sqlite3

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.checking import check
from biofm_desktop.engine.project.database import DATABASE, Damaged, Database, create, upgrade
from biofm_desktop.engine.project.generations import put_back, sound_generations


@pytest.fixture
def saved(project):
    """A closed project with 60 strokes, a saved state after 40 of them."""
    random = np.random.default_rng(1)
    for number in range(60):
        mask = project.sample("slide_0").mask.read().astype(np.uint16)
        mask[random.integers(0, 6), :] = number
        project.set_mask("slide_0", mask)
        project.set_target("slide_1", f"{'x' * 300}{number}")
        if number == 39:
            kept = project.sample("slide_0").mask.read()
            edits = project.save().counts["edits"]
    project.close()
    return project.folder, kept, edits


def truncated(data):
    return data[: len(data) // 2]


def flipped(data):
    place = data.index(b"x" * 200) + 50
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def zeroed(data):
    place = data.index(b"x" * 200) // 4096 * 4096
    return data[:place] + bytes(4096) + data[place + 4096 :]


def beheaded(data):
    return b"not a database at all" + data[21:]


@pytest.mark.parametrize("harm", [truncated, flipped, zeroed, beheaded])
def test_damage_is_told_and_the_last_sound_state_takes_its_place(saved, harm):
    folder, kept, edits = saved
    path = folder / DATABASE
    path.write_bytes(harm(path.read_bytes()))
    harmed = path.read_bytes()
    with pytest.raises(Damaged) as told:
        Project.open(folder)
    assert str(path) in told.value.message
    assert path.read_bytes() == harmed
    assert check(folder).faults
    beside = put_back(folder, sound_generations(folder)[0])
    assert (beside / DATABASE).read_bytes() == harmed
    again = Project.open(folder)
    assert np.array_equal(again.sample("slide_0").mask.read(), kept)
    assert len(again.history[0]) == edits
    again.close()


@pytest.mark.parametrize("table", ["journal", "bases", "about"])
def test_a_dropped_table_is_told(saved, table):
    folder, *_ = saved
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute(f"DROP TABLE {table}")
    connection.close()
    with pytest.raises(Damaged, match=table):
        Project.open(folder)


def test_rows_taken_from_the_journal_are_missed(saved):
    folder, *_ = saved
    connection = sqlite3.connect(folder / DATABASE)
    for words, told in (("DELETE FROM journal WHERE id = 50", "row 50"), ("DELETE FROM journal WHERE id > 50", "49")):
        connection.execute(words)
        connection.commit()
        with pytest.raises(Damaged, match=told):
            Project.open(folder)
    connection.close()


def test_a_newer_version_is_refused_untouched(saved):
    folder, *_ = saved
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (folder / DATABASE).read_bytes()
    with pytest.raises(Fault, match="later version") as told:
        Project.open(folder)
    assert not isinstance(told.value, Damaged)
    assert (folder / DATABASE).read_bytes() == before


@pytest.mark.parametrize(
    "foreign",
    [
        "CREATE TABLE strange (x)",
        "CREATE VIEW journal2 AS SELECT * FROM journal",
        "CREATE TRIGGER bad AFTER INSERT ON journal BEGIN DELETE FROM journal; END",
    ],
)
def test_foreign_tables_views_and_triggers_are_refused(saved, foreign):
    folder, *_ = saved
    with sqlite3.connect(folder / DATABASE) as connection:
        connection.execute(foreign)
    connection.close()
    with pytest.raises(Fault, match="no project of ours"):
        Project.open(folder)


def test_the_schema_made_at_once_is_the_schema_of_the_migrations(tmp_path):
    create(tmp_path / "made.db", {"name": "x"})
    sqlite3.connect(tmp_path / "migrated.db").close()
    upgrade(tmp_path / "migrated.db")
    schemas = []
    for name in ("made.db", "migrated.db"):
        connection = sqlite3.connect(tmp_path / name)
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        schemas.append(
            [(table, " ".join(words.replace("\n", " ").split()).replace("( ", "(")) for table, words in rows]
        )
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("0001",)]
        connection.close()
    assert [table for table, _ in schemas[0]] == [table for table, _ in schemas[1]]
    assert dict(schemas[0])["journal"] == dict(schemas[1])["journal"]
    Database(tmp_path / "migrated.db").close()


def test_a_changed_line_of_the_audit_log_is_found(saved):
    folder, *_ = saved
    log = folder / "audit.log"
    assert check(folder).faults == ()
    lines = log.read_text().splitlines(keepends=True)
    assert len(lines) >= 3
    log.write_text("".join([lines[0], lines[1].replace("edited", "opened"), *lines[2:]]))
    assert any("line 2" in fault for fault in check(folder).faults)
    log.write_text("".join([lines[0], *lines[2:]]))
    assert any("line 2" in fault for fault in check(folder).faults)


def test_moved_data_is_found_again_by_its_contents(tmp_path):
    from biofm_desktop.engine.project.checking import missing, relocate
    from biofm_desktop.engine.project.sources import Moved

    data = tmp_path / "a" / "dna.csv"
    data.parent.mkdir()
    data.write_text("sequence,label\nACGTACGT,x\nACGTACGA,y\n")
    project = Project.for_data([data], tmp_path / "p")
    key = project.dataset.samples[0].key
    project.set_target(key, "y")
    project._store._keep()
    project.close()
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / "b" / "decoy.csv").write_text("sequence,label\nACGTACGT,x\nACGTACGA,z\n")
    renamed = tmp_path / "b" / "deep" / "other name.csv"
    shutil.move(data, renamed)
    with pytest.raises(Moved, match="not there any more"):
        Project.open(tmp_path / "p")
    assert missing(tmp_path / "p") == [data]
    with pytest.raises(Fault, match="not in"):
        relocate(tmp_path / "p", tmp_path / "a")
    with pytest.raises(Fault, match="its name is another"):
        relocate(tmp_path / "p", tmp_path / "b")
    back = renamed.rename(renamed.with_name("dna.csv"))
    assert relocate(tmp_path / "p", tmp_path / "b") == [(data, back)]
    again = Project.open(tmp_path / "p")
    assert again.sample(key).target == "y"
    again.close()


def test_copied_data_stays_when_the_original_goes_and_moves_with_its_project(tmp_path):
    data = tmp_path / "dna.csv"
    data.write_text("sequence,label\nACGTACGT,x\n")
    Project.for_data([data], tmp_path / "p", copy=True).close()
    data.unlink()
    shutil.move(tmp_path / "p", tmp_path / "elsewhere")
    again = Project.open(tmp_path / "elsewhere")
    assert again.sources == (tmp_path / "elsewhere" / "data" / "dna.csv",)
    assert again.dataset.samples[0].target == "x"
    again.close()
