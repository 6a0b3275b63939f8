"""The commands that look at data for training."""

import json

import pytest

from biofm_desktop.cli import main
from tests.engine.made_up import class_folder, painted_folder, sequence_table


def last(text):
    return json.loads(text.splitlines()[-1])


def test_histogram_tells_the_counts_of_each_split(tmp_path, capsys):
    folder = class_folder(tmp_path / "cells")
    assert main(["histogram", str(folder), "--validation", "0.25"]) == 0
    told = capsys.readouterr()
    row = next(line for line in told.out.splitlines() if line.startswith("dark"))
    assert row.split()[1:3] == ["6", "2"]
    assert "Fewer than 10 training samples show dark (6), light (6)" in told.err
    assert main(["histogram", str(folder), "--task", "image-classification", "--json"]) == 0
    assert last(capsys.readouterr().out)["result"]["histogram"]["names"] == ["dark", "light"]


def test_histogram_of_masks_and_of_other_tasks(tmp_path, capsys):
    assert main(["histogram", str(painted_folder(tmp_path / "discs")), "--json"]) == 0
    found = last(capsys.readouterr().out)["result"]
    assert (found["task"], found["histogram"]["unit"]) == ("semantic-segmentation", "pixels")
    table = sequence_table(tmp_path / "table.csv", numbers=True)
    assert main(["histogram", str(table), "--task", "sequence-regression", "--column", "label", "--json"]) == 0
    assert last(capsys.readouterr().out)["result"]["histogram"]["unit"] == "values"
    assert main(["histogram", str(table), "--task", "image-classification"]) != 0
    assert "takes it" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["histogram", "augment", "learning-curve"])
def test_every_command_explains_itself(capsys, command):
    assert main([command, "--help"]) == 0
    assert f"usage: biofm {command}" in capsys.readouterr().out


def test_train_takes_what_helps_with_rare_classes(tmp_path, capsys):
    data, out = str(class_folder(tmp_path / "cells")), tmp_path / "run"
    words = ["--model", "biomed-cnn", "--out", str(out), "--epochs", "1", "--device", "cpu", "--validation", "0.3"]
    rare = ["--sampler", "balanced", "--focal", "2", "--balance", "yes", "--tune", "macro_f1"]
    assert main(["train", "image-classification", data, *words, *rare]) == 0
    told = capsys.readouterr()
    assert "hresholds" in told.out + told.err  # tuned, or why they were not
    card = json.loads((out / "card.json").read_text())
    assert (card["fit"]["sampler"], card["task_values"]["focal"]) == ("balanced", 2.0)
    assert card["fit"]["tune"] == "macro_f1"


def test_augment_writes_pictures_and_sequences(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["augment", str(painted_folder(tmp_path / "discs")), "--task", "semantic-segmentation", "--out", str(out)]
    assert main([*words, "--count", "3", "--rotate", "30", "--json"]) == 0
    assert "rotate" in last(capsys.readouterr().out)["message"]
    assert len(list(out.glob("*.png"))) == 4
    table = sequence_table(tmp_path / "table.csv")
    words = ["augment", str(table), "--task", "sequence-classification", "--out", str(tmp_path / "letters")]
    assert main([*words, "--reverse-complement", "yes"]) == 0
    assert len(list((tmp_path / "letters").glob("*.fasta"))) == 1
    assert main([*words, "--count", "0"]) == 2
    assert "--count" in capsys.readouterr().err


def test_learning_curve_tells_a_row_for_each_number_of_labels(tmp_path, capsys):
    data, out = class_folder(tmp_path / "cells", 10), tmp_path / "curve"
    words = ["learning-curve", "image-classification", str(data), "--model", "biomed-cnn", "--out", str(out)]
    assert main([*words, "--counts", "2", "0.5", "--seeds", "1", "--epochs", "1", "--device", "cpu"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [row[:2] for row in rows if row[0] in ("2.0", "0.5")] == [["2.0", "4"], ["0.5", "8"]]
    assert (out / "learning_curve.csv").is_file()
