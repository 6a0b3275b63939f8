"""Samples made ready for training: encoded once and kept while memory lasts, else encoded again at each use."""

import time
import zlib
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import overload

import psutil

from biofm_desktop.engine.events import Event, Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options import RunningOptions
from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.tasks import Item, Task

from .reading import Reader

_SHARE_OF_MEMORY = 0.3
_SECONDS_BETWEEN = 0.2


class Items(Sequence[Item]):
    """The labelled items of some samples (``unlabelled``: all of them).

    ``origin`` says which sample and which of its items each one is.
    """

    def __init__(self, task: Task, reader: Reader, *, unlabelled: bool = False) -> None:
        self._task, self._reader, self._unlabelled = task, reader, unlabelled
        self._kept: list[Item | None] = []
        self.origin: list[tuple[Sample, int]] = []
        self._open: tuple[Sample, list[Item]] | None = None
        self._sum = 0

    def add(self, sample: Sample, items: list[Item], keep: bool) -> int:
        """Take up a sample's labelled items; return how many bytes are kept."""
        size = 0
        for part, item in enumerate(items):
            if item.target is None and not self._unlabelled:
                continue
            self._kept.append(item if keep else None)
            self.origin.append((sample, part))
            for tensor in (item.inputs, *([] if item.target is None else [item.target])):
                size += tensor.nbytes
                self._sum = zlib.crc32(tensor.contiguous().numpy().data, self._sum)
        return size if keep else 0

    def repeats(self) -> list[int]:
        """Return how often an epoch draws each item: a sample's draws shared among its items."""
        parts = Counter(sample.key for sample, _ in self.origin)
        return [max(1, self._task.draws(sample) // parts[sample.key]) for sample, _ in self.origin]

    @property
    def digest(self) -> str:
        """Return what stands for all inputs and targets: another one where one of them was changed."""
        return f"{self._sum:08x}"

    def name_of(self, index: int) -> str:
        """Return the name of the sample that an item is of."""
        return self.origin[index][0].key

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "list[Item]": ...
    def __getitem__(self, index: int | slice) -> "Item | list[Item]":
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        kept = self._kept[index]
        if kept is not None:
            return kept
        sample, part = self.origin[index]
        if self._open is None or self._open[0] is not sample:
            self._open = sample, self._reader.run(lambda: self._read(sample))
        return self._open[1][part]

    def _read(self, sample: Sample) -> list[Item]:
        self._reader.note(sample)
        return self._task.encode(sample)


def prepare(
    task: Task,
    splits: Mapping[str, Sequence[Sample]],
    *,
    unlabelled: Collection[str] = (),
    timeout: float = RunningOptions.read_timeout,
) -> Generator[Event, None, dict[str, Items]]:
    """Encode the samples of each split, telling how far it is; return the `Items` of each split.

    Those of the splits ``unlabelled`` need no label.

    A sample that cannot be read is left out with a warning. Raises `Fault` where no training sample is left, and where
    reading one takes longer than ``timeout`` (s; 0: no limit).
    """
    budget = int(psutil.virtual_memory().available * _SHARE_OF_MEMORY)
    reader = Reader(timeout)
    made, first = {name: Items(task, reader, unlabelled=name in unlabelled) for name in splits}, None
    total, done = sum(map(len, splits.values())), 0
    for name, samples in splits.items():
        left = iter(samples)
        while read := reader.run(lambda left=left: _some(task, left, reader)):  # type: ignore[misc]
            for sample, found in read:
                if isinstance(found, Fault):
                    first = first or found
                    yield Warned(f"Left out: {found}")
                else:
                    budget -= made[name].add(sample, found, keep=budget > 0)
            done += len(read)
            yield Progress(done, total, "Reading samples")
    if splits.get("train") and not len(made["train"]):
        raise first or Fault("training samples", "none has a label", "Label some samples, then train")
    return made


def _some(task: Task, samples: Iterator[Sample], reader: Reader) -> list[tuple[Sample, "list[Item] | Fault"]]:
    """Return the next samples encoded, or what is wrong with them: as many as take a moment."""
    made: list[tuple[Sample, list[Item] | Fault]] = []
    began = time.monotonic()
    for sample in samples:
        reader.note(sample)
        try:
            made.append((sample, task.encode(sample)))
        except Fault as fault:
            made.append((sample, fault))
        if time.monotonic() - began > _SECONDS_BETWEEN:
            break
    return made
