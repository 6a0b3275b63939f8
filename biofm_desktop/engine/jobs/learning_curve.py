"""How good is it with how many labels: the same training with fewer and more of them, several times each."""

import csv
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Progress, Saved, Started, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import new_folder, read_json, write_json, write_with

from .data import SPLITS, task_class
from .evaluate import EvaluateJob
from .fitting import METRICS
from .planned import PlannedJob
from .train import TrainJob

CURVE, TABLE = "learning_curve.json", "learning_curve.csv"
COUNTS = (5.0, 10.0, 20.0, 50.0, 0.0)


@dataclass(frozen=True)
class Point:
    """The figure of one training: with so many labels a class (0: all), of so many samples, with a seed."""

    labels: float
    seed: int
    samples: int
    figure: float


@dataclass(frozen=True, kw_only=True)
class LearningCurveJob(PlannedJob):
    """Train with each of ``counts`` labels per class (below 1: a share; 0: all), ``seeds`` times each.

    The figure is the task's own, of the test samples where there are any,
    else of the validation samples; of the trainings nothing is kept but that. Writes a table and a JSON file into the
    folder ``out``.
    """

    name: ClassVar[str] = "learning-curve"
    counts: tuple[float, ...] = COUNTS
    seeds: int = 3

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Learning curve of {self.model}"

    def own_words(self) -> list[str]:
        """Return the flags of the numbers of labels and of the seeds."""
        return ["--counts", *(f"{count:g}" for count in self.counts), "--seeds", str(self.seeds)]

    def run(self) -> Iterator[Event]:
        """Train again and again; what was found stands in the files after each training."""
        if not self.counts or self.seeds < 1:
            raise Fault("learning curve", "there is nothing to train", "Give some --counts and at least one of --seeds")
        folder = new_folder(Path(self.out))
        plan = [(count, n) for n in range(self.seeds) for count in self.counts]
        yield Started(self.title, facts={"trainings": len(plan)})
        points, told, split = list[Point](), set[str](), "validation"
        for done, (count, number) in enumerate(plan):
            with TemporaryDirectory(prefix="run-", dir=folder, ignore_cleanup_errors=True) as place:
                steps = self._one(count, number, Path(place) / "run", done, len(plan))
                with closing(steps):
                    event = None
                    for event in steps:
                        if not isinstance(event, Warned) or event.message not in told:
                            yield event
                        told |= {event.message} if isinstance(event, Warned) else set()
                point, split = _result(Path(place) / "run", Path(place) / "eval", self.task, count, self._seed(number))
            points.append(point)
            self._write(folder, points, split)
        yield Saved(str(folder / TABLE), "learning curve")
        result = {"metric": task_class(self.task).metric, "split": split, "rows": rows_of(points)}
        yield Finished(_summary(result), result=result)

    def _seed(self, number: int) -> int:
        return int(self.fit_options.get("seed", 0)) + number

    def _one(
        self, count: float, number: int, out: Path, done: int, total: int
    ) -> Generator[Progress | Warned, None, None]:
        fit = {**self.fit_options, "seed": self._seed(number), "labels_per_class": count}
        training = TrainJob(**{**self.plan, "out": str(out), "fit_options": {**fit, "check_leaks": False}})
        words = f"{in_words(count)}, seed {self._seed(number)}"
        yield Progress(done, total, words)
        for event in training.run():
            yield event if isinstance(event, Warned) else Progress(done, total, words)
        if "test" in read_json(out / SPLITS).values():
            judged = EvaluateJob(run_folder=str(out), data=self.data, out=str(out.parent / "eval"), split="test")
            for _ in judged.run():
                yield Progress(done, total, f"{words}: judging")

    def _write(self, folder: Path, points: list[Point], split: str) -> None:
        def write(aside: Path) -> None:
            with aside.open("w", encoding="utf-8", newline="") as file:
                table = csv.writer(file)
                table.writerow(["labels_per_class", "seed", "training_samples", task_class(self.task).metric, "split"])
                table.writerows([p.labels or "all", p.seed, p.samples, f"{p.figure:.6g}", split] for p in points)

        write_with(folder / TABLE, write, room="checkpoint")
        facts = {"metric": task_class(self.task).metric, "split": split, "job": self.to_json()}
        write_json(folder / CURVE, {**facts, "rows": rows_of(points)}, room="checkpoint")


def in_words(count: float) -> str:
    """Return a number of labels in words."""
    if not count:
        return "all labels"
    return f"{count:.0f} labels a class" if count >= 1 else f"{count:.0%} of the labels"


def rows_of(points: list[Point]) -> list[dict[str, Any]]:
    """Return mean and spread (sample deviation; 0 of a single one) for each number of labels, fewest samples first."""
    rows = []
    for labels in dict.fromkeys(point.labels for point in points):
        own = [point for point in points if point.labels == labels]
        figures = [point.figure for point in own]
        spread = stdev(figures) if len(figures) > 1 else 0.0
        samples = round(fmean(point.samples for point in own))
        rows.append({"labels": labels, "samples": samples, "mean": fmean(figures), "spread": spread, "runs": len(own)})
    return sorted(rows, key=lambda row: row["samples"])


def _result(run: Path, judged: Path, task: str, count: float, seed: int) -> tuple[Point, str]:
    metric, samples = task_class(task).metric, list(read_json(run / SPLITS).values()).count("train")
    if (judged / METRICS).is_file():
        return Point(count, seed, samples, read_json(judged / METRICS)["metrics"][metric]), "test"
    figures = read_json(run / METRICS)["validation"]
    if metric not in figures:
        raise Fault("learning curve", "there are neither test nor validation samples to judge by", "Set some apart")
    return Point(count, seed, samples, figures[metric]), "validation"


def _summary(result: dict[str, Any]) -> str:
    told = [f"{in_words(row['labels'])} {row['mean']:.3f} ± {row['spread']:.3f}" for row in result["rows"]]
    return f"{result['metric'].replace('_', ' ').capitalize()} on the {result['split']} samples: {', '.join(told)}"
