"""Sound files changed at random: whatever a reader makes of them, its parent goes on and the next file opens."""

import random
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.opening import Readers
from biofm_desktop.engine.opening.limits import Limits
from biofm_desktop.engine.samples import ImageSample

_MOST_READ = 3
_SEED = 20


def mutant(data: bytes, chance: random.Random) -> bytes:
    """Return a file with 1 to 64 bytes changed, cut short, or with a part of itself put elsewhere."""
    kind = chance.choice(("bytes", "bytes", "cut", "splice"))
    if kind == "cut":
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    if kind == "splice":
        start, to = chance.randrange(len(data)), chance.randrange(len(data))
        part = data[start : start + chance.randint(1, 512)]
        changed[to : to + (len(part) if chance.random() < 0.5 else 0)] = part
        return bytes(changed)
    for _ in range(chance.randint(1, 64)):
        # Headers lie at the beginning; most changes further on only change a value.
        place = chance.randrange(min(len(data), 512) if chance.random() < 0.5 else len(data))
        changed[place] = chance.randrange(256)
    return bytes(changed)


def families(corpus: tuple[Path, list[dict[str, Any]]]) -> dict[str, list[Path]]:
    """Return the sound files of each family, those of one file only."""
    folder, entries = corpus
    found: dict[str, list[Path]] = {}
    for entry in entries:
        path = folder / entry["path"]
        family = str(entry["path"]).split("/")[0]
        if entry["expect"] == "open" and family != "place" and path.is_file() and path.stat().st_size > 0:
            found.setdefault(family, []).append(path)
    return found


def outcome(readers: Readers, path: Path) -> str:
    """Open a file as the window does, read what it shows first, and say how it ended."""
    try:
        dataset = readers.open([path])
        for sample in dataset.samples[:_MOST_READ]:
            if isinstance(sample, ImageSample) and sample.pixels.nbytes < 1 << 28:
                sample.pixels.read()
    except Fault as fault:
        return _refusal(path, fault.message)
    return "warned" if dataset.problems else "opened"


def _refusal(path: Path, message: str) -> str:
    assert path.name in message, message
    assert "Traceback" not in message
    ends = ("reader ended", "took more than", "needed more than", "no reader says")
    return next((word for word in ends if word in message and "its reader" in message), "refused")


def try_mutants(
    corpus: tuple[Path, list[dict[str, Any]]], folder: Path, each: int
) -> tuple[dict[str, Counter[str]], float]:
    """Try so many mutants of each family; return how they ended."""
    readers, ends, began = Readers(Limits(seconds=10)), dict[str, Counter[str]](), time.monotonic()
    try:
        for family, sound in families(corpus).items():
            chance, ends[family] = random.Random(f"{_SEED} {family}"), Counter[str]()
            for number in range(each):
                source = chance.choice(sound)
                # A folder of its own: a table may list what lies beside it.
                place = folder / family / str(number)
                place.mkdir(parents=True)
                path = place / source.name
                path.write_bytes(mutant(source.read_bytes(), chance) or b"\0")
                before = path.read_bytes()
                ended = outcome(readers, path)
                ends[family][ended] += 1
                assert path.read_bytes() == before
                if ended in ("reader ended", "took more than", "needed more than"):
                    print(family, number, ended, flush=True)
                    outcome(readers, sound[0])
                shutil.rmtree(place)
            assert outcome(readers, sound[0]) in ("opened", "warned", "refused"), family
    finally:
        readers.close()
    return ends, time.monotonic() - began


def test_two_hundred_mutants_end_in_a_verdict(corpus: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    each = -(-200 // len(families(corpus)))
    ends, _ = try_mutants(corpus, tmp_path, each)
    assert sum(sum(counts.values()) for counts in ends.values()) >= 200
    assert not [family for family, counts in ends.items() if counts["no reader says"]]


@pytest.mark.slow
def test_eleven_thousand_mutants_end_in_a_verdict(corpus: tuple[Path, list[dict[str, Any]]], tmp_path: Path) -> None:
    ends, seconds = try_mutants(corpus, tmp_path, 1000)
    total: Counter[str] = sum(ends.values(), Counter())
    for family, counts in ends.items():
        print(f"{family:12} {dict(counts)}")
    print(f"{total.total():,} mutants in {seconds:.0f} s: {dict(total)}")
    assert total.total() >= 11_000
    assert not total["no reader says"]
