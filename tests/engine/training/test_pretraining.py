"""Pre-training without labels: what is asked, what is learnt, and that trainings start from it."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from biofm_desktop.cli.main import main
from biofm_desktop.engine.events import Finished, StepDone
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.inference.run_folder import load_run
from biofm_desktop.engine.jobs import ContinueJob, PretrainJob, TrainJob, job_from_json
from biofm_desktop.engine.jobs import checkpoint_list as checkpoints
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.objectives import OBJECTIVES, Questions
from biofm_desktop.engine.samples import ImageSample, InputSpec
from biofm_desktop.engine.tasks import ImageClassification, Item, SequenceClassification
from biofm_desktop.engine.training.pretraining.backbone import Backbone
from biofm_desktop.engine.training.pretraining.networks import network_for
from biofm_desktop.engine.training.pretraining.probe import probed
from tests.engine.made_up import class_folder, painted_folder, sequence_table

QUICK = {"epochs": 2, "batch_size": 4, "seed": 0}
PICTURES = ImageClassification(classes=("a", "b"), size=32)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def example(entry):
    size = 28 if entry.name == "biomed-cnn" else 64
    if entry.takes is ImageSample:
        return InputSpec(3, (size, size)), torch.rand(2, 3, size, size)
    return InputSpec(4, (120,)), torch.randint(0, 5, (2, 120))


def pretrain(data, out, objective="contrastive", model="biomed-cnn", **more):
    job = PretrainJob(
        objective=objective, data=(str(data),), model=model, out=str(out), **{"fit_options": QUICK, **more}
    )
    return list(job.run())


@pytest.mark.parametrize("name", [name for name in MODELS.names if name != "vgg16"])
def test_of_every_model_the_backbone_is_all_but_the_head_and_sees_places(name):
    entry = MODELS[name]
    inputs, batch = example(entry)
    backbone = Backbone(entry.build(inputs, 3), entry.head, batch)
    own = {key for key in entry.build(inputs, 3).state_dict() if not key.startswith(f"{entry.head}.")}
    assert set(backbone.network.state_dict()) == own
    whole, places = backbone(batch)
    assert whole.shape == (2, backbone.features)
    assert places.shape == (2, backbone.channels, *backbone.grid)
    assert np.prod(backbone.grid) > 1


@pytest.mark.parametrize("objective", OBJECTIVES.names)
def test_an_objective_learns_what_it_asks(objective):
    kind = OBJECTIVES[objective]
    pictures = kind.takes is ImageSample
    entry = MODELS["biomed-cnn" if pictures else "gru"]
    inputs = InputSpec(3, (32, 32)) if pictures else InputSpec(4, (40,))
    task = PICTURES if pictures else SequenceClassification(classes=("a", "b"), length=40, alphabet="dna")
    made = kind(task=task, **({"colour": 0.1} if objective == "contrastive" else {}))
    torch.manual_seed(0)
    if pictures:  # each of another colour, lighter towards one side
        slope = torch.linspace(0.1, 0.9, 32)
        items = [Item(torch.rand(3, 1, 1) * slope.expand(3, 32, 32), None) for _ in range(16)]
    else:  # one letter always follows another
        items = [Item((torch.arange(40) + n) % 4 + 1, None) for n in range(16)]
    _, batch = example(entry)
    network = network_for(
        made, Backbone(entry.build(inputs, 2), entry.head, batch[..., :32, :32] if pictures else batch[:, :40]), inputs
    )
    optimizer, draw, losses = torch.optim.Adam(network.parameters(), 2e-3), chance(), []
    for _ in range(25):
        asked = [made.augment(item, draw) for item in items]
        loss = made.loss(network(torch.stack([i.inputs for i in asked])), torch.stack([i.target for i in asked]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:3])
    network.eval()
    held_out = Questions(made, items)
    assert all(torch.equal(a.inputs, b.inputs) for a, b in zip(held_out, held_out))
    said = [network(item.inputs[None])[0].detach() for item in held_out]
    figures = made.score(said, [item.target for item in held_out])
    assert 0 <= figures[made.metric] <= 1


def test_only_what_is_hidden_counts():
    letters = OBJECTIVES["masked-letters"](
        task=SequenceClassification(length=60, alphabet="dna", dropped=0.0), hidden=0.3
    )
    asked = letters.augment(Item(torch.randint(1, 5, (60,)), None), chance())
    assert torch.equal(asked.inputs == 0, asked.target >= 0)
    right = torch.nn.functional.one_hot(asked.target.clamp(min=0), 4).T[None].float() * 50
    assert float(letters.loss(right, asked.target[None])) < 1e-6
    patches = OBJECTIVES["masked-patches"](task=PICTURES, patches=4)
    asked = patches.augment(Item(torch.rand(3, 32, 32), None), chance())
    picture, mask = asked.target[:-1], asked.target[-1]
    assert 0 < mask.mean() < 1
    assert torch.equal(asked.inputs * (1 - mask), picture * (1 - mask))
    elsewhere = picture + (1 - mask)  # wrong only where nothing is hidden
    assert float(patches.loss(elsewhere[None], asked.target[None])) == 0


def test_the_next_letter_is_the_one_that_follows():
    ahead = OBJECTIVES["next-letter"](task=SequenceClassification(length=60, alphabet="dna", dropped=0.0))
    letters = torch.randint(1, 5, (60,))
    asked = ahead.augment(Item(letters, None), chance())
    seen = asked.inputs[asked.inputs > 0]
    assert torch.equal(seen, letters[: len(seen)])
    assert int(asked.target) == int(letters[len(seen)]) - 1


def test_a_training_starts_from_a_pretraining(tmp_path):
    data = class_folder(tmp_path / "cells")
    told = pretrain(data, tmp_path / "pre")
    assert isinstance(told[-1], Finished)
    assert "linear probe: accuracy" in told[-1].message
    metrics = json.loads((tmp_path / "pre" / "metrics.json").read_text())
    assert set(metrics["probe"]) == {"before", "after"}
    learnt = load_file(tmp_path / "pre" / "backbone.safetensors")
    assert not any(name.startswith("fc2") for name in learnt)
    job = TrainJob(
        task="image-classification",
        data=(str(data),),
        model="biomed-cnn",
        out=str(tmp_path / "run"),
        fit_options=QUICK,
        train_only=("fc2",),
        weights=str(tmp_path / "pre" / "backbone.safetensors"),
    )
    list(job.run())
    model = load_file(tmp_path / "run" / "model.safetensors")
    assert all(torch.equal(model[name], tensor) for name, tensor in learnt.items())


def test_a_pretraining_starts_from_weights(tmp_path):
    data, first = class_folder(tmp_path / "cells"), tmp_path / "first"
    pretrain(data, first)
    learnt = load_file(first / "backbone.safetensors")
    pretrain(data, tmp_path / "second", weights=str(first), fit_options={**QUICK, "learning_rate": 1e-12})
    again = load_file(tmp_path / "second" / "backbone.safetensors")
    assert all(torch.allclose(again[name], tensor, atol=1e-6) for name, tensor in learnt.items())
    card = json.loads((tmp_path / "second" / "card.json").read_text())
    assert card["weights"]["run"] == str(first)
    assert (tmp_path / "second" / "weights.csv").is_file()
    assert PretrainJob(objective="contrastive", data=("d",), model="gru", out="o", weights="w").command()[8:10] == [
        "--weights",
        "w",
    ]
    with pytest.raises(Fault, match="no such file"):
        pretrain(data, tmp_path / "third", weights=str(tmp_path / "nowhere"))
    assert not (tmp_path / "third").exists()


def test_a_pretraining_is_a_model_of_the_command_line(tmp_path, capsys):
    data, pre = class_folder(tmp_path / "cells"), tmp_path / "pre"
    pretrain(data, pre)
    assert main(["list", "models", str(tmp_path), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)[-1]
    assert (row["name"], row["weights"]) == (str(pre), None)
    assert "SimCLR" in row["title"]
    assert "cells" in row["card"]
    words = ["train", "image-classification", str(data), "--model", row["name"], "--out", str(tmp_path / "run")]
    assert main([*words, "--epochs", "1", "--train-only", "fc2"]) == 0
    job = json.loads((tmp_path / "run" / "job.json").read_text())
    assert (job["model"], job["weights"]) == ("biomed-cnn", str(pre))
    learnt, model = (load_file(tmp_path / name) for name in ("pre/backbone.safetensors", "run/model.safetensors"))
    assert all(torch.equal(model[name], tensor) for name, tensor in learnt.items())
    words[4] = str(data)
    assert main([*words[:-1], str(tmp_path / "other")]) == 2
    assert "no folder of a pre-training" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_a_pretraining_predicts_nothing_and_says_so(tmp_path):
    pretrain(class_folder(tmp_path / "cells"), tmp_path / "pre")
    with pytest.raises(Fault, match="not the folder of a finished run"):
        load_run(tmp_path / "pre", torch.device("cpu"))
    kept = checkpoints.checkpoints_of(tmp_path / "pre")
    assert kept
    with pytest.raises(Fault, match="pre-training"):
        checkpoints.use(tmp_path / "pre", next(each for each in kept if not each.used).epoch)


@pytest.mark.parametrize(
    ("model", "objective", "options"),
    [("unet", "masked-patches", {"crop": 32}), ("resnet18", "masked-patches", {"size": 32})],
)
def test_pictures_without_any_label_are_learnt_from(tmp_path, model, objective, options):
    data = painted_folder(tmp_path / "discs", unlabelled=6)
    told = pretrain(data, tmp_path / "pre", objective, model, task_options=options)
    assert isinstance(told[-1], Finished)
    assert "probe" not in told[-1].message
    assert (tmp_path / "pre" / "backbone.safetensors").is_file()


def test_sequences_without_labels_are_learnt_from(tmp_path):
    chance_of = np.random.default_rng(0)
    lines = "".join(f">s{n}\n{''.join(chance_of.choice(list('ACGT'), 50))}\n" for n in range(20))
    (tmp_path / "s.fasta").write_text(lines)
    told = pretrain(tmp_path / "s.fasta", tmp_path / "pre", "masked-letters", "gru")
    assert isinstance(told[-1], Finished)
    assert (tmp_path / "pre" / "backbone.safetensors").is_file()


def test_samples_set_apart_for_testing_are_never_looked_at(tmp_path, monkeypatch):
    data = painted_folder(tmp_path / "discs", splits=True)
    read = []
    planes = ImageSample.planes
    monkeypatch.setattr(ImageSample, "planes", lambda self: read.append(self.key) or planes(self))
    pretrain(data, tmp_path / "pre", "masked-patches", "unet", task_options={"crop": 32})
    assert {"disc0", "disc1"} <= set(read)
    assert not {"disc2", "disc5"} & set(read)


def test_broken_off_it_goes_on_to_the_same_weights(tmp_path):
    data = sequence_table(tmp_path / "s.csv")
    pretrain(data, tmp_path / "whole", "masked-letters", "gru")
    job = PretrainJob(
        objective="masked-letters", data=(str(data),), model="gru", out=str(tmp_path / "broken"), fit_options=QUICK
    )
    events = job.run()
    for event in events:
        if isinstance(event, StepDone) and event.step == 3:
            break
    events.close()
    told = list(ContinueJob(run_folder=str(tmp_path / "broken")).run())
    assert "linear probe" in told[-1].message
    whole, broken = (load_file(tmp_path / name / "backbone.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)


def test_an_objective_that_does_not_fit_is_refused_with_those_that_do(tmp_path):
    data = class_folder(tmp_path / "cells")
    with pytest.raises(Fault, match="Choose masked-patches"):
        pretrain(data, tmp_path / "pre", "contrastive", "unet")
    with pytest.raises(Fault, match="does not fit the model gru"):
        pretrain(data, tmp_path / "pre", "contrastive", "gru")
    assert not (tmp_path / "pre").exists()


@pytest.mark.parametrize(("name", "value"), [("adapter", "lora"), ("labels_per_class", 5), ("sampler", "balanced")])
def test_options_that_need_labels_are_refused(tmp_path, name, value):
    with pytest.raises(Fault, match="means nothing while a model is pre-trained"):
        pretrain(tmp_path, tmp_path / "pre", fit_options={**QUICK, name: value})
    assert not (tmp_path / "pre").exists()


def test_several_devices_are_refused(tmp_path):
    with pytest.raises(Fault, match="one process only"):
        pretrain(tmp_path, tmp_path / "pre", fit_options={**QUICK, "device": "cpu", "devices": ("2",)})


def test_the_job_can_be_written_down_and_said_as_a_command(tmp_path):
    job = PretrainJob(
        objective="masked-letters",
        data=("s.csv",),
        model="gru",
        out="run",
        objective_options={"hidden": 0.3},
        fit_options={"epochs": 3},
        task_options={"length": 40},
    )
    assert job_from_json(json.loads(json.dumps(job.to_json()))) == job
    assert job.command()[:5] == ["biofm", "pretrain", "masked-letters", "s.csv", "--model"]
    assert {"--hidden", "--epochs", "--length"} <= set(job.command())


def test_the_probe_tells_classes_apart_that_features_tell_apart():
    entry = MODELS["biomed-cnn"]
    backbone = Backbone(entry.build(InputSpec(3, (28, 28)), 2), entry.head, torch.zeros(2, 3, 28, 28))
    items = [
        Item(torch.full((3, 28, 28), n % 2 * 0.8) + torch.rand(3, 28, 28) * 0.1, torch.tensor(n % 2)) for n in range(30)
    ]
    found = probed(backbone, False, items[:20], items[20:], torch.device("cpu"))
    assert found.accuracy == 1
    assert (found.taught, found.judged) == (20, 10)
    assert probed(backbone, False, [items[0], items[2]], items[20:], torch.device("cpu")) is None
