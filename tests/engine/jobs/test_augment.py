"""The preview of augmentation: real files, the same each time, for pictures and sequences."""

import json

import numpy as np
import pytest
from PIL import Image

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.jobs import AugmentPreviewJob, TrainJob, job_from_json
from biofm_desktop.engine.jobs.mailbox import post
from biofm_desktop.engine.runners import HereRun
from tests.engine.made_up import class_folder, painted_folder, sequence_table


def preview(data, out, task, **more):
    job = AugmentPreviewJob(task=task, data=(str(data),), out=str(out), **more)
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
    return list(HereRun(job))[-1]


def test_pictures_show_the_outline_of_the_mask_and_one_seed_gives_the_same_files(tmp_path):
    data, strong = painted_folder(tmp_path / "data", unlabelled=1), {"rotate": 45.0, "elastic": 0.5, "noise": 0.1}
    for out in ("one", "two"):
        last = preview(data, tmp_path / out, "semantic-segmentation", key="disc1", count=2, task_options=strong)
    assert isinstance(last, Finished)
    rows = last.result["rows"]
    assert [row["title"] for row in rows] == ["Original", "Version 1", "Version 2"]
    files = [[(tmp_path / out / row["file"]).read_bytes() for row in rows] for out in ("one", "two")]
    assert files[0] == files[1]
    assert len(set(files[0])) == 3
    picture = np.asarray(Image.open(tmp_path / "one" / rows[0]["file"]))
    outline = (picture == (255, 221, 51)).all(-1)
    assert 20 < outline.sum() < 600
    other = preview(data, tmp_path / "other", "semantic-segmentation", key="disc1", count=2, seed=1)
    assert (tmp_path / "other" / other.result["rows"][1]["file"]).read_bytes() != files[0][1]
    blank = preview(data, tmp_path / "blank", "semantic-segmentation", key="disc5", count=1)
    assert (
        not (np.asarray(Image.open(tmp_path / "blank" / blank.result["rows"][0]["file"])) == (255, 221, 51))
        .all(-1)
        .any()
    )


def test_sequences_tell_how_each_came_about(tmp_path):
    table = sequence_table(tmp_path / "table.csv", numbers=True)
    options = {"reverse_complement": True, "move": 3, "mutation": 0.05, "dropped": 0.0}
    last = preview(table, tmp_path / "out", "sequence-classification", count=20, task_options=options)
    rows = last.result["rows"]
    original = rows[0]["letters"]
    assert any("reverse complement" in row["title"] for row in rows)
    assert any("moved by" in row["title"] for row in rows)
    for row in rows[1:]:
        assert len(row["letters"]) == len(original)
        assert f"{len(row['marked'])} letter" in row["title"]
        assert len(row["marked"]) < 10
    plain = preview(table, tmp_path / "plain", "sequence-classification", count=4, task_options={"mutation": 0.1})
    for row in plain.result["rows"]:
        assert row["marked"] == [n for n, (a, b) in enumerate(zip(row["letters"], original)) if a != b]
    assert next((tmp_path / "out").glob("*.fasta")).read_text().count(">") == 21


@pytest.mark.parametrize("model", ["", "biomed-cnn"])
def test_pictures_of_a_class_are_made_ready_as_for_the_model(tmp_path, model):
    data = class_folder(tmp_path / "cells", size=40)
    last = preview(data, tmp_path / "out", "image-classification", model=model, count=1)
    assert last.result["kind"] == "pictures"
    assert isinstance(preview(data, tmp_path / "no", "image-classification", key="nobody"), Failed)


def test_a_training_takes_a_change_on_its_way_and_goes_on_to_the_same_weights(tmp_path):
    from safetensors.torch import load_file

    data = class_folder(tmp_path / "cells")
    fit = {"epochs": 3, "batch_size": 4, "threads": 1, "device": "cpu", "check_leaks": False}
    strong = {"rotate": 40.0, "elastic": 0.4, "noise": 0.1, "stain": 0.2, "cutout": 0.3, "blur": 1.0, "gamma": 0.3}

    def run(name, stop):
        job = TrainJob(
            task="image-classification",
            data=(str(data),),
            model="biomed-cnn",
            out=str(tmp_path / name),
            fit_options=fit,
            task_options=strong,
        )
        told, running = [], HereRun(job)
        for event in running:
            told.append(event)
            if type(event).__name__ == "StepDone" and event.step == 2:
                post(tmp_path / name, {"change": {"task": {"rotate": 5.0, "cutout": 0.0}}})
            if type(event).__name__ == "StepDone" and event.step == stop:
                running.stop()
        return told

    told = run("whole", 0)
    (changed,) = [event for event in told if type(event).__name__ == "Changed"]
    assert "rotate 5.0" in changed.words
    run("broken", 5)
    from biofm_desktop.engine.jobs import ContinueJob

    assert isinstance(list(HereRun(ContinueJob(run_folder=str(tmp_path / "broken"))))[-1], Finished)
    whole, broken = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all((whole[name] == broken[name]).all() for name in whole)
