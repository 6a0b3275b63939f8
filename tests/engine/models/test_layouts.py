"""Weights in other libraries' layouts and wrappers: which names mean which, and what is refused.

``public_names.json`` holds the names and shapes that timm 1.0.31 and transformers 5.24.0 give their networks.
"""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.layouts import LAYOUTS
from biofm_desktop.engine.models.matching import MISSING, REMADE, TAKEN, UNUSED, Wanted, match
from biofm_desktop.engine.models.recognising import matched, shapes_of, usual_inputs
from biofm_desktop.engine.models.weights import take_weights, wanted_of
from biofm_desktop.engine.samples import InputSpec
from biofm_desktop.engine.state_dicts import unnested

NAMES = json.loads(Path(__file__).with_name("public_names.json").read_text())
IMAGE = InputSpec(3, (64, 64))


def published(layout):
    return {name: tuple(shape) for name, shape in NAMES[layout].items()}


def built(model, outputs=5, channels=3):
    """Return a network whose batch norms have figures of their own, as trained ones have."""
    network = MODELS[model].build(InputSpec(channels, (64, 64)), outputs)
    for name, buffer in network.named_buffers():
        if name.endswith("running_mean"):
            buffer.normal_(0, 0.1)
        elif name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return network.eval()


def taken(network, model, tensors, path, **how):
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return take_weights(network, path, wanted_of(network, MODELS[model], **how))


def test_there_are_true_names_of_every_layout():
    assert set(NAMES) == set(LAYOUTS.names)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_name_of_a_layout_is_known_and_every_tensor_of_the_models_found(layout):
    given = published(layout.name)
    for model in layout.models:
        entry = MODELS[model]
        found = matched(entry, given, usual_inputs(entry), 7)
        assert (found.layout.name, found.prefix, found.fault) == (layout.name, "", "")
        body = [row for row in found.rows if row.ours and row.part == "body"]
        assert {row.state for row in body} == {TAKEN}
        head = {row.state for row in found.rows if row.part == "head" and row.ours}
        assert head == ({MISSING} if entry.trunk else {REMADE})
        unused = [row.theirs.split(".")[0] for row in found.of(UNUSED)]
        assert set(unused) == ({"classifier"} if entry.trunk else set())


@pytest.mark.parametrize(
    ("layout", "model"), [("timm-mobilenetv2", "mobilenet-v2"), ("hf-mobilenetv2", "mobilenet-v2")]
)
def test_a_network_answers_the_same_with_its_own_weights_in_another_layout(layout, model, tmp_path):
    torch.manual_seed(1)
    first, second = built(model), built(model)
    own = [item for item in first.state_dict().items() if not item[0].endswith("num_batches_tracked")]
    given = {theirs: tensor for theirs, (_, tensor) in zip(NAMES[layout], own, strict=True)}  # both in their order
    found = taken(second, model, given, tmp_path / "w.safetensors")
    assert found.layout.name == layout
    assert not found.fresh
    pictures = torch.randn(2, 3, 64, 64)
    assert torch.equal(first(pictures), second(pictures))


def test_resnet_answers_the_same_with_its_own_weights_in_the_layout_of_hugging_face(tmp_path):
    torch.manual_seed(1)
    first, second = built("resnet18"), built("resnet18")
    own = {name: tensor for name, tensor in first.state_dict().items() if not name.endswith("num_batches_tracked")}
    order = sorted(own, key=_shortcut_first)
    given = {theirs: own[ours] for theirs, ours in zip(NAMES["hf-resnet18"], order, strict=True)}
    assert not taken(second, "resnet18", given, tmp_path / "w.safetensors").fresh
    pictures = torch.randn(2, 3, 64, 64)
    assert torch.equal(first(pictures), second(pictures))


def _shortcut_first(name):
    """Hugging Face writes a block's shortcut before its convolutions."""
    parts = name.split(".")
    if not parts[0].startswith("layer"):
        return (0,) if parts[0] in ("conv1", "bn1") else (9,)
    inner = {"downsample": 0, "conv1": 2, "bn1": 3, "conv2": 4, "bn2": 5}[parts[2]]
    return int(parts[0][5:]), int(parts[1]), inner


def test_dense_layers_that_timm_runs_as_convolutions_are_laid_flat():
    layout = LAYOUTS["timm-vgg16"]
    assert layout.ours("pre_logits.fc1.weight") == "classifier.0.weight"
    assert layout.fits("classifier.0.weight", (4096, 512, 7, 7), (4096, 25088))
    assert not layout.fits("classifier.0.weight", (4096, 512, 6, 6), (4096, 25088))
    kernel, picture = torch.randn(8, 4, 7, 7), torch.randn(2, 4, 7, 7)
    as_convolution = torch.nn.functional.conv2d(picture, kernel).flatten(1)
    assert torch.allclose(as_convolution, picture.flatten(1) @ kernel.reshape(8, -1).T, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["timm resnet18", "timm mobilenetv2_100", "timm vgg16", "hf resnet", "hf mobilenet"])
def test_networks_of_timm_and_hugging_face_answer_the_same_here(name, tmp_path):
    """With the libraries themselves, where they are there: nothing here depends on them."""
    library, kind = name.split()
    torch.manual_seed(2)
    if library == "timm":
        theirs = pytest.importorskip("timm").create_model(kind, num_classes=1000)
    else:
        hf = pytest.importorskip("transformers")
        sizes = {"embedding_size": 64, "hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2]}
        theirs = (
            hf.ResNetForImageClassification(hf.ResNetConfig(layer_type="basic", num_labels=1000, **sizes))
            if kind == "resnet"
            else hf.MobileNetV2ForImageClassification(
                hf.MobileNetV2Config(num_labels=1000, tf_padding=False, layer_norm_eps=1e-5)
            )
        )
    model = {"resnet18": "resnet18", "resnet": "resnet18", "vgg16": "vgg16"}.get(kind, "mobilenet-v2")
    ours, pictures = built(model, 1000), torch.randn(1, 3, 224, 224)
    assert not taken(ours, model, theirs.state_dict(), tmp_path / "w.safetensors").fresh
    with torch.no_grad():
        answer = theirs.eval()(pictures)
        assert torch.allclose(getattr(answer, "logits", answer), ours(pictures), atol=1e-5)


RESNET = shapes_of(MODELS["resnet18"], IMAGE, 1000)


def resnet(given, outputs=1000, **how):
    return matched(MODELS["resnet18"], given, IMAGE, outputs, **how)


@pytest.mark.parametrize(
    "prefix",
    [
        "module.", "model.", "backbone.", "_orig_mod.", "module._orig_mod.", "teacher.backbone.", "student.module.",
        "module.encoder_q.", "base_encoder.", "timm_model.", "anything.at.all.",
    ],
)  # fmt: skip
def test_what_trainers_put_before_the_names_is_seen_through(prefix):
    given = {prefix + name: shape for name, shape in RESNET.items()}
    found = resnet({**given, "criterion.weight": (3,), "queue": (128, 65536)})
    assert len(found.taken) == len(RESNET)
    assert found.prefix == prefix.replace("_orig_mod.", "")
    assert not found.fault
    assert [row.theirs for row in found.of(UNUSED)] == ["criterion.weight", "queue"]


def test_what_the_compiler_puts_inside_names_is_seen_through():
    given = {name.replace("layer1.", "layer1._orig_mod."): shape for name, shape in RESNET.items()}
    assert len(resnet(given).taken) == len(RESNET)


@pytest.mark.parametrize(("better", "worse"), [("encoder_q", "encoder_k"), ("teacher", "student")])
def test_of_two_copies_the_better_one_is_taken(better, worse):
    given = {f"{copy}.{name}": shape for copy in (worse, better) for name, shape in RESNET.items()}
    found = resnet(given)
    assert found.prefix == f"{better}."
    assert not found.fault


def test_wrappers_and_layouts_go_together():
    given = {f"module.{name}": shape for name, shape in published("hf-resnet18").items()}
    found = resnet(given)
    assert found.source == "Hugging Face's layout (names begin with 'module.')"
    assert not found.fault


def test_a_backbone_of_hugging_face_without_a_head_is_taken():
    given = {n.removeprefix("resnet."): s for n, s in published("hf-resnet18").items() if n.startswith("resnet.")}
    found = resnet(given, 4)
    assert (found.fault, found.layout.name) == ("", "hf-resnet18")
    assert found.fresh == ["fc.weight", "fc.bias"]


def test_the_head_of_a_pre_training_is_no_obstacle():
    body = {f"module.encoder_q.{n}": s for n, s in RESNET.items() if not n.startswith("fc.")}
    head = {"module.encoder_q.fc.0.weight": (512, 512), "module.encoder_q.fc.2.weight": (128, 512)}
    found = resnet({**body, **head, "module.queue_ptr": (1,)}, 4)
    assert not found.fault
    assert found.summary == ("120 of 122 tensors taken, 2 missing and started fresh (head), 3 of the file unused")


@pytest.mark.parametrize(
    "nest",
    [
        {"state_dict": 1, "epoch": 3, "optimizer_states": []},
        {"model": {"state_dict": 1}},
        {"state_dict": 0, "state_dict_ema": 1},
        {"model": 0, "model_ema": 1, "optimizer": {}},
        {"student": 0, "teacher": 1},
    ],
)
def test_nests_are_opened_the_better_copy_first(nest):
    def fill(value):
        return {k: fill(v) for k, v in value.items()} if isinstance(value, dict) else value

    given = json.loads(json.dumps(nest).replace(": 1", ': {"w": 1}').replace(": 0", ': {"w": 0}'))
    assert unnested(fill(given)) == {"w": 1}


def test_a_head_of_other_classes_and_a_first_layer_of_other_channels_are_made_anew(tmp_path):
    network, before = built("resnet18", 3, channels=1), built("resnet18", 1000)
    found = taken(network, "resnet18", before.state_dict(), tmp_path / "w.safetensors")
    assert [row.ours for row in found.of(REMADE)] == ["conv1.weight", "fc.weight", "fc.bias"]
    assert found.summary == "119 of 122 tensors taken, 3 re-made (conv1, head)"
    assert torch.equal(network.layer1[0].conv1.weight, before.layer1[0].conv1.weight)


def test_a_head_can_be_made_anew_where_it_would_fit():
    assert [row.part for row in resnet(RESNET, new_head=True).of(REMADE)] == ["head", "head"]


def test_a_part_is_enough_where_that_is_what_was_made():
    part = {name: shape for name, shape in RESNET.items() if name.startswith(("conv1", "bn1", "layer1"))}
    assert "missing" in resnet(part).fault or "of its body" in resnet(part).fault
    assert not resnet(part, partial=True).fault
    assert "surplus" in resnet({**part, "layer9.weight": (1,)}, partial=True).fault


def test_a_deeper_network_of_the_same_kind_is_refused_and_named(tmp_path):
    network, before = built("resnet18"), built("resnet18").state_dict()
    deeper = {name.replace("layer4.1.", "layer4.2."): tensor for name, tensor in before.items() if "layer4.1." in name}
    with pytest.raises(Fault, match=r"10 tensors are surplus.*a ResNet deeper than ResNet-18.*weights of resnet18"):
        taken(network, "resnet18", {**before, **{n: t.clone() for n, t in deeper.items()}}, tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"blocks.0.attn.qkv.weight": (6, 2)}, r"a vision transformer, in timm's layout.*weights of resnet18"),
        ({"some.thing.w": (2,), "other.b": (3,)}, r"Its names \(other\.b, some\.thing\.w\) are of no layout"),
        (published("hf-mobilenetv2"), r"MobileNetV2, in Hugging Face's layout.*Choose the model mobilenet-v2"),
    ],
)
def test_a_file_of_another_network_is_refused_with_what_was_seen_and_the_way_out(names, words, tmp_path):
    network = built("resnet18")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(Fault, match=r"w\.safetensors.*0 of 100 tensors of its body.*" + words):
        taken(network, "resnet18", {n: torch.zeros(s) for n, s in names.items()}, tmp_path / "w.safetensors")
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_half_precision_becomes_the_precision_of_the_network(tmp_path):
    network, before = built("resnet18"), built("resnet18").half()
    taken(network, "resnet18", before.state_dict(), tmp_path / "w.safetensors")
    assert network.conv1.weight.dtype == torch.float32
    assert torch.equal(network.conv1.weight, before.conv1.weight.float())


def test_rows_tell_both_names_and_shapes():
    given = published("timm-mobilenetv2")
    found = matched(MODELS["mobilenet-v2"], {**given, "blocks.9.w": (2, 3)}, IMAGE, 4)
    rows = {row.ours or row.theirs: row.to_json() for row in found.rows}
    assert rows["classifier.1.weight"] == {
        "state": "re-made", "model": "classifier.1.weight", "file": "classifier.weight", "shape": [4, 1280],
        "file_shape": [1000, 1280], "part": "head", "wrong": False,
    }  # fmt: skip
    assert (rows["blocks.9.w"]["state"], rows["blocks.9.w"]["wrong"]) == ("unused", True)
    assert "blocks.9.w" in found.fault


def test_nothing_fits_nothing():
    assert match(Wanted({"a.w": (1,)}, "head"), {"b.w": (1,)}).fault
