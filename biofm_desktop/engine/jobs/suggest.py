"""Say which samples to label next: those from which the model of a run would learn most."""

import csv
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from biofm_desktop.engine.events import Event, Finished, Saved, Started, Warned
from biofm_desktop.engine.exports.csv_table import harmless
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import write_with
from biofm_desktop.engine.samples import Sample
from biofm_desktop.engine.tasks import Task

from .base import Job
from .data import opened

if TYPE_CHECKING:
    from biofm_desktop.engine.inference.looking import Look

MEASURES = ("margin", "least-confidence", "entropy")
SPREADS = ("clusters", "badge", "core-set", "none")
#: Of more samples than this a part, drawn at random, is looked at.
_MOST, _MOST_LABELLED = 20_000, 2_000


@dataclass(frozen=True)
class Suggestion:
    """A sample to label: its place (from 1), how unsure the model is, why it is proposed, and what the model says."""

    rank: int
    key: str
    score: float
    reason: str
    prediction: str


@dataclass(frozen=True, kw_only=True)
class SuggestJob(Job):
    """Propose ``count`` samples without a label, with the reason for each; ``out`` is a table (empty: none).

    ``measure`` says what counts as doubt and ``spread`` how proposals are kept apart (see `inference`); ``patch``
    judges a mask by its most uncertain patch instead of by all its pixels.
    """

    name: ClassVar[str] = "suggest"
    run_folder: str
    data: tuple[str, ...]
    count: int = 20
    out: str = ""
    measure: str = MEASURES[0]
    spread: str = SPREADS[0]
    patch: bool = False
    seed: int = 0
    device: str = "auto"

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Propose samples to label with {Path(self.run_folder).name}"

    def command(self) -> list[str]:
        """Return the command line that proposes the same samples."""
        words = ["biofm", "suggest", self.run_folder, *self.data, "--count", str(self.count)]
        words += ["--out", self.out] if self.out else []
        for name in ("measure", "spread", "seed", "device"):
            value = getattr(self, name)
            words += [f"--{name}", str(value)] if value != getattr(type(self), name) else []
        return words + (["--patch"] if self.patch else [])

    def run(self) -> Iterator[Event]:
        """Look at all samples, choose, and write the table; the result lists the proposals."""
        from biofm_desktop.engine.inference.devices import chosen_device
        from biofm_desktop.engine.inference.looking import look
        from biofm_desktop.engine.inference.run_folder import load_run

        self._check()
        device = chosen_device(self.device)
        run = load_run(Path(self.run_folder), device)
        dataset = yield from opened(self.data, type(run.task))
        samples = yield from self._drawn(dataset.samples, run.task)
        yield Started(self.title, len(samples))
        looks = yield from look(run, samples, device, measure=self.measure, patch=self.patch, seed=self.seed)
        found = self._chosen(looks)
        if self.out:
            write_suggestions(found, Path(self.out))
            yield Saved(self.out, "suggestions")
        unlabelled = sum(not each.labelled for each in looks)
        result = {"suggestions": [asdict(each) for each in found], "unlabelled": unlabelled}
        yield Finished(_summary(found, unlabelled), result=result)

    def _check(self) -> None:
        if self.count < 1:
            raise Fault("option --count", f"{self.count} is less than one", "Say how many samples to propose")
        for name, known in (("measure", MEASURES), ("spread", SPREADS)):
            if getattr(self, name) not in known:
                raise Fault(f"option --{name}", f"there is no {getattr(self, name)!r}", f"Choose {', '.join(known)}")

    def _drawn(self, samples: Sequence[Sample], task: Task) -> Generator[Event, None, list[Sample]]:
        """Return the samples to look at: of very many a part, drawn at random."""
        chance = np.random.default_rng(self.seed)
        kept: list[Sample] = []
        for labelled, most in ((True, _MOST_LABELLED), (False, max(_MOST, self.count))):
            part = [sample for sample in samples if task.labelled(sample) is labelled]
            if len(part) > most:
                if not labelled:
                    yield Warned(f"Of {len(part):,} samples without a label {most:,}, drawn at random, are looked at")
                part = [part[n] for n in sorted(chance.choice(len(part), most, replace=False))]
            kept += part
        return kept

    def _chosen(self, looks: Sequence["Look"]) -> list[Suggestion]:
        from biofm_desktop.engine.inference.choosing import as_matrix, choose, in_words, nearest

        pool = [each for each in looks if not each.labelled]
        features = as_matrix([each.features for each in pool])
        labelled = as_matrix([each.features for each in looks if each.labelled])
        doubts = np.array([each.doubt if each.doubt is not None else np.nan for each in pool])
        if np.isnan(doubts).any():  # the model cannot say how unsure it is: far from what it knows is unsure
            doubts = nearest(features, labelled) if len(labelled) else np.ones(len(pool))
        chances = [each.probabilities for each in pool if each.probabilities is not None]
        choices = choose(
            features,
            doubts,
            labelled,
            self.count,
            spread=self.spread,
            probabilities=as_matrix(chances) if len(chances) == len(pool) else None,
            seed=self.seed,
        )
        return [
            Suggestion(
                rank,
                pool[choice.place].key,
                float(doubts[choice.place]),
                in_words(choice, pool[choice.place].words),
                pool[choice.place].said,
            )
            for rank, choice in enumerate(choices, 1)
        ]


def write_suggestions(suggestions: Sequence[Suggestion], path: Path) -> None:
    """Write a table, a row a proposal; raise `Fault` where the disk does not let us."""

    def write(aside: Path) -> None:
        with aside.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("rank", "key", "score", "reason", "prediction"))
            for each in suggestions:
                cells = (harmless(text) for text in (each.key, f"{each.score:.4g}", each.reason, each.prediction))
                table.writerow((each.rank, *cells))

    write_with(path, write, room="export")


def _summary(found: Sequence[Suggestion], pool: int) -> str:
    if not found:
        return "Every sample has a label: there is none to propose"
    one = len(found) == 1
    return f"{len(found):,} {'sample' if one else 'samples'} proposed out of {pool:,} without a label"
