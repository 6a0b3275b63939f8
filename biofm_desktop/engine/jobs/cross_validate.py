"""Cross-validate: train once for each fold and judge on the samples that were held out; mean and spread."""

import csv
import io
import statistics
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Saved, Started
from biofm_desktop.engine.files import new_folder, write_json, write_text
from biofm_desktop.engine.options import from_json, option
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.samples import Grain, Sample
from biofm_desktop.engine.samples.folds import folds_of, grouped_by

from .data import fitting_model, learnable, opened, task_class
from .inner import trained
from .planned import PlannedJob
from .predict import PredictJob
from .train import TrainJob

FOLDS, METRICS, HELD_OUT = "folds.json", "metrics.json", "held_out.csv"


@dataclass(frozen=True, kw_only=True)
class CrossValidateJob(PlannedJob):
    """Train ``model`` once for each of ``folds`` folds, into run folders below ``out``; the test split is left alone.

    ``metrics.json`` holds each fold's figures, their mean and standard deviation; ``held_out.csv`` what was said of
    each sample by the network that had not seen it (tasks with one answer a sample). Samples with the same value in the
    column ``group`` are in one fold; empty: those of a group that the data state.
    """

    name: ClassVar[str] = "cross-validate"
    folds: int = option(
        5, "Folds", low=2, high=1000, help="So many trainings: each judges on another part of the samples, held out"
    )
    group: str = ""

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Cross-validate {self.model}"

    def own_words(self) -> list[str]:
        """Return the flags of the folds and of their groups."""
        return ["--folds", str(self.folds), *(["--group", self.group] if self.group else [])]

    def run(self) -> Iterator[Event]:
        """Train fold after fold; what is done stands when it is stopped."""
        kind = task_class(self.task)
        fitting_model(self.model, kind)
        options = from_json(FitOptions, self.fit_options)
        dataset = yield from opened(self.data, kind)
        samples = grouped_by(learnable(dataset), self.group) if self.group else learnable(dataset)
        held_out = folds_of(samples, self.folds, options.seed)
        folder = new_folder(Path(self.out))
        write_json(folder / "job.json", self.to_json(), room="checkpoint")
        write_json(folder / FOLDS, {key: n for n, part in enumerate(held_out, 1) for key in part}, room="checkpoint")
        yield Started(self.title, len(held_out))
        found: list[dict[str, float]] = []
        rows: list[list[str]] = []
        for place, part in enumerate(held_out):
            metrics = yield from self._fold(samples, part, place, len(held_out), folder)
            found.append(metrics)
            if kind.grain is Grain.SAMPLE:
                rows += yield from self._held_out(part, place, folder)
                write_text(folder / HELD_OUT, _table(rows), room="export")
            write_json(folder / METRICS, summary(found, len(held_out)), room="checkpoint")
            yield Saved(str(folder / METRICS), "metrics")
        result = summary(found, len(held_out))
        yield Finished(_words(result, kind.metric), result=result)

    def _fold(
        self, samples: tuple[Sample, ...], part: set[str], place: int, count: int, folder: Path
    ) -> Generator[Event, None, dict[str, float]]:
        """Train on all but a fold and return the figures on it."""
        splits = {s.key: "val" if s.key in part else "train" for s in samples if s.split != "test"}
        stated = folder / f"splits-{place + 1}.json"
        write_json(stated, splits, room="checkpoint")
        fit = {"check_leaks": False, "keep_epochs": 0, **self.fit_options}
        out = str(folder / f"fold-{place + 1}")
        job = TrainJob(**{**self.plan, "out": out, "fit_options": fit, "splits": str(stated)})
        metrics = yield from trained(job, f"Fold {place + 1} of {count}", place, count)
        return {name: float(value) for name, value in metrics["validation"].items()}

    def _held_out(self, part: set[str], place: int, folder: Path) -> Generator[Event, None, list[list[str]]]:
        """Return what the fold's network says of the samples it has not seen, as rows under a head."""
        out = folder / f"fold-{place + 1}" / "held_out"
        job = PredictJob(
            run_folder=str(folder / f"fold-{place + 1}"),
            inputs=self.data,
            out=str(out),
            keys=tuple(sorted(part)),
            export="csv",
            device=self.fit_options.get("device", "auto"),
        )
        path = ""
        for event in job.run():
            if isinstance(event, Saved) and event.what == "export":
                path = event.path
        yield from ()
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            head, *rows = list(csv.reader(file))
        return [["fold", *head], *([str(place + 1), *row] for row in rows)]


def summary(folds: list[dict[str, float]], planned: int) -> dict[str, Any]:
    """Return the figures of the folds, with mean and standard deviation (of the folds, n - 1) of each."""
    names = [name for name in folds[0] if all(name in fold for fold in folds)] if folds else []
    columns = {name: [fold[name] for fold in folds] for name in names}
    return {
        "folds": folds,
        "planned": planned,
        "mean": {name: statistics.fmean(values) for name, values in columns.items()},
        "sd": {name: statistics.stdev(values) if len(values) > 1 else 0.0 for name, values in columns.items()},
    }


def as_csv(result: dict[str, Any], separator: str = ",") -> str:
    """Return what `summary` gives as a table: a row for each fold, then mean and standard deviation."""
    names = list(result["mean"])
    rows = [["fold", *names]]
    rows += [[str(n), *(f"{fold[name]:.6g}" for name in names)] for n, fold in enumerate(result["folds"], 1)]
    rows += [[word, *(f"{result[word][name]:.6g}" for name in names)] for word in ("mean", "sd")]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _table(rows: list[list[str]]) -> str:
    """Return rows as CSV, the head once."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for place, row in enumerate(rows):
        if place == 0 or row != rows[0]:
            writer.writerow(row)
    return text.getvalue()


def _words(result: dict[str, Any], metric: str) -> str:
    mean, sd = result["mean"].get(metric), result["sd"].get(metric)
    if mean is None:
        return f"{len(result['folds'])} folds trained"
    return f"{metric.replace('_', ' ').capitalize()} {mean:.3f} ± {sd:.3f} over {len(result['folds'])} folds"
