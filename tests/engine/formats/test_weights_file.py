"""Files of weights: told by `inspect`, never opened as data, never run."""

import json
import pickle
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import inspect, open_data

LAYER = {"head.weight": torch.ones(2, 3), "head.bias": torch.tensor([0.5, -0.5])}


def saved(path, found):
    torch.save(found, path)
    return path


def rewritten(path, change):
    """Write the archive anew with the parts that ``change`` gives for the old ones."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in change(parts):
            archive.writestr(name, data)
    return path


def test_the_tensors_of_a_state_dict_are_told(tmp_path):
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4)).half()
    told = inspect(saved(tmp_path / "a.pt", network.state_dict()))
    assert told["verdict"] == "opened"
    assert told["value"]["tensors"] == {name: list(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("holder", ["state_dict", "model"])
def test_a_checkpoint_that_holds_a_state_dict_is_told(tmp_path, holder):
    told = inspect(saved(tmp_path / "a.pth", {holder: LAYER, "epoch": 3, "rate": 0.1, "names": ["a", "b"]}))
    assert told["value"]["tensors"] == {"head.weight": [2, 3], "head.bias": [2]}


def test_parts_of_a_shared_storage_and_turned_tensors_are_sound(tmp_path):
    whole = torch.arange(1.0, 13.0).reshape(3, 4)
    told = inspect(saved(tmp_path / "a.pt", {"a": whole[1:], "b": whole.T, "c": torch.nn.Parameter(whole)}))
    assert told["value"]["tensors"] == {"a": [2, 4], "b": [4, 3], "c": [3, 4]}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64, torch.int64, torch.bool])
def test_every_type_is_told_in_both_kinds_of_file(tmp_path, dtype):
    tensors = {"a": torch.ones(2, 2).to(dtype)}
    save_file(tensors, tmp_path / "a.safetensors")
    for path in (saved(tmp_path / "a.pt", tensors), tmp_path / "a.safetensors"):
        assert inspect(path)["value"]["tensors"] == {"a": [2, 2]}


@pytest.mark.parametrize(
    ("value", "word"), [(torch.nan, "not finite"), (torch.inf, "not finite"), (0.0, "all its weights are 0")]
)
def test_numbers_that_spoil_a_model_are_told(tmp_path, value, word):
    for dtype in (torch.float32, torch.bfloat16):
        tensors = {"a": torch.full((2, 2), value, dtype=dtype)}
        save_file(tensors, tmp_path / "a.safetensors")
        for path in (saved(tmp_path / "a.pt", tensors), tmp_path / "a.safetensors"):
            told = inspect(path)
            assert told["verdict"] == ("warned" if value == 0 else "refused")
            assert word in told["message"]


def test_weights_are_not_data_and_say_where_they_are_loaded(tmp_path):
    with pytest.raises(Fault, match=r"weights.*training panel"):
        open_data([saved(tmp_path / "a.pt", LAYER)])


class Harmful:
    """Unpickling this would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_what_would_run_code_is_refused_and_does_not_run(tmp_path):
    marker = tmp_path / "ran"
    for name, found in (("a.pt", {"x": Harmful(marker)}), ("b.pt", torch.nn.Linear(2, 2))):
        told = inspect(saved(tmp_path / name, found))
        assert told["verdict"] == "refused"
        assert "unsafe" in told["message"]
    for name in ("c.pt", "d.pkl", "e.joblib"):
        (tmp_path / name).write_bytes(pickle.dumps(Harmful(marker)))
        told = inspect(tmp_path / name)
        assert told["verdict"] == "refused"
        assert "pickle" in told["message"]
    assert not marker.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02}.",
        b"\x80\x02]q\x00" + b"".join(b"]q%c(" % i + (b"h%c" % (i - 1)) * 10 + b"e" for i in range(1, 12)) + b".",
        b"\x80\x02" + b"(" * 2_000_000 + b".",
        b"\x80\x02e.",
        b"\x80\x02}b.",
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(K\x01tR.",
        b"\x80\x02",
        b"",
        b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".",
    ],
)
def test_a_broken_list_of_weights_is_refused(tmp_path, data):
    path = saved(tmp_path / "a.pt", LAYER)
    rewritten(path, lambda parts: [(n, data if n.endswith("data.pkl") else d) for n, d in parts])
    told = inspect(path)
    assert told["verdict"] == "refused"
    assert told["message"].startswith("a.pt: it ")


def less(parts):
    return [(name, data[:4] if "/data/" in name else data) for name, data in parts]


def none(parts):
    return [(name, data) for name, data in parts if "/data/" not in name]


def twice(parts):
    return [*parts, *(part for part in parts if part[0].endswith("data.pkl"))]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("change", "word"), [(less, "damaged"), (none, "damaged"), (twice, "doubled")])
def test_an_archive_that_is_damaged_is_refused(tmp_path, change, word):
    assert word in inspect(rewritten(saved(tmp_path / "a.pt", LAYER), change))["message"]


def safetensors(path, header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def tensor(start, stop, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, stop]}


@pytest.mark.parametrize(
    ("header", "data", "word"),
    [
        ({"a": tensor(0, 8)}, 4, "truncated"),
        ({"a": tensor(0, 8)}, 12, "4 bytes stand at its end"),
        ({"a": tensor(4, 12)}, 12, "gap"),
        ({"a": tensor(0, 8), "b": tensor(4, 12)}, 12, "'b' shares"),
        ({"a": tensor(8, 0)}, 8, "offsets"),
        ({"a": tensor(0, 8, (2**40, 2**40))}, 8, "shape"),
        ({"a": tensor(0, 8, (-2,))}, 8, "shape"),
        ({"a": tensor(0, 8, dtype="Q9")}, 8, "type"),
        ({"a": 3}, 8, "'a'"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 8, "header"),
        (b"not json", 8, "header"),
        ({"head.bias": tensor(0, 8), "__metadata__": {"classes": '["x", "y", "z"]'}}, 8, "3 classes"),
    ],
)
def test_a_false_header_is_refused_by_its_part(tmp_path, header, data, word):
    told = inspect(safetensors(tmp_path / "a.safetensors", header, np.ones(data, np.uint8).tobytes()))
    assert told["verdict"] == "refused"
    assert word in told["message"]


def test_looking_at_weights_takes_no_torch():
    code = "import sys, biofm_desktop.engine.formats; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
