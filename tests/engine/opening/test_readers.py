"""Readers: the same data as in this process, and one clear fault when one ends, hangs or grows."""

import gzip
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided
from PIL import Image

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.formats import open_data
from biofm_desktop.engine.opening import Readers, crossing, open_paths, read_aside
from biofm_desktop.engine.opening.limits import Limits
from biofm_desktop.engine.opening.reader import Reader, Request
from biofm_desktop.engine.opening.readers import _Load
from biofm_desktop.engine.samples import Dataset, ImageSample, LazyImage, Problem


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    """Readers for all tests of this file."""
    made = Readers()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures and an array."""
    random = np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(random.integers(0, 255, (20, 30), np.uint8)).save(tmp_path / f"p{number}.png")
    np.save(tmp_path / "raw.npy", random.normal(size=(700, 500)).astype(np.float32))
    return tmp_path


def load(readers: Readers, folder: Path, function: object, *values: object) -> _Load:
    """Return the load of an image that calls a function in a reader: of these, some end it."""
    packed = pickle.dumps(partial(function, *values))  # type: ignore[arg-type]
    return _Load(readers, (folder,), "bad.tif", packed, (4, 4), np.dtype(np.uint8))


def test_a_reader_gives_what_opening_here_gives(readers: Readers, folder: Path) -> None:
    aside, here = readers.open([folder]), open_data([folder])
    assert [sample.key for sample in aside] == [sample.key for sample in here]
    assert aside.source == here.source
    assert [(s.pixels.shape, s.pixels.dtype) for s in aside] == [(s.pixels.shape, s.pixels.dtype) for s in here]  # type: ignore[attr-defined]
    for one, other in zip(aside, here):
        assert isinstance(one, ImageSample) and isinstance(other, ImageSample)  # noqa: PT018
        np.testing.assert_array_equal(one.pixels.read(), other.pixels.read())


def test_a_raw_array_is_mapped_and_a_packed_one_comes_by_a_file(readers: Readers, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 9, (1200, 1300), np.uint8)
    np.save(tmp_path / "raw.npy", values)
    Image.fromarray(values).save(tmp_path / "packed.png")
    raw, packed = (readers.open([tmp_path / name]).samples[0] for name in ("raw.npy", "packed.png"))
    assert isinstance(raw, ImageSample) and isinstance(packed, ImageSample)  # noqa: PT018
    mapped = raw.pixels.read()
    assert isinstance(mapped, np.memmap)
    assert str(mapped.filename) == str(tmp_path / "raw.npy")
    np.testing.assert_array_equal(packed.pixels.read(), values)
    np.testing.assert_array_equal(mapped, values)


def test_a_fault_of_a_file_crosses_as_it_is(readers: Readers, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n123")
    with pytest.raises(Fault) as aside:
        readers.open([tmp_path / "cut.png"])
    with pytest.raises(Fault) as here:
        open_data([tmp_path / "cut.png"])
    assert aside.value.message == here.value.message


def test_a_reader_that_is_killed_is_one_fault_and_the_next_file_opens(readers: Readers, folder: Path) -> None:
    with pytest.raises(Fault, match=r"bad.tif.*: its reader ended .killed by signal 11, SIGSEGV"):
        load(readers, folder, as_strided, np.zeros(1), (3, 3), (1 << 44, 1 << 44))()
    assert len(readers.open([folder])) == 4


def test_a_reader_that_dies_idle_is_replaced_without_a_word(readers: Readers, folder: Path) -> None:
    readers.open([folder])
    for number in readers.process_ids:
        os.kill(number, signal.SIGKILL)
    time.sleep(0.1)
    assert len(readers.open([folder])) == 4


def test_what_takes_too_long_ends_with_a_fault_that_says_so(folder: Path) -> None:
    slow = Readers(Limits(seconds=0.4, seconds_a_byte=0))
    try:
        with pytest.raises(Fault, match=r"bad.tif: its reader took more than 0.4 s"):
            load(slow, folder, np.linalg.svd, np.zeros((3000, 3000)))()
        slow.limits = Limits()
        assert len(slow.open([folder])) == 4
    finally:
        slow.close()


def test_what_takes_too_much_memory_ends_with_a_fault_that_says_so(readers: Readers, folder: Path) -> None:
    with pytest.raises(Fault, match=r"bad.tif: its reader needed more than .* of memory"):
        load(readers, folder, np.zeros, 1 << 45, "u1")()
    assert len(readers.open([folder])) == 4


def test_a_file_of_a_folder_that_ends_its_reader_is_left_out_and_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.fasta").write_text(f">{name}\nACGTACGT\n")
    with gzip.open(tmp_path / "bomb.fasta.gz", "wb", 1) as file:
        file.write(b">bomb\n")
        for _ in range(600):
            file.write(b"ACGT" * 250_000)
    made = Readers(Limits(memory=1 << 30, memory_share=0.0))
    try:
        opened = made.open([tmp_path])
    finally:
        made.close()
    assert [sample.key for sample in opened] == ["a", "b"]
    assert any("bomb.fasta.gz" in str(problem) and "left out" in str(problem) for problem in opened.problems)


def test_opening_can_be_cancelled(folder: Path) -> None:
    made = Readers()
    threading.Timer(0.05, made.cancel).start()
    try:
        with pytest.raises(Fault, match="cancelled"):
            made.open([folder])  # a reader takes longer to start
        assert len(made.open([folder])) == 4
    finally:
        made.close()


def test_the_switch_opens_aside_until_the_readers_are_closed(folder: Path) -> None:
    made = Readers()
    read_aside(made)
    assert isinstance(open_paths([folder]).samples[0].pixels.load, _Load)  # type: ignore[attr-defined]
    made.close()
    assert not isinstance(open_paths([folder]).samples[0].pixels.load, _Load)  # type: ignore[attr-defined]


def test_nothing_is_left_when_readers_are_closed(folder: Path) -> None:
    made = Readers()
    made.open([folder])
    (reader,) = made._idle
    made.close()
    assert not reader.alive
    assert not [path for path in reader._folders if path.exists()]


@pytest.mark.parametrize("value", [os.system, Path.unlink, {"a": eval}, np.array([print]), object()])
def test_what_runs_does_not_cross(value: object) -> None:
    with pytest.raises(TypeError):
        crossing.pack(value)


@pytest.mark.parametrize("payload", [os.system, os.remove, pickle.loads, eval])
def test_an_answer_that_names_a_function_is_refused(payload: object) -> None:
    class Bad:
        def __reduce__(self) -> tuple[object, ...]:
            return payload, ("x",)

    with pytest.raises(pickle.UnpicklingError):
        crossing.unpack(pickle.dumps(Bad()))
    with pytest.raises(pickle.UnpicklingError):
        crossing.unpack_load(pickle.dumps(Bad()))


def test_a_reader_cannot_have_its_parent_map_another_file(readers: Readers, folder: Path, tmp_path_factory) -> None:
    secret = tmp_path_factory.mktemp("other") / "secret.npy"
    np.save(secret, np.zeros((4, 4), np.uint8))
    with pytest.raises(Fault):
        load(readers, folder, np.memmap, str(secret), "u1", "r", 0, (4, 4))()


def test_samples_of_every_kind_cross(folder: Path) -> None:
    data = Dataset("a", tuple(open_data([folder]).samples), ("x",), problems=(Problem("a", "b"),), source=folder)
    made = crossing.unpack(crossing.pack(data), lambda packed, shape, dtype: packed)
    assert made.problems == data.problems
    assert isinstance(made.samples[0].pixels, LazyImage)
    assert made.source == folder


def test_a_reader_ends_when_its_parent_is_gone(folder: Path) -> None:
    reader = Reader(Limits())
    request = Request("open", ([folder], []), (folder,), "a")
    reader.begin(request)
    reader.ask(request, lambda *_: None)  # type: ignore[arg-type]
    assert reader._popen.stdin is not None
    reader._popen.stdin.close()
    assert reader._popen.wait(10) == 0
    reader.end()
