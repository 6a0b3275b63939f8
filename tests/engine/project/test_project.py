"""The project: corrections are on the disk at once, undone and redone, and the data is never written to."""

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from biofm_desktop.engine.project import Project, load
from biofm_desktop.engine.samples import Dataset, Feature, ImageSample, LazyImage
from tests.engine.project.made import images, reopened, sequences


def test_the_same_data_finds_the_same_project_and_its_corrections(opened, tmp_path):
    opened(sequences())
    first = Project.for_data([tmp_path / "dna.csv"])
    first.set_target("s2", "promoter")
    first.close()
    second = Project.for_data([tmp_path / "dna.csv"])
    assert second.folder == first.folder
    assert second.dataset.by_key("s2").target == "promoter"


def test_other_data_gets_another_project(opened, tmp_path):
    opened(sequences())
    assert Project.for_data([tmp_path / "a.csv"]).folder != Project.for_data([tmp_path / "b" / "a.csv"]).folder


def test_a_painted_mask_is_on_the_disk_at_once_and_comes_back(project):
    painted = np.zeros((6, 8), np.int64)
    painted[2:4, 3:5] = 300
    project.set_mask("slide_1", painted)
    again = reopened(project).dataset.by_key("slide_1").mask
    assert again.dtype == np.uint16
    assert np.array_equal(again.read(), painted)


def test_undo_of_a_mask_returns_the_disk_to_what_it_was(project):
    original = project.sample("slide_1").mask.read()
    project.set_mask("slide_1", np.ones((6, 8), np.uint8))
    project.set_mask("slide_1", np.full((6, 8), 2, np.uint8))
    assert project.undo_text == "paint label 2 on slide_1"
    assert project.undo_key == "slide_1"
    project.undo()
    assert np.array_equal(reopened(project).sample("slide_1").mask.read(), np.ones((6, 8)))
    project.undo()
    assert project.corrected_keys == set()
    assert np.array_equal(project.sample("slide_1").mask.read(), original)
    assert np.array_equal(reopened(project).sample("slide_1").mask.read(), original)
    assert project.undo() is None
    project.redo()
    assert np.array_equal(reopened(project).sample("slide_1").mask.read(), np.ones((6, 8)))


def test_targets_splits_and_classes_are_undone_in_turn(opened, tmp_path):
    opened(sequences())
    project = Project.for_data([tmp_path / "dna.csv"], tmp_path / "p")
    project.set_target("s0", None)
    project.set_split("s0", "test")
    project.set_classes(["other", "promoter", "enhancer"])
    assert project.dataset.classes == ("other", "promoter", "enhancer")
    assert reopened(project).sample("s0").target is None
    project.undo()
    project.undo()
    assert project.sample("s0").split == ""
    assert reopened(project).sample("s0").split == ""
    assert project.undo() == "remove the label of s0"
    assert project.sample("s0").target == "promoter"
    assert project.redo_text == "remove the label of s0"


def test_features_of_a_sequence_come_back(opened, tmp_path):
    opened(sequences())
    project = Project.for_data([tmp_path / "dna.csv"], tmp_path / "p")
    gene = Feature(2, 9, "gene", "abc", -1, parts=((2, 4), (6, 9)))
    project.set_features("s1", [gene])
    assert reopened(project).sample("s1").features == (gene,)
    project.undo()
    assert reopened(project).sample("s1").features == ()


def test_a_renamed_class_is_renamed_in_every_label_as_one_edit(opened, tmp_path):
    opened(sequences())
    project = Project.for_data([tmp_path / "dna.csv"], tmp_path / "p")
    project.rename_class("promoter", "TATA")
    assert project.classes == ("other", "TATA")
    assert project.sample("s0").target == "TATA"
    project.undo()
    assert project.classes == ("other", "promoter")
    assert project.sample("s0").target == "promoter"


def test_a_full_disk_changes_nothing(project):
    def full(point, path):
        raise OSError(errno.ENOSPC, "no space")

    with at_points(full):
        with pytest.raises(Fault, match="disk is full"):
            project.set_mask("slide_0", np.ones((6, 8), np.uint8))
        with pytest.raises(Fault, match="disk is full"):
            project.set_target("slide_0", "odd")
    assert project.undo_text is None
    assert project.sample("slide_0").target is None
    assert reopened(project).sample("slide_0").target is None
    assert reopened(project).corrected_keys == set()
    project.set_target("slide_0", "odd")
    assert reopened(project).sample("slide_0").target == "odd"


def test_a_mask_of_another_size_or_below_zero_is_refused(project):
    with pytest.raises(Fault, match="6 x 8"):
        project.set_mask("slide_0", np.zeros((5, 5), np.uint8))
    with pytest.raises(Fault, match="-1"):
        project.set_mask("slide_0", np.full((6, 8), -1))
    with pytest.raises(Fault, match="whole numbers"):
        project.set_mask("slide_0", np.zeros((6, 8)))


def test_a_volume_of_any_depth_keeps_its_shape(opened, tmp_path):
    for depth in (1, 3):
        voxels = LazyImage.of(np.zeros((depth, 4, 5), np.int16))
        opened(Dataset("ct", (ImageSample(key="scan", pixels=voxels, axes="ZYX"),)))
        project = Project.for_data([tmp_path / f"ct{depth}.nii"], tmp_path / f"p{depth}")
        project.set_mask("scan", np.ones((depth, 4, 5), np.uint8))
        assert reopened(project).sample("scan").mask.read().shape == (depth, 4, 5)


def test_load_lays_corrections_over_a_project_folder(project, tmp_path):
    project.set_split("slide_2", "val")
    assert load([project.folder]).by_key("slide_2").split == "val"
    assert load([tmp_path / "cells"]).by_key("slide_2").split == ""


def test_odd_keys_make_safe_file_names(opened, tmp_path):
    keys = ("../../evil", "a/b", "a:b?", "ü" * 200, ".")
    pixels = LazyImage.of(np.zeros((2, 2), np.uint8))
    opened(Dataset("odd", tuple(ImageSample(key=key, pixels=pixels) for key in keys)))
    project = Project.for_data([tmp_path / "odd"], tmp_path / "p")
    for value, key in enumerate(keys, 1):
        project.set_mask(key, np.full((2, 2), value, np.uint8))
    project.close()
    assert len(list((project.folder / "labels").iterdir())) == len(keys)
    assert [int(sample.mask.read().max()) for sample in reopened(project).dataset] == [1, 2, 3, 4, 5]


def test_run_folders_are_numbered_and_listed(project):
    first, second = project.new_run_folder("unet"), project.new_run_folder("a/b c")
    assert first.name.endswith("-1-unet")
    assert second.name.endswith("-2-a_b_c")
    assert project.runs() == [first, second]
    assert project.new_prediction_folder("unet").parent.name == "predictions"


def test_corrections_of_samples_that_are_gone_are_kept_and_told(project, opened):
    project.set_target("slide_2", "odd")
    opened(replace(images(), samples=images().samples[:2]))
    project.close()
    again = Project.open(project.folder)
    assert "slide_2" in str(again.dataset.problems[-1])
    again.set_target("slide_0", "even")
    again.close()
    opened(images())
    assert reopened(project).sample("slide_2").target == "odd"


def test_a_broken_label_file_is_made_anew_from_the_journal(project):
    painted = np.zeros((6, 8), np.uint8)
    painted[1:4, 2:5] = 7
    project.set_mask("slide_0", painted)
    project.close()
    for path in (project.folder / "labels" / "slide_0.zarr").rglob("*"):
        if path.is_file() and path.name != "zarr.json":
            path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    again = Project.open(project.folder)
    assert np.array_equal(again.sample("slide_0").mask.read(), painted)
    again.close()
    assert np.array_equal(Project.open(project.folder).sample("slide_0").mask.read(), painted)


def test_data_opens_where_the_project_cannot_be_written(opened, tmp_path):
    opened(images())

    def readonly(point, path: Path):
        raise OSError(errno.EROFS, "read-only")

    with at_points(readonly):
        project = Project.for_data([tmp_path / "cells"], tmp_path / "p")
        assert "read-only" in str(project.dataset.problems[-1])
        with pytest.raises(Fault, match="read-only"):
            project.set_target("slide_0", "odd")
    project.set_target("slide_0", "odd")
    assert reopened(project).sample("slide_0").target == "odd"
