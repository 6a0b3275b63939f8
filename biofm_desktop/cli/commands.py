"""What each command does; each function returns the exit status."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import Any

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.jobs import (
    DOWNLOAD,
    ContinueJob,
    EstimateJob,
    EvaluateJob,
    FitOptions,
    Job,
    LeaksJob,
    PredictJob,
    TrainJob,
    job_from_json,
)
from biofm_desktop.engine.options import from_flags
from biofm_desktop.engine.ranks import lost, rank, sibling_gone
from biofm_desktop.engine.runners import BackgroundRun, HereRun, Run, needs_team, start_detached
from biofm_desktop.engine.tasks import TASKS

from .active import retrain, suggest
from .background import detach, jobs
from .checkpoints import checkpoints
from .clusters import clusters, send
from .data_commands import augment, histogram, learning_curve
from .hints import hints, tell_hints
from .lists import list_things
from .pretraining import pretrain
from .projects import project
from .show import make_show, plain, say, say_json
from .steering import steer
from .studies import cross_validate, distill, tune
from .weights import weights

__all__ = [
    "augment",
    "checkpoints",
    "clusters",
    "continue_run",
    "cross_validate",
    "distill",
    "doctor",
    "estimate",
    "evaluate",
    "hints",
    "histogram",
    "inspect",
    "jobs",
    "leaks",
    "learning_curve",
    "list_things",
    "predict",
    "pretrain",
    "project",
    "retrain",
    "run",
    "steer",
    "suggest",
    "train",
    "tune",
    "weights",
]

_CARD, EVENTS = "card.json", "events.jsonl"


def train(given: argparse.Namespace) -> int:
    """Train, as the window's Start button does."""
    task = TASKS[given.task]
    job = TrainJob(
        task=task.name,
        data=absolute(given.data),
        model=given.model,
        out=absolute([given.out])[0],
        task_options=stated(from_flags(task, given), given),
        fit_options=stated(from_flags(FitOptions, given), given),
        freeze=tuple(given.freeze),
        train_only=tuple(given.train_only),
        weights=weights_of(given),
        splits=absolute([given.splits])[0] if given.splits else "",
        pinned=tuple(given.pin),
    )
    status = run_job(job, given)
    if not given.json and (Path(job.out) / EVENTS).is_file():
        tell_hints(Path(job.out))
    return status


def estimate(given: argparse.Namespace) -> int:
    """Say how long an epoch would take and whether the training fits this computer."""
    task, found = TASKS[given.task], list[dict[str, Any]]()
    job = EstimateJob(
        task=task.name,
        data=absolute(given.data),
        model=given.model,
        task_options=stated(from_flags(task, given), given),
        fit_options=stated(from_flags(FitOptions, given), given),
        freeze=tuple(given.freeze),
        train_only=tuple(given.train_only),
    )
    as_json, given.json = given.json, False
    status = run_job(job, given, found)
    if as_json and found:
        say_json(found[0])
    return status


def continue_run(given: argparse.Namespace) -> int:
    """Go on with a training in its own folder."""
    if given.epochs < 0:
        raise Fault("option --epochs", f"{given.epochs} is less than none", "Say how many more epochs")
    return run_job(ContinueJob(run_folder=absolute([given.run])[0], epochs=given.epochs), given)


def predict(given: argparse.Namespace) -> int:
    """Predict into a new folder."""
    from biofm_desktop.engine.exports import EXPORTS

    folder, out = Path(given.run).absolute(), Path(given.out).absolute()
    name = given.export or _usual_export(folder)
    EXPORTS[name]
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise Fault(given.out, "it is there already and not empty", "Name a new folder; nothing was changed")
    job = PredictJob(
        run_folder=str(folder),
        inputs=absolute(given.inputs),
        out=str(out),
        keys=tuple(given.keys),
        export=name,
        device=given.device,
        checkpoint=given.checkpoint,
    )
    return run_job(job, given)


def _usual_export(folder: Path) -> str:
    """Return the export that suits the answers of a run: label images for masks, else a table."""
    from biofm_desktop.engine.samples import Grain

    if not (folder / _CARD).is_file():
        raise Fault(
            folder, f"it is not the folder of a run: it holds no {_CARD}", "Name a folder that 'biofm train' made"
        )
    task = TASKS[str(read_json(folder / _CARD).get("task"))]
    return "label-tiff" if task.grain is Grain.PIXEL else "csv"


def evaluate(given: argparse.Namespace) -> int:
    """Write metrics.json for labelled data."""
    out = Path(given.out).absolute()
    if (out / _CARD).exists():
        raise Fault(given.out, "it is the folder of a run, whose own metrics.json must stay", "Name another folder")
    job = EvaluateJob(
        run_folder=absolute([given.run])[0],
        data=absolute(given.data),
        out=str(out),
        split=given.split,
        device=given.device,
    )
    return run_job(job, given)


def leaks(given: argparse.Namespace) -> int:
    """Name the pairs of samples that are on both sides of a split; 1 where there are any."""
    words = {name: getattr(given, name) for name in ("seed", "validation", "test", "identity")}
    found: list[dict[str, Any]] = []
    status = run_job(LeaksJob(data=absolute(given.data), **words), given, found)
    pairs = [pair for result in found for pair in result["leaks"]]
    if not given.json:
        for pair in pairs:
            first, second = (f"{pair[side]} ({pair[f'{side}_split']})" for side in ("first", "second"))
            say(f"{pair['kind']}: {first} and {second}, likeness {pair['likeness']:g}")
    return 1 if pairs else status


def run(given: argparse.Namespace) -> int:
    """Run the job of a file."""
    values = read_json(Path(given.job))
    if not isinstance(values, dict) or "job" not in values:
        raise Fault(given.job, "it holds no job", "Name the job.json of a run folder")
    job = job_from_json(values)
    if given.out is not None:
        if "out" not in {field.name for field in fields(job)}:
            raise Fault(f"job {job.name}", "it writes no folder", "Leave out --out")
        job = job_from_json({**values, "out": absolute([given.out])[0]})
    return run_job(job, given)


def inspect(given: argparse.Namespace) -> int:
    """Open each path, in a process aside as the window does, and say what is in it."""
    from biofm_desktop.engine.opening import Readers

    if not given.paths and not given.serve:
        raise Fault("inspect", "there is no path", "Give a file or a folder, or --serve")
    readers = Readers()
    readers.start()
    try:
        if given.serve:
            for line in sys.stdin.buffer:
                if word := os.fsdecode(line).rstrip("\r\n"):
                    say_json({"path": word, **readers.inspect(Path(word))})
        for word in given.paths:
            answer = {"path": word, **readers.inspect(Path(word))}
            if given.json:
                say_json(answer)
            else:
                say(f"{answer['verdict']}: {word}: {answer['message'] or _facts(answer['value'])}")
    finally:
        readers.close()
    return 0


def _facts(value: dict[str, Any]) -> str:
    """Return what people want to know of an opened path; programs get all of it by --json."""
    told = {name: fact for name, fact in value.items() if fact not in ([], "") and not name.startswith("pixel_")}
    short = {name: f"{len(f)} values" if isinstance(f, list) and len(f) > 12 else f for name, f in told.items()}
    return ", ".join(f"{name} {fact}" for name, fact in short.items())


def doctor(given: argparse.Namespace) -> int:
    """Examine the computer."""
    from biofm_desktop.engine.doctor import examine

    findings = list(examine(quick=given.quick))
    if given.json:
        say_json({"usable": all(f.state != "blocked" for f in findings), "findings": [vars(f) for f in findings]})
    else:
        width = max(len(f.name) for f in findings)
        for finding in findings:
            mark = {"good": "  ", "warning": "! ", "blocked": "X "}[finding.state]
            say(f"{mark}{finding.name:<{width}}  {finding.value}")
            if finding.way_out:
                say(f"  {'':<{width}}  -> {finding.way_out}")
    return 1 if any(f.state == "blocked" for f in findings) else 0


def run_job(job: Job, given: argparse.Namespace, results: list[dict[str, Any]] | None = None) -> int:
    """Run a job, here where one process is enough, and return the exit status; ``results`` takes what it found."""
    if getattr(given, "cluster", ""):
        entry = send(job, given)
        return 0 if given.detach else show_run(BackgroundRun(entry), given, results)
    if getattr(given, "detach", False):
        return detach(job, given)
    if needs_team(job):  # torchrun's processes beside this one
        return show_run(BackgroundRun(start_detached([(job, job.title)])[0]), given, results)
    return show_run(HereRun(job), given, results)


def show_run(under_way: Run, given: argparse.Namespace, results: list[dict[str, Any]] | None = None) -> int:
    """Show the events of a run as they come and return the exit status; ``results`` takes what it found."""
    status, failed = 1, Failed("")
    with _stopping(under_way), make_show(as_json=given.json) as show:
        for event in under_way:
            show.show(event)
            match event:
                case Finished(stopped=stopped, result=result):
                    status = 130 if stopped else 0
                    if results is not None and not stopped:
                        results.append(result)
                case Failed(refused=refused):
                    status = 2 if refused else 1
                    failed = event
    if status in (1, 2):
        sys.stderr.write(f"biofm: {plain(failed.message)}\n")
        if given.debug and failed.detail:
            sys.stderr.write(failed.detail + "\n")
    return status


@contextmanager
def _stopping(under_way: Run) -> Iterator[None]:
    """Let the first Ctrl+C stop and save, the second end at once; a batch system's SIGTERM stops as well."""

    def stop(number: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGINT, end)
        under_way.stop()
        if number == signal.SIGTERM and rank() == 0 and sibling_gone():  # torchrun ends the others then
            sys.stderr.write(f"\nbiofm: {lost().message}\n")
        sys.stderr.write("\nStopping and saving; Ctrl+C once more ends it at once.\n")

    def end(_: int, __: FrameType | None) -> None:
        with suppress(Fault):
            under_way.kill()
        os._exit(130)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        stopped = signal.getsignal(signal.SIGINT) is end
        for number, handler in before.items():
            # All is saved, and the status is to be 130: a further Ctrl+C must not end the last moments otherwise.
            signal.signal(number, signal.SIG_IGN if stopped else handler)


def absolute(words: list[str]) -> tuple[str, ...]:
    return tuple(str(Path(word).expanduser().absolute()) for word in words)


def weights_of(given: argparse.Namespace) -> str:
    """Return what ``--weights`` says as jobs take it."""
    return given.weights if given.weights in ("", DOWNLOAD) else absolute([given.weights])[0]


def stated(options: Any, given: argparse.Namespace) -> dict[str, Any]:
    """Return the options that the words state; the others stay open for the recipe of model and task."""
    return {
        field.name: getattr(options, field.name)
        for field in fields(options)
        if getattr(given, field.name, None) is not None and "option" in field.metadata
    }
