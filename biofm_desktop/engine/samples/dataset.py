"""What opening gives: samples, the classes they know, and the problems met on the way."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .base import Sample


@dataclass(frozen=True)
class Problem:
    """A warning of a reader: which file, what, and what was done about it. It stays with the data."""

    what: str
    message: str

    def __str__(self) -> str:
        return f"{self.what}: {self.message}"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples of one kind in a stable order.

    ``classes`` are the names of the classes where the data states them: for masks in the order of their values, from
    0 = background; else in the order of the class folders or a ``classes.csv``. Empty: to be learnt from the
    targets. ``instances`` says that mask values number objects.
    """

    name: str
    samples: tuple[Sample, ...]
    classes: tuple[str, ...] = ()
    instances: bool = False
    problems: tuple[Problem, ...] = ()
    source: Path | None = None

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    @property
    def kind(self) -> type[Sample]:
        """Return the type of the samples (`Sample` where there are none)."""
        return type(self.samples[0]) if self.samples else Sample

    def by_key(self, key: str) -> Sample:
        """Return the sample of this key; raise KeyError where there is none."""
        for sample in self.samples:
            if sample.key == key:
                return sample
        raise KeyError(key)

    def problems_of(self, keys: Collection[str]) -> tuple[Problem, ...]:
        """Return the problems that touch these samples: all but those of other samples' own files."""
        names: tuple[set[str], set[str]] = (set(), set())
        for sample in self.samples:
            names[sample.key in keys].update({sample.key, sample.source.name if sample.source else sample.key})
        strange = names[False] - names[True]
        return tuple(problem for problem in self.problems if problem.what not in strange)

    def problems_by_key(self) -> dict[str, list[str]]:
        """Return what was doubtful about each sample or its file, for those samples where anything was."""
        said: dict[str, list[str]] = {}
        for problem in self.problems:
            said.setdefault(problem.what, []).append(problem.message)
        if not said:
            return {}
        found = {}
        for sample in self.samples:
            file = sample.source.name if sample.source else sample.key
            told = said.get(sample.key, []) + (said.get(file, []) if file != sample.key else [])
            if told:
                found[sample.key] = told
        return found

    def of_split(self, split: str) -> "Dataset":
        """Return the part of the data that lies in one split (``all`` or empty: everything)."""
        if split in ("", "all"):
            return self
        return replace(self, samples=tuple(s for s in self.samples if s.split == split))
