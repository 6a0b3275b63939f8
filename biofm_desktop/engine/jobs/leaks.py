"""Look for samples that are on both sides of a split: before a training, or as a job of its own."""

import csv
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import ClassVar

from biofm_desktop.engine.events import Event, Finished, Saved, Started, Warned
from biofm_desktop.engine.exports.csv_table import harmless
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.leaks import Leak, LeakReport, find_leaks
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.samples.splits import with_split

from .base import Job
from .data import learnable, loaded

LEAKS = "leaks.csv"
IDENTITY = 0.9
_SECONDS = 10.0
_LISTED = 1000


@dataclass(frozen=True, kw_only=True)
class LeaksJob(Job):
    """Name the pairs of samples of different splits that are equal or nearly so, and groups in several splits.

    Where the data states no split, it is made as a training with this ``seed`` makes it. ``identity`` is the share of
    letters from which on sequences are held to be one.
    """

    name: ClassVar[str] = "leaks"
    data: tuple[str, ...]
    seed: int = 0
    validation: float = FitOptions.validation
    test: float = FitOptions.test
    identity: float = IDENTITY

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return "Check for leaks"

    def command(self) -> list[str]:
        """Return the command line that does the same."""
        words = ["biofm", "leaks", *self.data]
        for place in fields(self):
            value = getattr(self, place.name)
            if place.name != "data" and value != place.default:
                words += [f"--{place.name}", str(value)]
        return words

    def run(self) -> Iterator[Event]:
        """Open, split, compare; the result lists the first leaks and counts them all."""
        if not 0.5 <= self.identity <= 1:
            raise Fault("option --identity", f"{self.identity:g} is not from 0.5 to 1", "Give a share such as 0.9")
        yield Started(self.title)
        dataset = yield from loaded(self.data)
        samples = learnable(dataset) or dataset.samples
        samples = with_split(samples, seed=self.seed, validation=self.validation, test=self.test)
        report = yield from find_leaks(samples, identity=self.identity)
        for sentence in report.sentences():
            yield Warned(sentence)
        result = {"count": report.count, "counts": report.counts, "samples": report.samples}
        result["leaks"] = [asdict(leak) for leak in report.leaks[:_LISTED]]
        yield Finished(_summary(report), result=result)


def checked(samples: Sequence[Sample], folder: Path) -> Generator[Event, None, None]:
    """Warn of leaks before a training, within seconds, and write ``leaks.csv`` where there are any."""
    report = yield from find_leaks(samples, identity=IDENTITY, seconds=_SECONDS)
    for sentence in report.sentences():
        yield Warned(sentence)
    if report.leaks:
        write_leaks(report.leaks, folder / LEAKS)
        yield Saved(str(folder / LEAKS), "leaks")


def write_leaks(leaks: Sequence[Leak], path: Path) -> None:
    """Write a table of leaks, a row a pair."""

    def write(aside: Path) -> None:
        with aside.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow([place.name for place in fields(Leak)])
            table.writerows([harmless(str(value)) for value in asdict(leak).values()] for leak in leaks)

    write_with(path, write, room="checkpoint")


def _summary(report: LeakReport) -> str:
    if report.count:
        return f"{report.count:,} {'leak' if report.count == 1 else 'leaks'} among {report.samples:,} samples"
    return f"No leak among {report.samples:,} samples"
