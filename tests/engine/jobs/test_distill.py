"""Distillation: a model learns what a trained run says, and how near it comes to that on samples that neither saw."""

import csv
import json

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from biofm_desktop.engine.events import EpochDone, Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.jobs import ContinueJob, DistillJob, EvaluateJob, PredictJob, TrainJob, epochs_of
from biofm_desktop.engine.jobs.distill import teacher_in
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.runners import HereRun

FIT = {"epochs": 20, "batch_size": 16, "device": "cpu", "learning_rate": 3e-3, "check_leaks": False, "keep_epochs": 0}
TEACHER, STUDENT = "sequence-cnn", "gru"


def gc(letters):
    return (letters.count("G") + letters.count("C")) / len(letters)


def rich(letters):
    return "rich" if gc(letters) > 0.5 else "poor"


def measured(letters):
    return f"{1000 + 500 * gc(letters):.3f}"


def letters(count, seed):
    chance = np.random.default_rng(seed)
    shares = chance.uniform(0.25, 0.75, count)
    return ["".join(chance.choice(list("ACGT"), 40, p=[(1 - s) / 2, s / 2, s / 2, (1 - s) / 2])) for s in shares]


LEARNT, HELD_OUT = letters(220, 0), letters(80, 1)


def table(path, sequences, label, labelled=None):
    """Write a table of sequences, the first ``labelled`` of them with a label."""
    rows = [
        f"{path.stem}{n},{s},{label(s) if labelled is None or n < labelled else ''}" for n, s in enumerate(sequences)
    ]
    path.write_text("\n".join(["id,sequence,label", *rows]) + "\n")
    return path


def finished(job):
    last = list(HereRun(job))[-1]
    assert isinstance(last, Finished), last
    return last


def trained(task, data, model, out, fit=FIT):
    finished(TrainJob(task=task, data=(str(data),), model=model, out=str(out), fit_options=fit))
    return out


def distilled(teacher, data, out, model=STUDENT, **more):
    job = DistillJob(**{"teacher": str(teacher), "data": (str(data),), "model": model, "out": str(out),
                        "fit_options": FIT, **more})  # fmt: skip
    finished(job)
    return out


def card(run):
    return json.loads((run / "card.json").read_text())


def said(run, data):
    """Return what a run says of the held-out samples, a row each."""
    out = run / "held_out"
    finished(PredictJob(run_folder=str(run), inputs=(str(data),), out=str(out), export="csv", device="cpu"))
    with next(out.rglob("*.csv")).open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def numbers(rows, column):
    return np.array([float(row[column]) for row in rows])


def test_a_smaller_student_agrees_with_its_teacher_more_than_one_that_learns_from_labels_alone(tmp_path):
    task = "sequence-classification"
    fit = {**FIT, "validation": 0.0}  # one or two labels would choose the epoch by chance
    held = table(tmp_path / "held.csv", HELD_OUT, rich)
    few = table(tmp_path / "s.csv", LEARNT, rich, labelled=10)
    teacher = trained(task, table(tmp_path / "full.csv", LEARNT, rich), TEACHER, tmp_path / "teacher", fit)
    alone = trained(task, few, STUDENT, tmp_path / "alone", fit)
    student = distilled(teacher, few, tmp_path / "student", fit_options=fit)
    assert card(student)["parameters"] < card(teacher)["parameters"] / 2
    truth, without, taught = (said(run, held) for run in (teacher, alone, student))
    agreement = np.mean([one["label"] == other["label"] for one, other in zip(taught, truth, strict=True)])
    assert agreement >= 0.9
    gap, gap_alone = (
        np.abs(numbers(rows, "probability_rich") - numbers(truth, "probability_rich")).mean()
        for rows in (taught, without)
    )
    assert gap < 0.1
    assert gap < gap_alone / 2  # how sure it is it has learnt as well


@pytest.mark.slow
def test_numbers_are_learnt_in_the_scale_of_the_teacher_with_few_labels_or_none(tmp_path):
    task, column = "sequence-regression", "value"
    held = table(tmp_path / "held.csv", HELD_OUT, measured)
    teacher = trained(task, table(tmp_path / "full.csv", LEARNT, measured), TEACHER, tmp_path / "teacher")
    few = table(tmp_path / "few.csv", LEARNT, measured, labelled=8)
    alone = trained(task, few, STUDENT, tmp_path / "alone")
    truth = numbers(said(teacher, held), column)
    without = np.abs(numbers(said(alone, held), column) - truth).mean()
    bare = tmp_path / "bare.csv"
    bare.write_text("id,sequence\n" + "".join(f"b{n},{s}\n" for n, s in enumerate(LEARNT)))
    for data in (few, bare):
        student = distilled(teacher, data, tmp_path / f"from-{data.stem}")
        assert card(student)["parameters"] < card(teacher)["parameters"] / 2
        for name in ("mean", "deviation"):  # not those of the few labels
            assert card(student)["task_values"][name] == card(teacher)["task_values"][name]
        answers = numbers(said(student, held), column)
        assert np.corrcoef(answers, truth)[0, 1] > 0.95
        assert np.abs(answers - truth).mean() < min(without / 2, truth.std() / 4)


@pytest.mark.slow
def test_a_teacher_counts_as_much_as_its_share(tmp_path):
    task, held = "sequence-classification", table(tmp_path / "held.csv", HELD_OUT, rich)
    teacher = trained(task, table(tmp_path / "full.csv", LEARNT, rich), TEACHER, tmp_path / "teacher")
    turned = table(tmp_path / "turned.csv", LEARNT, lambda s: {"rich": "poor", "poor": "rich"}[rich(s)])
    truth = [row["label"] for row in said(teacher, held)]
    agreement, fit = {}, {**FIT, "validation": 0.0}  # no epoch is the best by the turned labels
    for share in (0.0, 1.0):
        run = distilled(teacher, turned, tmp_path / f"share-{share:.0f}", share=share, fit_options=fit)
        agreement[share] = np.mean([row["label"] == true for row, true in zip(said(run, held), truth, strict=True)])
    assert agreement[1.0] > 0.9
    assert agreement[0.0] < 0.2


def test_classes_in_another_order_are_learnt_by_name_and_a_strange_one_is_refused(tmp_path):
    task = "sequence-classification"
    teacher = trained(task, table(tmp_path / "full.csv", LEARNT, rich), TEACHER, tmp_path / "teacher")
    project = Project.for_data([table(tmp_path / "other.csv", LEARNT, rich)])
    project.set_classes(("rich", "poor"))
    project.close()
    student = distilled(teacher, project.folder, tmp_path / "student", share=0.0)
    assert card(student)["task_values"]["classes"] == card(teacher)["task_values"]["classes"] == ["poor", "rich"]
    rows = said(student, table(tmp_path / "held.csv", HELD_OUT, rich))
    assert np.mean([row["label"] == rich(s) for row, s in zip(rows, HELD_OUT, strict=True)]) > 0.9
    strange = table(tmp_path / "strange.csv", LEARNT, lambda s: "odd" if gc(s) > 0.6 else rich(s))
    job = DistillJob(
        teacher=str(teacher), data=(str(strange),), model=STUDENT, out=str(tmp_path / "x"), fit_options=FIT
    )
    last = list(HereRun(job))[-1]
    assert isinstance(last, Failed)
    assert "'odd', which the teacher does not know" in last.message


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    """Six pictures with a bright square each, of which four are painted."""
    chance, data = np.random.default_rng(1), tmp_path_factory.mktemp("painted") / "data"
    for part in ("images", "labels"):
        (data / part).mkdir(parents=True)
    for number in range(6):
        mask = np.zeros((64, 64), np.uint8)
        top, left = chance.integers(4, 36, 2)
        mask[top : top + 20, left : left + 10] = 1
        mask[top : top + 20, left + 10 : left + 20] = 2
        Image.fromarray((50 + 80 * mask + chance.normal(0, 8, mask.shape)).astype(np.uint8)).save(
            data / f"images/{number}.png"
        )
        if number < 4:
            Image.fromarray(mask).save(data / f"labels/{number}.png")
    return data


SHAPE = {"task": "semantic-segmentation", "model": "unet", "task_options": {"crop": 32}}
BRIEF = {"epochs": 4, "batch_size": 4, "device": "cpu", "check_leaks": False, "learning_rate": 3e-3}


def test_a_painted_teacher_is_learnt_from_pixel_by_pixel_and_its_classes_must_be_in_order(painted, tmp_path):
    project = Project.for_data([painted])
    project.set_classes(("background", "rim", "core"))
    project.close()
    finished(TrainJob(data=(str(project.folder),), out=str(tmp_path / "teacher"), fit_options=BRIEF, **SHAPE))
    common = {"teacher": str(tmp_path / "teacher"), "data": (str(project.folder),), "model": "unet"}
    finished(DistillJob(**common, out=str(tmp_path / "out"), fit_options={**BRIEF, "epochs": 1}))
    project = Project.open(project.folder)
    project.set_classes(("background", "core", "rim"))
    project.close()
    last = list(HereRun(DistillJob(**common, out=str(tmp_path / "other"), fit_options=BRIEF)))[-1]
    assert isinstance(last, Failed)
    assert "in this order" in last.message
    assert "background, rim, core" in last.message


def test_a_distillation_that_was_stopped_goes_on_to_the_weights_of_an_unbroken_one(tmp_path):
    few = table(tmp_path / "few.csv", LEARNT[:40], rich, labelled=20)
    fit = {**FIT, "epochs": 4, "threads": 1}
    teacher = trained("sequence-classification", few, TEACHER, tmp_path / "teacher")
    whole = distilled(teacher, few, tmp_path / "whole", fit_options=fit)
    job = DistillJob(teacher=str(teacher), data=(str(few),), model=STUDENT, out=str(tmp_path / "part"), fit_options=fit)
    run = HereRun(job)
    for event in run:
        if isinstance(event, EpochDone) and event.epoch == 2:
            run.stop()
    assert epochs_of(tmp_path / "part") == (2, 4)
    finished(ContinueJob(run_folder=str(tmp_path / "part")))
    one, other = (load_file(folder / "model.safetensors") for folder in (whole, tmp_path / "part"))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_run_says_what_it_can_teach(tmp_path):
    run = trained("sequence-classification", table(tmp_path / "s.csv", LEARNT[:30], rich), STUDENT, tmp_path / "run")
    teacher = teacher_in(run)
    assert teacher.in_words().startswith(f"run ({card(run)['parameters']:,} weights, accuracy ")
    assert {entry.name for entry in teacher.students()} >= {"gru", "sequence-cnn"}
    with pytest.raises(Fault, match="not the folder of a finished run"):
        teacher_in(tmp_path)


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    for name, level in (("dark", 70), ("light", 170)):
        (folder / name).mkdir()
        for number in range(15):
            pixels = chance.normal(level, 30, (28, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_pictures_without_a_label_are_learnt_from(cells, tmp_path):
    fit = {**BRIEF, "epochs": 6, "batch_size": 8, "learning_rate": 1e-3}
    teacher, bare, out = tmp_path / "teacher", tmp_path / "bare", tmp_path / "student"
    finished(
        TrainJob(task="image-classification", data=(str(cells),), model="biomed-cnn", out=str(teacher), fit_options=fit)
    )
    bare.mkdir()
    for path in cells.rglob("*.png"):
        (bare / f"{path.parent.name}-{path.name}").write_bytes(path.read_bytes())
    distilled(teacher, bare, out, model="biomed-cnn", fit_options=fit)
    finished(EvaluateJob(run_folder=str(out), data=(str(cells),), out=str(tmp_path / "judged")))
    assert json.loads((tmp_path / "judged" / "metrics.json").read_text())["metrics"]["accuracy"] > 0.9
    assert card(out)["teacher"]["model"] == "biomed-cnn"


@pytest.mark.parametrize(("option", "value"), [("share", 2.0), ("temperature", 0.0)])
def test_distilling_with_senseless_options_is_refused(cells, tmp_path, option, value):
    job = DistillJob(teacher=str(tmp_path), data=(str(cells),), model="gru", out=str(tmp_path / "x"), **{option: value})
    assert option in list(HereRun(job))[-1].message
