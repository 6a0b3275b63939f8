"""One path at a time: what is refused before it is opened, and keys."""

import os
import pickle
import socket
from pathlib import PurePosixPath

import numpy as np
import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.formats.keys import clean, natural, with_unique_keys
from biofm_desktop.engine.samples import Sample
from tests.engine.formats.made import png, ramp


def test_nothing_named_is_refused():
    with pytest.raises(Fault, match="no file"):
        open_data([])


def test_a_pipe_and_a_socket_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.tif")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "s"))
    for name in ("pipe.tif", "s"):
        with pytest.raises(Fault, match=f"{name}: it is not a file"):
            open_data([tmp_path / name])
    server.close()


def test_what_is_not_there_empty_or_of_no_known_kind_is_named(tmp_path):
    (tmp_path / "link.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "odd.xyz").write_bytes(b"what is this?")
    for name, word in (
        ("gone.png", "not there"),
        ("link.png", "not there"),
        ("empty.png", "empty"),
        ("odd.xyz", "format"),
    ):
        with pytest.raises(Fault, match=word) as caught:
            open_data([tmp_path / name])
        assert name in str(caught.value)
        assert caught.value.way_out


def test_a_file_that_nobody_may_read_is_refused(tmp_path):
    png(tmp_path / "a.png").chmod(0)
    with pytest.raises(Fault, match="permission"):
        open_data([tmp_path / "a.png"])


def test_an_empty_folder_and_one_with_broken_files_only_are_refused(tmp_path):
    with pytest.raises(Fault, match="nothing"):
        open_data([tmp_path])
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(Fault, match=r"a\.png"):
        open_data([tmp_path])


@pytest.mark.parametrize(
    "name", ["space and ünïcode ☃.png", "-rf.png", "%s{0}.png", "<b>&amp;.png", "no-ending", "U.PNG"]
)
def test_odd_names_open_and_give_safe_keys(tmp_path, name):
    png(tmp_path / "a.png").rename(tmp_path / name)
    key = open_data([tmp_path / name]).samples[0].key
    assert key
    assert not set(key) & set('<>:"/\\|?*% \n')


def test_samples_cross_to_another_process(tmp_path):
    sample = pickle.loads(pickle.dumps(open_data([png(tmp_path / "a.png")]).samples[0]))
    assert np.array_equal(sample.pixels.read(), ramp())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("con", "con_"),
        ("  ", "unnamed"),
        ("a\u202eb", "a_b"),
        ("=1+1", "=1+1"),
        ("x" * 400, "x" * 120),
    ],
)
def test_a_key_is_a_file_name_everywhere(text, key):
    assert clean(text) == key


def test_doubled_keys_get_their_folders_then_a_number():
    samples = [Sample(key="a"), Sample(key="A"), Sample(key="a")]
    places = [PurePosixPath("x/a.png"), PurePosixPath("y/A.png"), PurePosixPath("x/a.jpg")]
    assert [s.key for s in with_unique_keys(samples, places)] == ["x_a", "y_A", "x_a_2"]


def test_names_are_in_the_order_that_people_expect():
    assert sorted(["s10", "s9", "S1", "t"], key=natural) == ["S1", "s9", "s10", "t"]
