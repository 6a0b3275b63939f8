"""COCO, YOLO, Pascal VOC, LabelMe and GeoJSON: alone, and beside their pictures."""

import json
import socket

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.formats.coco_runs import _unpacked
from biofm_desktop.engine.samples import ImageSample, RegionSample
from tests.engine.formats.made import png, ramp

SQUARE = [1, 1, 4, 1, 4, 4, 1, 4]
VOC = (
    "<annotation><filename>a.png</filename><size><width>8</width><height>6</height></size><object><name>cell</name>"
    "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>6</xmax><ymax>5</ymax></bndbox></object></annotation>"
)


def coco(name="a.png", size=(8, 6), **changes):
    found = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3], "segmentation": [SQUARE], **changes}
    return {
        "images": [{"id": 1, "file_name": name, "width": size[0], "height": size[1]}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [found],
    }


def feature(coordinates, kind="Polygon"):
    shape = {"type": kind, "coordinates": coordinates} if kind else None
    named = {"classification": {"name": "Tumor"}}
    return {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": shape, "properties": named}]}


def wrote(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def told(dataset, *words):
    return any(all(word in str(problem) for word in words) for problem in dataset.problems)


def alone(tmp_path, content, name="a.json"):
    return open_data([wrote(tmp_path / name, content)])


def test_a_file_of_objects_alone_gives_their_regions_and_names_the_picture(tmp_path):
    dataset = alone(tmp_path, coco())
    (sample,) = dataset
    assert isinstance(sample, RegionSample)
    assert (sample.picture, sample.size, sample.regions[0].label) == ("a.png", (8, 6), "cell")
    assert (sample.regions[0].kind, sample.regions[0].box) == ("polygon", (1, 1, 3, 3))
    assert told(dataset, "a.png", "missing")


def test_a_picture_beside_is_opened_with_its_regions(tmp_path):
    png(tmp_path / "a.png")
    dataset = alone(tmp_path, coco(), "objects.json")
    (sample,) = dataset
    assert isinstance(sample, ImageSample)
    assert sample.labelled
    assert (sample.pixels.read() == ramp()).all()
    assert [region.label for region in sample.regions] == ["cell"]
    assert not dataset.problems


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"image_id": 99}, "image of id '99'"),
        ({"image_id": 10**399}, "image of id"),
        ({"category_id": 99}, "class"),
        ({"segmentation": [[1, 2, 3, 4, 5]]}, "5 numbers"),
        ({"segmentation": [[1, 2]]}, "1 points"),
        ({"segmentation": [[0, 0, 4, 4, 4, 0, 0, 4]]}, "crosses"),
        ({"bbox": [1, 1, -4, 0]}, "-4 x 0"),
        ({"bbox": ["x", 1, 4, 4]}, "four numbers"),
        ({"bbox": [1000, 1000, 5, 5]}, "outside"),
        ({"bbox": [4, 4, 50, 50], "segmentation": []}, "reaches outside"),
        ({"bbox": None, "segmentation": None}, "neither"),
    ],
)
def test_an_object_that_is_not_sound_is_named(tmp_path, change, word):
    assert told(alone(tmp_path, coco(**change)), "a.json", "object 1", word)


@pytest.mark.parametrize(
    ("outline", "word"),
    [
        ({"counts": [10, 5, 2_000_000_000], "size": [6, 8]}, "add up"),
        ({"counts": [-10, 58], "size": [6, 8]}, "run"),
        ({"counts": [0, 100], "size": [10**5, 10**5]}, "size"),
        ({"counts": "~~~~", "size": [6, 8]}, "run"),
        ({"counts": [48]}, "size"),
    ],
)
def test_run_lengths_that_do_not_fit_are_refused(tmp_path, outline, word):
    with pytest.raises(Fault, match=rf"a\.json, object 1: .*{word}"):
        alone(tmp_path, coco(segmentation=outline))


def test_run_lengths_keep_their_frame(tmp_path):
    (sample,) = alone(tmp_path, coco(segmentation={"counts": [7, 2, 4, 2, 33], "size": [6, 8]}))
    assert sample.regions[0].box == (1, 1, 2, 2)
    assert sample.regions[0].runs == (7, 2, 4, 2, 33)
    assert _unpacked("724N2Q1") is not None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (json.dumps(coco(bbox=[float("nan"), 1, 1, 1])), "bbox.*NaN"),
        (json.dumps(coco())[:-30], "truncated"),
        ('{"images":' + "[" * 100_000, "nested"),
        ('{"images": [], "images": [], "annotations": []}', "'images' is doubled"),
        ("[1, 2, 3]", "'images'"),
        ("\x00\x01\x02" * 99, "not text"),
    ],
)
def test_json_that_is_not_sound_is_refused(tmp_path, text, word):
    with pytest.raises(Fault, match=word):
        alone(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("../secret.png", "outside"),
        ("/secret.png", "outside"),
        ("C:\\x.png", "outside"),
        ("http://127.0.0.1:9/a.png", "address"),
    ],
)
def test_a_picture_elsewhere_is_never_read(tmp_path, monkeypatch, name, word):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    png(tmp_path / "secret.png")
    dataset = alone(tmp_path / "in", coco(name))
    assert dataset.kind is RegionSample
    assert told(dataset, word)
    png(tmp_path / "in" / "b.png")
    folder = open_data([tmp_path / "in"])
    assert [sample.regions for sample in folder] == [()]
    assert told(folder, word)


def test_a_link_that_leads_outside_is_not_followed(tmp_path):
    png(tmp_path / "secret.png")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").symlink_to(tmp_path / "secret.png")
    assert alone(tmp_path / "in", coco(), "objects.json").kind is RegionSample


def test_a_stated_size_that_is_not_the_pictures_is_told(tmp_path):
    png(tmp_path / "a.png")
    assert told(alone(tmp_path, coco(size=(80, 60)), "objects.json"), "80 x 60", "8 x 6")


def test_voc_counts_from_1_and_means_the_last_pixel(tmp_path):
    (sample,) = alone(tmp_path, VOC, "a.xml")
    assert (sample.regions[0].box, sample.size) == ((1, 2, 5, 3), (8, 6))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("<xmin>2", "<xmin>9"), "box"),
        (("<xmin>2", "<xmin>two"), "box"),
        (("a.png", "../a.png"), "outside"),
    ],
)
def test_what_is_wrong_with_voc_is_told(tmp_path, change, word):
    assert told(alone(tmp_path, VOC.replace(*change), "a.xml"), "a.xml", word)


def test_voc_with_entities_is_refused(tmp_path):
    with pytest.raises(Fault, match="DTD"):
        alone(tmp_path, '<!DOCTYPE a [<!ENTITY x "y">]>' + VOC, "a.xml")


def test_geojson_gives_polygons_with_holes_and_points(tmp_path):
    ring, hole = [[0, 0], [5, 0], [5, 5], [0, 5], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]
    (sample,) = alone(tmp_path, feature([ring, hole]), "a.geojson")
    assert sample.regions[0].points == ((0, 0), (5, 0), (5, 5), (0, 5))
    assert (len(sample.regions[0].holes), sample.regions[0].label) == (1, "Tumor")
    (sample,) = alone(tmp_path, feature([3, 4], "Point"), "a.geojson")
    assert (sample.regions[0].kind, sample.regions[0].points) == ("point", ((3, 4),))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (feature([[[0, 0], [5, 0], [5, 5]]]), "closed"),
        (feature([[[0, 0], [5, 5], [5, 0], [0, 5], [0, 0]]]), "crosses"),
        (feature([[[1, 1]]]), "1 points"),
        (feature([[[0, 0], [5, 0], [5, 5], [0, 0]], [[8, 8], [9, 8], [9, 9], [8, 8]]]), "hole"),
        (feature(None, ""), "no shape"),
        (feature([[0, 0], [1, 1]], "LineString"), "LineString"),
    ],
)
def test_what_is_odd_about_geojson_is_told(tmp_path, content, word):
    assert told(alone(tmp_path, content, "a.geojson"), "object 1", word)


def test_labelme_shapes_are_read_and_others_named(tmp_path):
    shapes = [
        {"label": "cell", "points": [[5, 5], [1, 1]], "shape_type": "rectangle"},
        {"label": None, "points": [[1]], "shape_type": "no-such"},
    ]
    content = {
        "version": "5",
        "shapes": shapes,
        "imagePath": "a.png",
        "imageData": None,
        "imageHeight": 6,
        "imageWidth": 8,
    }
    dataset = alone(tmp_path, content)
    assert dataset.samples[0].regions[0].box == (1, 1, 4, 4)
    assert told(dataset, "object 2", "shape")


def test_a_picture_packed_into_labelme_is_judged_by_its_header(tmp_path):
    content = {"shapes": [], "imagePath": "a.png", "imageData": "iVBORw0KGgoAAAANSUhEUgAAw1AAAMNQAQAAAABj1ABn"}
    with pytest.raises(Fault, match="50000 x 50000 pixels"):
        alone(tmp_path, content)


def test_yolo_alone_stays_in_shares_and_bad_lines_are_named(tmp_path):
    dataset = alone(tmp_path, "0 0.5 0.5 0.2 0.4\n0 0.5 0.5\nx y z w h\n0 9 9 0.1 0.1\n", "a.txt")
    (sample,) = dataset
    assert (sample.unit, sample.regions[0].box) == ("share", pytest.approx((0.4, 0.3, 0.2, 0.4)))
    assert told(dataset, "3 of 4", "line 2", "line 3", "line 4", "outside")
    assert told(dataset, "line 1", "no name")


def test_a_yolo_folder_gives_pictures_with_named_boxes_and_splits(tmp_path):
    for split in ("train", "val"):
        png(tmp_path / "images" / split / f"{split}.png")
        wrote(tmp_path / "labels" / split / f"{split}.txt", "1 0.5 0.5 0.5 0.5\n7 0.5 0.5 0.5 0.5\n")
    wrote(tmp_path / "data.yaml", "path: /etc\ntrain: ../../secret\nnames:\n  0: a\n  1: b\n")
    dataset = open_data([tmp_path])
    assert [(sample.split, [r.label for r in sample.regions]) for sample in dataset] == [
        ("train", ["b"]),
        ("val", ["b"]),
    ]
    assert dataset.samples[0].regions[0].box == (2, 1.5, 4, 3)
    assert told(dataset, "class 7", "2 that are named")


@pytest.mark.parametrize("names", ["names: !!python/name:os.system\n", "names: 5\n", "names: {0: a, 2: b}\n"])
def test_names_of_yolo_that_are_not_plain_are_told(tmp_path, names):
    png(tmp_path / "a.png")
    wrote(tmp_path / "a.txt", "0 0.5 0.5 0.5 0.5\n")
    wrote(tmp_path / "data.yaml", names)
    assert told(open_data([tmp_path]), "data.yaml")


def test_a_voc_folder_gives_pictures_in_order_with_their_splits(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / "JPEGImages" / f"{name}.png")
    wrote(tmp_path / "Annotations" / "a.xml", VOC)
    wrote(tmp_path / "ImageSets" / "train.txt", "a\n")
    wrote(tmp_path / "ImageSets" / "val.txt", "b\n")
    dataset = open_data([tmp_path])
    assert [(sample.key, sample.split, len(sample.regions)) for sample in dataset] == [
        ("a", "train", 1),
        ("b", "val", 0),
    ]
    assert not dataset.problems


def test_a_folder_of_one_coco_file_and_its_pictures(tmp_path):
    png(tmp_path / "train" / "a.png")
    png(tmp_path / "train" / "b.png")
    wrote(tmp_path / "train" / "_annotations.coco.json", coco())
    dataset = open_data([tmp_path])
    assert [(sample.key, len(sample.regions)) for sample in dataset] == [("a", 1), ("b", 0)]


def test_label_pictures_come_before_regions(tmp_path):
    png(tmp_path / "images" / "a.png")
    png(tmp_path / "masks" / "a.png", ramp() * 0 + 1)
    wrote(tmp_path / "objects.json", coco())
    (sample,) = open_data([tmp_path])
    assert sample.mask is not None


def test_marks_and_turned_letters_in_a_class_are_plain(tmp_path):
    content = coco()
    content["categories"][0]["name"] = "<b>=1+1</b>\u202e"
    assert alone(tmp_path, content).samples[0].regions[0].label == "<b>=1+1</b>\ufffd"


def test_a_region_of_imagej_is_refused_by_name(tmp_path):
    path = tmp_path / "a.roi"
    path.write_bytes(b"Iout" + b"\0" * 12 + b"\x75\x30" + b"\0" * 46)
    with pytest.raises(Fault, match=r"a\.roi: it is truncated"):
        open_data([path])
    path.write_bytes(b"Iout" + b"\0" * 60)
    with pytest.raises(Fault, match="ImageJ"):
        open_data([path])


def test_a_first_line_of_endless_digits_is_no_trap(tmp_path):
    with pytest.raises(Fault, match=r"a\.txt"):
        alone(tmp_path, "0 " + "9" * 5000 + " x y z\n" + "\0" * 9999, "a.txt")
