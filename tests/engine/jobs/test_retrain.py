"""Corrections learnt soon: from the weights of a run, with earlier samples mixed in, into a run of its own."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from biofm_desktop.cli import main
from biofm_desktop.engine.events import Failed, Finished, Warned
from biofm_desktop.engine.jobs import EvaluateJob, PredictJob, RetrainJob, TrainJob, epochs_of, job_from_json
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.prediction_store import read_predictions
from biofm_desktop.engine.runners import HereRun
from tests.engine.made_up import painted_folder, sequence_table


def picture(path: Path, level: float, chance: np.random.Generator, stripes: bool = False) -> None:
    """Write a noisy picture of 28 pixels a side; ``stripes`` gives it dark and light bands."""
    pixels = chance.normal(level, 12, (28, 28)) + (60 * np.sign(np.sin(np.arange(28)))[:, None] if stripes else 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return pictures with an index (30 of each class, every third for validation) and a run that tells them apart.

    Five striped pictures have no class yet.
    """
    folder, chance = tmp_path_factory.mktemp("cells"), np.random.default_rng(0)
    rows = ["file,class,split"]
    for name, level in (("dark", 90), ("light", 150)):
        for n in range(30):
            picture(folder / "data" / f"{name}{n}.png", level, chance)
            rows.append(f"{name}{n}.png,{name},{'val' if n % 3 == 2 else 'train'}")
    for n in range(5):
        picture(folder / "data" / f"striped{n}.png", 150, chance, stripes=True)
        rows.append(f"striped{n}.png,,")
    (folder / "data" / "index.csv").write_text("\n".join(rows) + "\n")
    run = folder / "run"
    done(
        TrainJob(
            task="image-classification",
            data=(str(folder / "data"),),
            model="biomed-cnn",
            out=str(run),
            fit_options={"epochs": 6, "batch_size": 8, "learning_rate": 3e-4, "check_leaks": False},
        )
    )
    return folder / "data", run


def done(job, *, fails: bool = False):
    """Run a job to its end; return its last event and its warnings."""
    events = list(HereRun(job))
    assert isinstance(events[-1], Failed if fails else Finished), events[-1]
    return events[-1], [event.message for event in events if isinstance(event, Warned)]


def project_of(data: Path, folder: Path, **labels: str) -> Path:
    """Return a project of the data with these corrected labels."""
    project = Project.for_data([data], folder)
    for key, label in labels.items():
        project.set_target(key, label)
    project.close()
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.*")}


def said_of(run: Path, data: Path, out: Path, *keys: str) -> dict[str, str]:
    done(PredictJob(run_folder=str(run), inputs=(str(data),), out=str(out), keys=keys))
    return {said.key: said.label for said in read_predictions(out)}


STRIPED = tuple(f"striped{n}" for n in range(3))


@pytest.fixture(scope="module")
def corrected(cells, tmp_path_factory):
    """Return a project in which three striped pictures, which the run calls light, are labelled as dark."""
    folder = tmp_path_factory.mktemp("corrected")
    assert set(said_of(cells[1], cells[0], folder / "before", *STRIPED).values()) == {"light"}
    return project_of(cells[0], folder / "project", **dict.fromkeys(STRIPED, "dark"))


def retrained(cells, project, out, **words):
    words = {"only": STRIPED, "threads": 1, **words}
    return done(RetrainJob(run_folder=str(cells[1]), data=(str(project),), out=str(out), **words))


def test_corrections_are_right_afterwards_and_what_was_known_stays_known(cells, corrected, tmp_path):
    last, told = retrained(cells, corrected, tmp_path / "with")
    figures = last.result
    assert said_of(tmp_path / "with", cells[0], tmp_path / "after", *STRIPED) == dict.fromkeys(STRIPED, "dark")
    assert figures["corrected"]["accuracy"] == 1.0
    assert figures["validation"]["accuracy"] >= figures["before"]["accuracy"] - 0.05
    assert told == []


def test_without_replay_it_forgets_and_says_so(cells, corrected, tmp_path):
    last, told = retrained(cells, corrected, tmp_path / "without", replay=0.0)
    assert last.result["validation"]["accuracy"] < last.result["before"]["accuracy"] - 0.2
    assert any("fell from" in words and "replay" in words for words in told)


def test_the_earlier_run_stays_as_it_is_and_the_new_one_stands_for_itself(cells, corrected, tmp_path):
    before, out = digests(cells[1]), tmp_path / "new"
    retrained(cells, corrected, out)
    assert digests(cells[1]) == before
    card = json.loads((out / "card.json").read_text())
    assert card["retrained"]["learnt"] == sorted(STRIPED)
    assert card["weights"]["sha256"] == before["model.safetensors"]
    assert json.loads((out / "splits.json").read_text())["striped0"] == "train"
    assert epochs_of(out) is None  # it is not offered to be gone on with
    last, _ = done(EvaluateJob(run_folder=str(out), data=(str(cells[0]),), out=str(tmp_path / "eval"), split="val"))
    assert last.result["accuracy"] >= 0.95
    assert job_from_json(json.loads((out / "job.json").read_text())).only == STRIPED


def test_the_same_seed_gives_the_same_weights_and_frozen_layers_stay(cells, corrected, tmp_path):
    for name in ("one", "two"):
        retrained(cells, corrected, tmp_path / name, epochs=1)
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_second_round_goes_on_from_the_first_and_rehearses_what_was_corrected(cells, corrected, tmp_path):
    retrained(cells, corrected, tmp_path / "one", epochs=1)
    words = {"run_folder": str(tmp_path / "one"), "data": (str(corrected),), "threads": 1}
    project = Project.open(corrected)
    project.set_target("striped3", "dark")
    project.close()
    done(RetrainJob(**words, out=str(tmp_path / "two"), only=("striped3",), epochs=1))
    card = json.loads((tmp_path / "two" / "card.json").read_text())
    first = json.loads((cells[1] / "card.json").read_text())
    assert card["retrained"]["learnt"] == ["striped0", "striped1", "striped2", "striped3"]
    assert card["fit"]["learning_rate"] == pytest.approx(0.3 * first["fit"]["learning_rate"])  # not 0.09 times


def test_a_new_class_becomes_a_further_output_and_the_others_keep_their_weights(cells, tmp_path):
    project = project_of(cells[0], tmp_path / "project", **dict.fromkeys(STRIPED, "striped"))
    out = tmp_path / "new"
    last, _ = retrained(cells, project, out, epochs=20)
    card = json.loads((out / "card.json").read_text())
    assert card["task_values"]["classes"] == ["dark", "light", "striped"]
    assert card["outputs"] == 3
    old, new = (load_file(run / "model.safetensors") for run in (cells[1], out))
    assert np.abs(new["fc2.weight"][:2] - old["fc2.weight"]).max() < 0.1  # learnt on, not made anew
    assert np.corrcoef(new["fc2.weight"][:2].ravel(), old["fc2.weight"].ravel())[0, 1] > 0.9
    assert set(said_of(out, cells[0], tmp_path / "said", *STRIPED).values()) == {"striped"}
    assert last.result["validation"]["accuracy"] >= 0.95


def test_samples_that_judge_are_not_learnt(cells, tmp_path):
    project = project_of(cells[0], tmp_path / "project", dark2="light", striped0="dark")
    _, told = retrained(cells, project, tmp_path / "out", only=("dark2", "striped0"), epochs=1)
    assert any("dark2" in words and "validation" in words for words in told)
    assert json.loads((tmp_path / "out" / "splits.json").read_text())["dark2"] == "val"
    last, _ = done(
        RetrainJob(run_folder=str(cells[1]), data=(str(project),), out=str(tmp_path / "no"), only=("dark2",)),
        fails=True,
    )
    assert "nothing new to learn" in last.message


def test_without_keys_it_learns_what_the_run_has_not_seen(cells, corrected, tmp_path, capsys):
    words = ["retrain", cells[1], corrected, "--out", tmp_path / "out", "--epochs", 1, "--threads", 1]
    assert main([*map(str, words)]) == 0
    assert "Learnt" in capsys.readouterr().out
    learnt = json.loads((tmp_path / "out" / "card.json").read_text())["retrained"]["learnt"]
    assert set(STRIPED) <= set(learnt)
    assert not [key for key in learnt if not key.startswith("striped")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"only": ("nobody",)}, "none of this name"),
        ({"replay": -1.0}, "negative"),
        ({"out": "taken"}, "not empty"),
    ],
)
def test_wrong_wishes_are_refused_in_words(cells, tmp_path, words, expected):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").write_text("x")
    words = {"out": "new", **words}
    words["out"] = str(tmp_path / words["out"])
    last, _ = done(RetrainJob(run_folder=str(cells[1]), data=(str(cells[0]),), **words), fails=True)
    assert expected in last.message


@pytest.mark.parametrize(
    ("task", "model", "made"),
    [
        ("semantic-segmentation", "unet", lambda at: painted_folder(at / "discs", splits=True)),
        ("sequence-regression", "sequence-cnn", lambda at: sequence_table(at / "s.csv", numbers=True)),
    ],
)
def test_it_serves_every_task(tmp_path, task, model, made):
    data = made(tmp_path)
    options = {"crop": 32} if model == "unet" else {}
    fit = {"epochs": 1, "check_leaks": False}
    run, new = tmp_path / "run", tmp_path / "new"
    done(TrainJob(task=task, data=(str(data),), model=model, out=str(run), task_options=options, fit_options=fit))
    splits = json.loads((run / "splits.json").read_text())
    keys = tuple(key for key in splits if splits[key] == "train")[:2]
    job = RetrainJob(run_folder=str(run), data=(str(data),), out=str(new), only=keys, epochs=2)
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
    last, _ = done(job)
    assert last.result["epochs"] >= 1
    assert load_file(new / "model.safetensors").keys() == load_file(run / "model.safetensors").keys()
    assert {"--only", *keys} <= set(job.command())
