"""How often each class (or value) occurs in each split, and what is doubtful about that."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.events import Progress
from biofm_desktop.engine.samples import Grain, Sample

from .base import Task

SPLITS = ("train", "val", "test")
TITLES = {"train": "training", "val": "validation", "test": "test"}
#: A class with fewer labels than this is hard to learn; so is one of less than this share of the most common one.
FEW, _RARE = 10, 0.01
_BINS = 20
_SECONDS_BETWEEN = 0.2


@dataclass(frozen=True)
class Histogram:
    """Counts for each name in each split.

    ``unit`` says what is counted: ``samples``, ``pixels``, or ``values`` (samples whose number lies in a bin).
    ``names`` are the classes, or the bins as text with ``edges`` (one more than bins). ``counts`` and ``holding``
    (how many samples hold it at all) have a number for each name, by split; ``unlabelled`` counts samples.
    """

    unit: str
    names: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    holding: dict[str, tuple[int, ...]]
    unlabelled: int = 0
    edges: tuple[float, ...] = ()

    def to_values(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> "Histogram":
        """Make it again from what `to_values` gave."""
        by_split = {n: {k: tuple(v) for k, v in values[n].items()} for n in ("counts", "holding")}
        return cls(
            values["unit"],
            tuple(values["names"]),
            by_split["counts"],
            by_split["holding"],
            values["unlabelled"],
            tuple(values["edges"]),
        )

    @property
    def fewest(self) -> tuple[str, int]:
        """Return the class that the fewest training samples hold, and how many do; for values: how many there are."""
        held = self.holding.get("train", ())
        if self.unit == "values" or not held:
            return "", sum(held)
        first = 1 if self.unit == "pixels" and len(held) > 1 else 0  # not the background
        least = min(range(first, len(held)), key=held.__getitem__)
        return self.names[least], held[least]

    def warnings(self) -> list[str]:
        """Return what is doubtful: classes that a split lacks, very rare classes, and values outside of training."""
        return [*self._missing(), *self._rare()]

    def _missing(self) -> Iterator[str]:
        for split in SPLITS:
            counts = self.counts.get(split, ())
            if not sum(counts):
                if split == "train":
                    yield "No training sample has a label"
                continue
            lacking = [name for name, count in zip(self.names, counts) if not count]
            if lacking and self.unit == "values":
                continue
            if lacking:
                means = {
                    "train": "it cannot be learnt",
                    "val": "how well it is told cannot be seen while training",
                    "test": "how well it is told cannot be judged",
                }[split]
                yield f"No {TITLES[split]} sample shows {_listed(lacking)}: {means}"
        if self.unit == "values":
            yield from self._outside()

    def _outside(self) -> Iterator[str]:
        learnt = [i for i, count in enumerate(self.counts.get("train", ())) if count]
        for split in SPLITS[1:]:
            counts = self.counts.get(split, ())
            beyond = sum(c for i, c in enumerate(counts) if learnt and not learnt[0] <= i <= learnt[-1])
            if beyond:
                yield f"{beyond:,} {TITLES[split]} values lie outside of those that are learnt from"

    def _rare(self) -> Iterator[str]:
        held, counts = self.holding.get("train", ()), self.counts.get("train", ())
        if self.unit == "values" or not held:
            return
        few = [f"{n} ({h})" for n, h in zip(self.names, held) if 0 < h < FEW]
        if few:
            yield f"Fewer than {FEW} training samples show {_listed(few)}"
        most = max(counts)
        rare = [f"{n} ({c / sum(counts):.2%})" for n, c in zip(self.names, counts) if 0 < c < _RARE * most]
        if rare:
            yield f"Very rare among the training {self.unit}: {_listed(rare)}; see the options of the group Balance"


def _listed(words: Sequence[str], most: int = 6) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def counted(task: Task, samples: Sequence[Sample]) -> Generator[Progress, None, Histogram]:
    """Return the histogram of a task's labels, telling how far it is.

    The task knows its classes, the samples have a split each. Raises `Fault` where a label cannot be read.
    """
    classes = tuple(getattr(task, "classes", ()))
    found: list[tuple[str, Any]] = []
    told = time.monotonic()
    for done, sample in enumerate(samples, 1):
        label = task.counted(sample)
        if label is not None:
            found.append((sample.split or "train", label))
        if time.monotonic() - told > _SECONDS_BETWEEN:
            told = time.monotonic()
            yield Progress(done, len(samples), "Counting labels")
    unlabelled = len(samples) - len(found)
    if not classes:
        return _of_values([(split, float(value)) for split, value in found], unlabelled)
    counts = {split: np.zeros(len(classes), np.int64) for split in SPLITS}
    holding = {split: np.zeros(len(classes), np.int64) for split in SPLITS}
    for split, label in found:
        counts[split] += np.asarray(label, np.int64)
        holding[split] += np.asarray(label) > 0
    unit = "pixels" if task.grain is Grain.PIXEL else "samples"
    return Histogram(unit, classes, _plain(counts), _plain(holding), unlabelled)


def _of_values(found: list[tuple[str, float]], unlabelled: int) -> Histogram:
    values = np.array([value for _, value in found] or [0.0])
    edges = np.histogram_bin_edges(values, _BINS)
    counts = {
        split: np.histogram([value for own, value in found if own == split], edges)[0].astype(np.int64)
        for split in SPLITS
    }
    names = tuple(f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges))
    return Histogram("values", names, _plain(counts), _plain(counts), unlabelled, tuple(map(float, edges)))


def _plain(counts: dict[str, NDArray[np.int64]]) -> dict[str, tuple[int, ...]]:
    return {split: tuple(map(int, row)) for split, row in counts.items()}
