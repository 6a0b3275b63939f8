"""Samples made ready for training: encoded once and kept while memory lasts, else encoded again at each use."""

import time
import zlib
from collections import Counter
from collections.abc import Collection, Generator, Mapping, Sequence

import psutil

from biofm_desktop.engine.events import Event, Progress, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ReadingEnded, Sample
from biofm_desktop.engine.tasks import Item, ItemSequence, Task

_SHARE_OF_MEMORY = 0.3
_SECONDS_BETWEEN = 0.2


class Items(ItemSequence):
    """The labelled items of some samples (``unlabelled``: all of them).

    ``origin`` says which sample and which of its items each one is.
    """

    def __init__(self, task: Task, *, unlabelled: bool = False) -> None:
        self._task, self._unlabelled = task, unlabelled
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

    def item(self, index: int) -> Item:
        """Return an item, encoded again where memory could not keep it."""
        kept = self._kept[index]
        if kept is not None:
            return kept
        sample, part = self.origin[index]
        if self._open is None or self._open[0] is not sample:
            self._open = sample, self._task.encode(sample)
        return self._open[1][part]


def prepare(
    task: Task, splits: Mapping[str, Sequence[Sample]], *, unlabelled: Collection[str] = ()
) -> Generator[Event, None, dict[str, Items]]:
    """Encode the samples of each split, telling how far it is; return the `Items` of each split.

    Those of the splits ``unlabelled`` need no label.

    A sample that cannot be read is left out with a warning. Raises `Fault` where no training sample is left, and where
    reading hangs.
    """
    budget = int(psutil.virtual_memory().available * _SHARE_OF_MEMORY)
    made, first = {name: Items(task, unlabelled=name in unlabelled) for name in splits}, None
    total, done, told = sum(map(len, splits.values())), 0, time.monotonic()
    for name, samples in splits.items():
        for sample in samples:
            try:
                budget -= made[name].add(sample, task.encode(sample), keep=budget > 0)
            except ReadingEnded:
                raise
            except Fault as fault:
                first = first or fault
                yield Warned(f"Left out: {fault}")
            done += 1
            if done == total or time.monotonic() - told > _SECONDS_BETWEEN:
                told = time.monotonic()
                yield Progress(done, total, "Reading samples")
    if splits.get("train") and not len(made["train"]):
        raise first or Fault("training samples", "none has a label", "Label some samples, then train")
    return made
