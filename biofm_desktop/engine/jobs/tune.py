"""Search for good options: many short trainings, those without prospect broken off early (Optuna)."""

import csv
import io
import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.events import EpochDone, Event, Finished, Progress, Saved, Started, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import new_folder, read_json, write_json, write_text
from biofm_desktop.engine.options import from_json, option
from biofm_desktop.engine.recipes import FitOptions

from .data import fitting_model, task_class
from .inner import trained
from .planned import PlannedJob
from .search_space import Dimension, space_of
from .train import TrainJob

if TYPE_CHECKING:
    import optuna

STUDY, TRIALS, BEST = "study.db", "trials.json", "best.json"
_BEFORE_PRUNING = 4
_STATES = {"COMPLETE": "done", "PRUNED": "broken off", "FAIL": "failed"}


@dataclass(frozen=True, kw_only=True)
class TuneJob(PlannedJob):
    """Try options of ``model`` on the data and write the study folder ``out``, until its budget is spent.

    ``search`` names what is tried (see `search_space`; empty: the usual). The budget is ``trials``, and ``minutes``
    where not 0. A study that is there already goes on: ``trials`` are those of all its times. Each trial is a run
    folder below it; ``trials.json`` and ``trials.csv`` list them, ``best.json`` is a job with the best options.
    """

    name: ClassVar[str] = "tune"
    search: tuple[str, ...] = ()
    trials: int = option(
        20, "Trials", low=1, high=10_000, help="So many sets of options are tried, those of earlier times included"
    )
    minutes: float = option(
        0.0,
        "At most",
        low=0,
        high=100_000,
        unit="minutes",
        help="No trial begins after so long. There is no limit at 0",
    )

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Tune {self.model}"

    def own_words(self) -> list[str]:
        """Return the flags of the budget and of what is searched."""
        words = ["--trials", str(self.trials)] + (["--minutes", f"{self.minutes:g}"] if self.minutes else [])
        return words + (["--search", *self.search] if self.search else [])

    def run(self) -> Iterator[Event]:
        """Try one set of options after the other; all that was tried stands when it is stopped."""
        kind = task_class(self.task)
        fitting_model(self.model, kind)
        from_json(FitOptions, self.fit_options)
        space, own = space_of(self.search, kind)
        if self.trials < 1:
            raise Fault("option --trials", f"{self.trials} is less than one", "Give a number above 0")
        folder = self._folder()
        study = _study(folder, self.fit_options.get("seed", 0))
        _end_broken(study)
        told = len(study.trials)
        yield Started(self.title, self.trials, facts={"goes_on": bool(told), "metric": kind.metric})
        until = time.monotonic() + 60 * self.minutes if self.minutes else float("inf")
        failures = 0
        while (place := len(study.trials)) < self.trials and time.monotonic() < until:
            fault = yield from self._trial(study, space, own, place, folder)
            self._write(study, folder, kind.metric, own)
            yield Saved(str(folder / TRIALS), "trials")
            failures = failures + 1 if fault else 0
            if fault and (failures == 3 or place == 0):
                raise fault  # it is not the options that are at fault
        yield Progress(self.trials, self.trials, "Trials done")
        done = [t for t in study.trials if t.value is not None]
        if not done:
            raise Fault("tune", "no trial came to a figure", "Look at the messages of the trials, or give more time")
        best = study.best_trial
        figures = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in best.params.items())
        yield Finished(
            f"Best of {len(study.trials)} trials: {kind.metric.replace('_', ' ')} {best.value:.3f} with {figures}",
            result={"best": best.value, "params": best.params, "trials": len(study.trials)},
        )

    def _folder(self) -> Path:
        """Return the study's folder: a new one, or that of a study of the same question that goes on."""
        folder, asked = Path(self.out), self.to_json()
        if not (folder / STUDY).is_file():
            folder = new_folder(folder)
            write_json(folder / "job.json", asked, room="checkpoint")
            return folder
        before = read_json(folder / "job.json")
        stays = set(asked) - {"trials", "minutes", "out"}
        same = json.loads(json.dumps(asked))  # tuples are lists there
        differs = sorted(name for name in stays if before.get(name) != same[name])
        if differs:
            raise Fault(
                folder, f"it holds a study with other {', '.join(differs)}", "Go on with the same, or name a new folder"
            )
        write_json(folder / "job.json", asked, room="checkpoint")
        return folder

    def _trial(
        self, study: "optuna.Study", space: list[Dimension], own: set[str], place: int, folder: Path
    ) -> Generator[Event, None, Fault | None]:
        """Try one set of options; return why that could not be done, where it could not."""
        import optuna

        trial = study.ask()
        values = {dimension.name: dimension.suggested(trial) for dimension in space}
        job = self._job(values, own, folder / "trials" / f"{place + 1:04d}")
        metric, best, pruned = task_class(self.task).metric, [float("-inf")], [False]

        def watch(done: EpochDone) -> bool:
            figure = done.metrics.get(metric)
            if figure is not None:
                best[0] = max(best[0], figure)
                trial.report(figure, done.epoch)
                pruned[0] = trial.should_prune()
            return pruned[0]

        words = f"Trial {place + 1} of {self.trials}: " + ", ".join(f"{k} {_short(v)}" for k, v in values.items())
        fault = None
        try:
            metrics = yield from trained(job, words, place, self.trials, watch)
            best[0] = metrics["validation"].get(metric, best[0])
        except Fault as error:  # options that the data, the model or the memory do not bear
            fault = error
            yield Warned(f"Trial {place + 1}: {error}")
        if fault is not None or best[0] == float("-inf"):
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        elif pruned[0]:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, best[0])
        return fault

    def _job(self, values: dict[str, Any], own: set[str], out: Path) -> TrainJob:
        fit = {name: value for name, value in values.items() if name not in own}
        options = {
            "task_options": {**self.task_options, **{name: values[name] for name in own}},
            "fit_options": {"check_leaks": False, "keep_epochs": 0, **self.fit_options, **fit},
        }
        return TrainJob(**{**self.plan, **options, "out": str(out)})

    def _write(self, study: "optuna.Study", folder: Path, metric: str, own: set[str]) -> None:
        """Write what was tried so far, and the job with the best options."""
        rows = [
            {
                "trial": trial.number + 1,
                "state": _STATES.get(trial.state.name, "running"),
                metric: max(trial.intermediate_values.values(), default=None) if trial.value is None else trial.value,
                "seconds": round(trial.duration.total_seconds(), 1) if trial.duration else None,
                **trial.params,
            }
            for trial in study.trials
        ]
        write_json(folder / TRIALS, {"metric": metric, "trials": rows}, room="checkpoint")
        names = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(folder / "trials.csv", text.getvalue(), room="export")
        if any(trial.value is not None for trial in study.trials):
            job = self._job(dict(study.best_params), own & set(study.best_params), folder / "best")
            kept = {k: v for k, v in job.fit_options.items() if k not in ("check_leaks", "keep_epochs")}
            write_json(folder / BEST, {**job.to_json(), "fit_options": kept}, room="checkpoint")


def _study(folder: Path, seed: int) -> "optuna.Study":
    """Return the study of a folder, a new one where there is none; its database bears a sudden end."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=f"sqlite:///{folder / STUDY}",
        study_name="study",
        direction="maximize",
        load_if_exists=True,
        # Another seed each time it goes on, or the same options would come again.
        sampler=optuna.samplers.TPESampler(seed=seed + _known(folder), n_startup_trials=6),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_BEFORE_PRUNING, n_warmup_steps=2),
    )


def _known(folder: Path) -> int:
    return len(read_json(folder / TRIALS)["trials"]) if (folder / TRIALS).is_file() else 0


def _end_broken(study: "optuna.Study") -> None:
    """Call those trials failed that a crash broke off."""
    import optuna

    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
