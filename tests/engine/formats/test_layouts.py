"""Folders, archives and several files."""

import time
import zipfile

import nibabel
import numpy as np
import pytest
from PIL import Image

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import FORMATS, LAYOUTS, open_data
from tests.engine.formats.made import ct_slice, png, ramp


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


def labels(*values):
    mask = np.zeros((6, 8), np.uint8)
    mask.flat[: len(values)] = values
    return mask


def test_every_format_and_layout_has_a_name_a_title_and_endings():
    assert all(known.title and known.suffixes and known.takes for known in FORMATS)
    assert all(layout.title for layout in LAYOUTS)


@pytest.mark.parametrize("folder", ["labels", "masks"])
def test_an_image_and_its_label_are_paired_by_stem(tmp_path, folder):
    png(tmp_path / "images" / "a.png")
    png(tmp_path / folder / "a.png", labels(0, 1, 2))
    dataset = open_data([tmp_path])
    assert [(s.key, s.labelled, s.mask.read().max()) for s in dataset] == [("a", True, 2)]
    assert not dataset.instances
    assert not dataset.problems


def test_index_and_classes_beside_the_images_give_split_group_and_names(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / "images" / f"{name}.png")
        png(tmp_path / "labels" / f"{name}.png", labels(0, 1))
    (tmp_path / "index.csv").write_text("name,split,patient,stain\na,train,p1,x\nb,test,p2,y\n")
    (tmp_path / "classes.csv").write_text("value,name\n0,ground\n1,cell\n")
    dataset = open_data([tmp_path])
    assert dataset.classes == ("ground", "cell")
    assert [(s.split, s.group, s.columns["stain"]) for s in dataset] == [("train", "p1", "x"), ("test", "p2", "y")]


def test_folders_above_or_below_give_the_split(tmp_path):
    png(tmp_path / "train" / "images" / "a.png")
    png(tmp_path / "train" / "masks" / "a_mask.png", labels(1))
    png(tmp_path / "val" / "images" / "a.png")
    png(tmp_path / "val" / "masks" / "a_mask.png", labels(1))
    dataset = open_data([tmp_path])
    assert [(s.key, s.split, s.labelled) for s in dataset] == [
        ("train_images_a", "train", True),
        ("val_images_a", "val", True),
    ]


def test_what_does_not_match_is_told_and_the_rest_opens(tmp_path):
    png(tmp_path / "images" / "good.png")
    png(tmp_path / "labels" / "good.png", labels(1))
    png(tmp_path / "images" / "alone.png")
    png(tmp_path / "labels" / "lonely.png", labels(1))
    png(tmp_path / "images" / "other.png")
    png(tmp_path / "labels" / "other.png", np.zeros((9, 9), np.uint8))
    (tmp_path / "images" / "empty.png").write_bytes(b"")
    (tmp_path / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    dataset = open_data([tmp_path])
    assert {s.key: s.labelled for s in dataset} == {"good": True, "alone": False, "other": False}
    assert told(dataset, "lonely.png", "no image")
    assert told(dataset, "other.png", "6 x 8", "9 x 9")
    assert told(dataset, "empty.png", "empty")
    assert told(dataset, "broken.png")


def test_a_label_beyond_the_class_list_faults_with_file_and_value(tmp_path):
    png(tmp_path / "images" / "a.png")
    png(tmp_path / "labels" / "a.png", labels(0, 1, 7))
    (tmp_path / "classes.csv").write_text("value,name\n0,ground\n1,cell\n")
    with pytest.raises(Fault, match=r"labels/a\.png: it holds the label 7"):
        open_data([tmp_path]).samples[0].mask.read()


def test_masks_of_black_and_white_mean_0_and_1(tmp_path):
    png(tmp_path / "images" / "a.png")
    png(tmp_path / "labels" / "a.png", labels(0, 255))
    dataset = open_data([tmp_path])
    assert dataset.classes == ("background", "foreground")
    assert set(np.unique(dataset.samples[0].mask.read())) == {0, 1}


def test_masks_of_many_values_or_counted_in_the_index_number_objects(tmp_path):
    png(tmp_path / "a" / "images" / "a.png")
    png(tmp_path / "a" / "labels" / "a.png", ramp().astype(np.uint16) * 10)
    assert open_data([tmp_path / "a"]).instances
    png(tmp_path / "b" / "images" / "a.png")
    png(tmp_path / "b" / "labels" / "a.png", labels(0, 1, 2))
    (tmp_path / "b" / "index.csv").write_text("name,n_nuclei\na,2\n")
    assert open_data([tmp_path / "b"]).instances


def test_a_palette_label_gives_its_indices_and_a_coloured_one_faults(tmp_path):
    png(tmp_path / "images" / "a.png")
    picture = Image.fromarray(labels(0, 1, 2)).convert("P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    (tmp_path / "labels").mkdir()
    picture.save(tmp_path / "labels" / "a.png")
    assert open_data([tmp_path]).samples[0].mask.read()[0, :3].tolist() == [0, 1, 2]
    picture.convert("RGB").save(tmp_path / "labels" / "a.png")
    with pytest.raises(Fault, match="colours"):
        open_data([tmp_path]).samples[0].mask.read()


def test_class_folders_below_splits(tmp_path):
    for split in ("train", "validation", "test"):
        for name in ("cat", "dog"):
            png(tmp_path / split / name / "1.png")
    dataset = open_data([tmp_path])
    assert dataset.classes == ("cat", "dog")
    assert len({s.key for s in dataset}) == 6
    assert sorted({s.split for s in dataset}) == ["test", "train", "val"]
    assert {s.target for s in dataset} == {"cat", "dog"}


def test_class_folders_alone_state_no_split(tmp_path):
    for name in ("img10", "img9", "img1"):
        png(tmp_path / "cat" / f"{name}.png")
        png(tmp_path / "dog" / f"{name}x.png")
    dataset = open_data([tmp_path])
    assert [s.key for s in dataset][:3] == ["img1", "img9", "img10"]
    assert {s.split for s in dataset} == {""}


def test_a_folder_in_a_folder_is_opened_like_the_inner_one(tmp_path):
    png(tmp_path / "set" / "images" / "a.png")
    png(tmp_path / "set" / "labels" / "a.png", labels(1))
    (tmp_path / "set" / "data").mkdir()
    (tmp_path / "set").rename(tmp_path / "deep")
    assert open_data([tmp_path]).samples[0].labelled


def test_images_without_an_order_are_unlabelled(tmp_path):
    png(tmp_path / "a.png")
    png(tmp_path / "b.jpg")
    dataset = open_data([tmp_path])
    assert [s.key for s in dataset] == ["a", "b"]
    assert not any(s.labelled for s in dataset)


INDEX = "file,split,class,source_image\nx/a.png,train,one,7\nx/b.png,test,two,8\n"


@pytest.mark.parametrize("packed", [False, True], ids=["beside", "in a zip beside"])
def test_an_index_lists_images(tmp_path, packed):
    (tmp_path / "index.csv").write_text(INDEX)
    if packed:
        with zipfile.ZipFile(tmp_path / "crops.zip", "w") as archive:
            for name in ("a", "b"):
                archive.write(png(tmp_path.parent / f"{tmp_path.name}_away" / f"{name}.png"), f"x/{name}.png")
    else:
        png(tmp_path / "x" / "a.png")
        png(tmp_path / "x" / "b.png")
    for opened in (tmp_path, tmp_path / "index.csv"):
        dataset = open_data([opened])
        assert [(s.key, s.target, s.split, s.group) for s in dataset] == [
            ("a", "one", "train", "7"),
            ("b", "two", "test", "8"),
        ]
        assert dataset.classes == ("one", "two")
        assert np.array_equal(dataset.samples[0].pixels.read(), ramp())


def test_an_index_never_leads_out_of_its_folder(tmp_path):
    png(tmp_path / "secret.png")
    png(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "index.csv").write_text(
        "file,label\na.png,1\n../secret.png,0\n/etc/hostname,1\nhttp://127.0.0.1:9/x.png,0\ngone.png,1\n"
    )
    dataset = open_data([tmp_path / "in"])
    assert [s.key for s in dataset] == ["a"]
    assert told(dataset, "outside", "3 of")
    assert told(dataset, "missing", "gone.png")


def test_an_archive_is_read_without_unpacking_and_bad_members_are_left_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("top/images/a.png", "top/labels/a.png", "../out.png"):
            archive.write(png(tmp_path / "away" / "a.png", labels(0, 1)), name)
        archive.writestr("top/images/bomb.png", bytes(30_000_000))
    dataset = open_data([tmp_path / "a.zip"])
    assert [(s.key, s.labelled) for s in dataset] == [("a", True)]
    assert dataset.samples[0].mask.read().max() == 1
    assert told(dataset, "out.png", "outside")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "away"]


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    png(tmp_path / "away" / "secret.png")
    png(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "away" / "secret.png")
    (tmp_path / "in" / "ring").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "nothing.png").symlink_to(tmp_path / "nowhere")
    dataset = open_data([tmp_path / "in"])
    assert [s.key for s in dataset] == ["a"]
    assert told(dataset, "link.png", "outside")


def test_volumes_and_their_masks_are_paired_and_cases_stay_together(tmp_path):
    for name in ("p1_ct", "p1_ct_mask", "p1_pet", "p2_ct"):
        voxels = np.zeros((2, 3, 4), np.uint8) + ("mask" in name)
        nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / f"{name}.nii.gz")
    (tmp_path / "index.csv").write_text("case,split\np1,train\np2,test\n")
    dataset = open_data([tmp_path])
    assert [(s.key, s.group, s.split, s.labelled) for s in dataset] == [
        ("p1_ct", "p1", "train", True),
        ("p1_pet", "p1", "train", False),
        ("p2_ct", "p2", "test", False),
    ]


def test_several_files_open_together(tmp_path):
    paths = [png(tmp_path / "x" / "a.png"), png(tmp_path / "y" / "a.png"), tmp_path / "gone.png"]
    dataset = open_data(paths)
    assert [s.key for s in dataset] == ["a", "a_2"]
    assert told(dataset, "gone.png", "not there")


def test_several_slices_open_as_one_volume(tmp_path):
    paths = [ct_slice(tmp_path / f"{z}.dcm", z) for z in (0, 2)]
    assert open_data(paths).samples[0].pixels.shape == (2, 3, 4)


def test_files_of_another_kind_are_told(tmp_path):
    png(tmp_path / "a.png")
    png(tmp_path / "b.png")
    (tmp_path / "c.fasta").write_text(">x\nACGTACGTACGTACGTACGTACGT\n")
    dataset = open_data([tmp_path])
    assert len(dataset) == 2
    assert told(dataset, "c.fasta", "another kind")


def test_sequence_files_of_a_folder_open_together(tmp_path):
    (tmp_path / "a.fasta").write_text(">x\nACGTACGTACGTACGTACGTACGT\n")
    (tmp_path / "b.fasta").write_text(">x\nGGGTACGTACGTACGTACGTACGT\n")
    assert [s.key for s in open_data([tmp_path])] == ["x", "x_2"]


def test_a_thousand_images_open_without_being_decoded(tmp_path):
    data = png(tmp_path / "one" / "0.png", np.zeros((64, 64), np.uint8)).read_bytes()
    for n in range(1, 1000):
        (tmp_path / "one" / f"{n}.png").write_bytes(data)
    png(tmp_path / "two" / "x.png")
    start = time.perf_counter()
    assert len(open_data([tmp_path])) == 1001
    assert time.perf_counter() - start < 3
