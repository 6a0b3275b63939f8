"""Predictions come back from the disk as they went there."""

import json

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from biofm_desktop.engine.predictions import ClassPrediction, CurvePrediction, MaskPrediction, ValuePrediction
from biofm_desktop.engine.project.prediction_store import PredictionWriter, read_predictions


def mask_prediction(key="m", shape=(4, 5), dtype=np.uint8, **more):
    mask = np.arange(np.prod(shape)).reshape(shape).astype(dtype) % 3
    certainty = np.full(shape, 200, np.uint8)
    return MaskPrediction(key, mask, certainty, ("background", "cell", "nucleus"), 0.8, **more)


def written(folder, *predictions):
    with PredictionWriter(folder) as writer:
        for prediction in predictions:
            writer.add(prediction)
    return read_predictions(folder)


def test_classes_and_values_come_back_equal(tmp_path):
    made = [
        ClassPrediction("ä/b", "cat", 0.75, {"cat": 0.75, "dog": 0.25}),
        ValuePrediction("v", -1.5, "stability", "kcal/mol", None),
    ]
    assert written(tmp_path, *made) == made


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (500, 600)])
def test_masks_come_back_with_what_they_mean(tmp_path, shape, dtype):
    spacing, affine = (1.0,) * len(shape), ((1.0, 0.0, 0.0, 5.0),) * 4
    (back,) = written(
        tmp_path,
        mask_prediction(shape=shape, dtype=dtype, spacing=spacing, unit="um", affine=affine, shares={"cell": 0.5}),
    )
    made = mask_prediction(shape=shape, dtype=dtype)
    assert back.mask.dtype == dtype
    np.testing.assert_array_equal(back.mask, made.mask)
    np.testing.assert_array_equal(back.certainty, made.certainty)
    assert (back.spacing, back.unit, back.affine, back.shares) == (spacing, "um", affine, {"cell": 0.5})
    assert back.classes == made.classes


def test_large_masks_are_read_memory_mapped(tmp_path):
    (back,) = written(tmp_path, mask_prediction(shape=(500, 600)))
    assert isinstance(back.mask, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        back.mask[0, 0] = 1


@pytest.mark.parametrize("length", [0, 3, 100_000])
def test_curves_come_back(tmp_path, length):
    scores = np.linspace(0, 1, length, dtype=np.float32)
    if length:
        scores[0] = np.nan
    (back,) = written(tmp_path, CurvePrediction("s", scores, "promoter", ((0, 2, "promoter", 0.9),), 0.9))
    np.testing.assert_array_equal(back.scores, scores)
    assert back.spans == ((0, 2, "promoter", 0.9),)


def test_masks_are_filled_strip_by_strip_in_the_file(tmp_path):
    with PredictionWriter(tmp_path) as writer:
        mask, certainty = writer.mask_files("big", (300, 400), np.uint16)
        for start in range(0, 300, 100):
            mask[start : start + 100] = start
            certainty[start : start + 100] = 7
        writer.add(MaskPrediction("big", mask, certainty, ("background",), 0.5))
    (back,) = read_predictions(tmp_path)
    assert back.mask[250, 0] == 200
    assert back.certainty.min() == back.certainty.max() == 7


def test_arrays_begun_and_not_added_leave_nothing(tmp_path):
    with PredictionWriter(tmp_path) as writer:
        writer.mask_files("big", (30, 40), np.uint8)
        writer.add(ValuePrediction("v", 1.0))
    assert [p.key for p in read_predictions(tmp_path)] == ["v"]
    assert not list(tmp_path.glob("masks/*"))


def test_a_folder_is_continued_and_the_later_prediction_counts(tmp_path):
    written(tmp_path, mask_prediction("a"), ValuePrediction("b", 1.0))
    back = written(tmp_path, ValuePrediction("b", 2.0), mask_prediction("a", shape=(2, 2)))
    assert [(p.key) for p in back] == ["a", "b"]
    assert back[0].mask.shape == (2, 2)
    assert back[1].value == 2.0


def test_a_line_that_a_crash_cut_is_passed_over(tmp_path):
    written(tmp_path, ValuePrediction("a", 1.0), ValuePrediction("b", 2.0))
    lines = tmp_path / "predictions.jsonl"
    lines.write_text(lines.read_text() + '{"number": 3, "kin')
    assert [p.key for p in read_predictions(tmp_path)] == ["a", "b"]
    assert [p.key for p in written(tmp_path, ValuePrediction("c", 3.0))] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"number": 1}',
        '{"number": "x", "key": "a"}',
        '{"number": 1, "key": "a", "kind": "smell"}',
        '{"number": 1, "key": "a", "kind": "class"}',
        '{"number": 1, "key": "a", "kind": "mask"}',
    ],
)
def test_a_broken_store_is_refused_with_its_name(tmp_path, line):
    (tmp_path / "predictions.jsonl").write_text(line + "\n")
    with pytest.raises(Fault, match=r"predictions\.jsonl|masks"):
        read_predictions(tmp_path)


def test_pickled_arrays_are_refused(tmp_path):
    written(tmp_path, CurvePrediction("s", np.zeros(3, np.float32), "x"))
    np.save(tmp_path / "curves/000001.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(Fault, match="cannot be read"):
        read_predictions(tmp_path)


def test_no_store_is_a_fault(tmp_path):
    with pytest.raises(Fault, match="there is no such file"):
        read_predictions(tmp_path)


@pytest.mark.parametrize("point", ["export.write", "export.sync", "export.rename", "export.append"])
def test_a_full_disk_keeps_what_stood_before(tmp_path, point):
    written(tmp_path, mask_prediction("a"))

    def full(name, path):
        if name == point:
            raise OSError(28, "No space left on device")

    with at_points(full), PredictionWriter(tmp_path) as writer, pytest.raises(Fault, match="the disk is full"):
        writer.add(mask_prediction("b"))
    assert [p.key for p in read_predictions(tmp_path)] == ["a"]
    assert [json.loads(x)["key"] for x in (tmp_path / "predictions.jsonl").read_text().splitlines()] == ["a"]
