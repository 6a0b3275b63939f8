"""What jobs do with data before they work on it."""

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from biofm_desktop.engine.events import Event, Warned
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.models import MODELS, ModelEntry
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.project import load
from biofm_desktop.engine.samples import Dataset, InputSpec, PatientReader, Sample, patient
from biofm_desktop.engine.tasks import TASKS, Task

SPLITS = "splits.json"
_TOLD = 20


def loaded(paths: Sequence[str]) -> Generator[Event, None, Dataset]:
    """Open the data, warn of its problems, and return it."""
    dataset = load([Path(path) for path in paths])
    for problem in dataset.problems[:_TOLD]:
        yield Warned(str(problem))
    if len(dataset.problems) > _TOLD:
        yield Warned(f"{dataset.name}: {len(dataset.problems) - _TOLD} further problems of this kind")
    return dataset


def opened(paths: Sequence[str], task: type[Task], seconds: float = 0.0) -> Generator[Event, None, Dataset]:
    """Open the data, warn of its problems, and return it; raise `Fault` where it is not what the task takes.

    What is read of a sample later may take so many ``seconds`` (0: as long as it likes); see `PatientReader`.
    """
    dataset = yield from loaded(paths)
    if dataset.kind is not task.takes:
        raise Fault(
            dataset.name,
            f"it holds no {_KINDS[task.takes.__name__]}, which {task.title.lower()} takes",
            "Open other data or choose another task",
        )
    if seconds:
        reader = PatientReader(seconds)
        return replace(dataset, samples=tuple(patient(sample, reader) for sample in dataset))
    return dataset


_KINDS = {"ImageSample": "images", "SequenceSample": "sequences"}


def learnable(dataset: Dataset) -> tuple[Sample, ...]:
    """Return the samples that can be learnt from: those with a target, or with columns that may hold one."""
    return tuple(s for s in dataset if s.labelled or s.columns)


def size_of(
    paths: Sequence[str], task: type[Task], options: Mapping[str, Any], preferred: InputSpec | None
) -> Generator[Event, None, tuple[Task, int]]:
    """Return the task with what a model must take and give for the data, and how many items an epoch draws."""
    dataset = yield from opened(paths, task)
    made = from_json(task, options).for_dataset(dataset, preferred)
    draws = sum(made.draws(s) for s in learnable(dataset) if s.split in ("train", ""))
    return made, draws


def fitting_model(name: str, task: type[Task]) -> ModelEntry:
    """Return the model's entry; raise `Fault` where it does not fit the task."""
    entry = MODELS[name]
    if entry.takes is not task.takes or entry.grain is not task.grain:
        fitting = [e.name for e in MODELS if e.takes is task.takes and e.grain is task.grain]
        raise Fault(f"model {name}", f"it does not fit the task {task.name}", f"Choose {', '.join(fitting)}")
    return entry


def task_class(name: str) -> type[Task]:
    """Return the task of this name; raise `Fault` where there is none."""
    return TASKS[name]


def split_as_stated(samples: Sequence[Sample], path: Path) -> tuple[Sample, ...]:
    """Return those samples that a JSON file gives a split, with it; raise `Fault` where the file is no such thing."""
    stated = read_json(path)
    if not isinstance(stated, dict) or not set(map(str, stated.values())) <= {"train", "val", "test"}:
        raise Fault(path, "it holds no splits", "Give an object of sample: train, val or test, as splits.json of a run")
    chosen = tuple(replace(sample, split=stated[sample.key]) for sample in samples if sample.key in stated)
    if not any(sample.split == "train" for sample in chosen):
        raise Fault(path, "it leaves no sample of these data for training", "Give the splits of these data")
    return chosen


def with_stored_splits(dataset: Dataset, run: Path) -> Dataset:
    """Return the data with the splits that a run made for it, where the data states none itself."""
    path = run / SPLITS
    if any(sample.split for sample in dataset) or not path.is_file():
        return dataset
    stored = json.loads(path.read_text(encoding="utf-8"))
    return replace(dataset, samples=tuple(replace(s, split=stored.get(s.key, "")) for s in dataset))
