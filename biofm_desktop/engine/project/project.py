"""One project: data that is only read, and the corrections that the user made to it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import new_folder, remove, write_bytes
from biofm_desktop.engine.samples import Dataset, Feature, ImageSample, Problem, Sample, SequenceSample
from biofm_desktop.engine.settings import load_settings
from biofm_desktop.paths import projects_dir

from .data import (
    LABELS,
    PROJECT_FILE,
    Corrections,
    ProjectFile,
    corrected,
    encode_mask,
    is_project,
    label_path,
    lazy_mask,
    open_sources,
    read_project,
    write_project,
)
from .edits import Absent, Change, Edit, History, Slot

ABSENT = Absent.ABSENT


class Project:
    """Data with the corrections laid over. Each ``set_...`` is on the disk when it returns, or raises `Fault` and
    changes nothing. May be used from several threads."""

    def __init__(self, folder: Path, sources: Sequence[Path], data: Dataset, stored: ProjectFile | None) -> None:
        self.folder, self.sources = folder, tuple(sources)
        self.name = stored.name if stored else data.name
        self._data, self._history, self._lock = data, History(), RLock()
        self._place = {sample.key: place for place, sample in enumerate(data.samples)}
        self._corrections = stored.corrections if stored else Corrections()
        self._problems = list(data.problems)
        self._labels = {path.name for path in (folder / LABELS).glob("*.tif")} if (folder / LABELS).is_dir() else set()
        self._samples = [self._corrected(sample) for sample in data.samples]
        self._dataset: Dataset | None = None
        self._warn_of_strangers()

    @classmethod
    def for_data(cls, paths: Sequence[Path], folder: Path | None = None) -> "Project":
        """Open the project of this data, or make one (in ``folder``, else among the user's projects).

        The same paths always give the same project. Raises `Fault` where the data cannot be opened; where only the
        project cannot be written, the data opens with a `Problem` and the first correction raises.
        """
        if len(paths) == 1 and is_project(paths[0]):
            return cls.open(paths[0])
        sources = tuple(path.expanduser().resolve() for path in paths)
        if folder is None:
            folder = _folder_of(sources)
        if is_project(folder):
            stored = read_project(folder)
            if set(stored.sources) != set(sources):
                raise Fault(folder, "it is the project of other data", "Choose another folder for the project")
            return cls(folder, stored.sources, open_sources(stored.sources), stored)
        project = cls(folder, sources, open_sources(sources), None)
        try:
            project._write()
        except Fault as fault:
            project._problems.append(Problem(str(folder), f"the project cannot be saved here: {fault.fault}"))
        return project

    @classmethod
    def open(cls, folder: Path) -> "Project":
        """Open a project by its folder (or its ``project.json``)."""
        folder = folder.parent if folder.name == PROJECT_FILE else folder
        stored = read_project(folder)
        return cls(folder, stored.sources, open_sources(stored.sources), stored)

    @property
    def dataset(self) -> Dataset:
        """Return the data with all corrections laid over."""
        with self._lock:
            if self._dataset is None:
                classes = self._corrections.classes
                self._dataset = replace(
                    self._data,
                    samples=tuple(self._samples),
                    classes=self._data.classes if classes is None else classes,
                    problems=tuple(self._problems),
                )
            return self._dataset

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes: as the user set them, else as the data states them, else as the targets name them."""
        stated = self.dataset.classes
        if stated:
            return stated
        targets = {sample.target for sample in self._samples if isinstance(sample.target, str)}
        if not targets and any(isinstance(sample, ImageSample) for sample in self._samples):
            return ("background", "foreground")
        return tuple(sorted(targets))

    @property
    def corrected_keys(self) -> set[str]:
        """Return the keys of the samples that the user corrected."""
        with self._lock:
            known = self._corrections
            stated = {key for part in (known.targets, known.splits, known.features) for key in part}
            if self._labels:
                stated |= {key for key in self._place if label_path(self.folder, key).name in self._labels}
            return stated & self._place.keys()

    def sample(self, key: str) -> Sample:
        """Return one sample with its corrections; raise KeyError where there is none of this key."""
        return self._samples[self._place[key]]

    def set_mask(self, key: str, mask: NDArray[Any]) -> None:
        """Keep a mask (spatial axes of the image, whole numbers from 0) as the label of an image."""
        sample = self._image(key)
        if mask.shape != sample.spatial_shape:
            raise Fault(key, f"a label of {_size(mask.shape)} does not fit an image of {_size(sample.spatial_shape)}")
        mask = _smallest(key, mask)
        with self._lock:
            path = label_path(self.folder, key)
            before = _bytes_of(path) if path.name in self._labels else ABSENT
            self._do(f"paint label on {key}", Change(Slot.MASK, key, before, encode_mask(mask)))

    def set_target(self, key: str, target: str | float | None) -> None:
        """Keep a class or number (None: no label) as what is to be learnt of a sample."""
        if self.sample(key).target != target:
            words = f"label {key} as {target}" if target is not None else f"remove the label of {key}"
            self._do(words, self._change(Slot.TARGET, key, target))

    def set_split(self, key: str, split: str) -> None:
        """Keep a sample for ``train``, ``val`` or ``test`` (empty: undecided)."""
        if split not in ("", "train", "val", "test"):
            raise Fault(f"split {split!r}", "there is none of this name", "Choose train, val or test")
        if self.sample(key).split != split:
            self._do(f"use {key} for {split or 'any split'}", self._change(Slot.SPLIT, key, split))

    def set_features(self, key: str, features: Sequence[Feature]) -> None:
        """Keep these as the features of a sequence."""
        sample = self.sample(key)
        if not isinstance(sample, SequenceSample):
            raise Fault(key, "it is not a sequence, so it has no features")
        if sample.features != tuple(features):
            self._do(f"edit features of {key}", self._change(Slot.FEATURES, key, tuple(features)))

    def set_classes(self, names: Sequence[str]) -> None:
        """Keep these as the names of the classes; for masks in the order of their values, from 0 = background."""
        names = tuple(name.strip() for name in names)
        if "" in names or len(set(names)) != len(names):
            raise Fault("classes", "each class needs a name of its own", "Change the empty or doubled name")
        if names != self.classes:
            self._do("change the classes", self._change(Slot.CLASSES, "", names))

    def rename_class(self, old: str, new: str) -> None:
        """Give a class another name, in the list and in every label that states it, as one edit."""
        names = tuple(new.strip() if name == old else name for name in self.classes)
        if "" in names or len(set(names)) != len(names):
            raise Fault("classes", f"{new!r} is empty or taken", "Choose another name")
        changes = [self._change(Slot.CLASSES, "", names)]
        changes += [self._change(Slot.TARGET, s.key, new.strip()) for s in self._samples if s.target == old]
        self._do(f"rename {old} to {new}", *changes)

    @property
    def undo_text(self) -> str | None:
        """Return what `undo` would take back; None where there is nothing."""
        return self._history.done[-1].text if self._history.done else None

    @property
    def redo_text(self) -> str | None:
        """Return what `redo` would do again; None where there is nothing."""
        return self._history.undone[-1].text if self._history.undone else None

    def undo(self) -> str | None:
        """Take back the last edit, on the disk too; return what it was, None where there is nothing."""
        return self._move(self._history.done, self._history.undone, forward=False)

    def redo(self) -> str | None:
        """Do again what was undone last; return what it was, None where there is nothing."""
        return self._move(self._history.undone, self._history.done, forward=True)

    @property
    def undo_key(self) -> str:
        """Return the key of the sample that `undo` would change (empty: all, or there is nothing)."""
        return self._history.done[-1].key if self._history.done else ""

    @property
    def redo_key(self) -> str:
        """Return the key of the sample that `redo` would change (empty: all, or there is nothing)."""
        return self._history.undone[-1].key if self._history.undone else ""

    def runs(self) -> list[Path]:
        """Return the folders of the runs, the oldest first."""
        return _numbered(self.folder / "runs")

    def new_run_folder(self, model: str) -> Path:
        """Make an empty folder for a run of a model."""
        return self._new_numbered(self.folder / "runs", model)

    def new_prediction_folder(self, model: str) -> Path:
        """Make an empty folder for a model's predictions."""
        return self._new_numbered(self.folder / "predictions", model)

    def _new_numbered(self, room: Path, name: str) -> Path:
        self._write_if_new()
        last = max((int(path.name.split("-")[3]) for path in _numbered(room)), default=0)
        return new_folder(room / f"{datetime.now():%Y-%m-%d}-{last + 1}-{_plain(name)}")

    def _image(self, key: str) -> ImageSample:
        sample = self.sample(key)
        if not isinstance(sample, ImageSample):
            raise Fault(key, "it is not an image, so it has no mask")
        return sample

    def _change(self, slot: Slot, key: str, after: Any) -> Change:
        if slot is Slot.CLASSES:
            before = ABSENT if self._corrections.classes is None else self._corrections.classes
        else:
            before = getattr(self._corrections, slot.value).get(key, ABSENT)
        return Change(slot, key, before, after)

    def _do(self, text: str, *changes: Change) -> None:
        with self._lock:
            self._put({(c.slot, c.key): c.after for c in changes})
            self._history.add(Edit(text, changes))

    def _move(self, here: list[Edit], there: list[Edit], *, forward: bool) -> str | None:
        with self._lock:
            if not here:
                return None
            edit = here[-1]
            self._put({(c.slot, c.key): c.after if forward else c.before for c in edit.changes})
            there.append(here.pop())
            return edit.text

    def _put(self, states: dict[tuple[Slot, str], Any]) -> None:
        """Write the states, then take them over in memory; a failed write leaves both as they were."""
        self._write_if_new()
        before = self._corrections
        corrections = replace(
            before, targets=dict(before.targets), splits=dict(before.splits), features=dict(before.features)
        )
        for (slot, key), state in states.items():
            if slot is Slot.MASK:
                self._put_mask(key, state)
            elif slot is Slot.CLASSES:
                corrections.classes = None if state is ABSENT else state
            elif state is ABSENT:
                getattr(corrections, slot.value).pop(key, None)
            else:
                getattr(corrections, slot.value)[key] = state
        if corrections != before:
            self._write(corrections)
            self._corrections = corrections
        for _, key in states:
            if key in self._place:
                self._samples[self._place[key]] = self._corrected(self._data.samples[self._place[key]])
        self._dataset = None

    def _put_mask(self, key: str, state: bytes | Absent) -> None:
        path = label_path(self.folder, key)
        if isinstance(state, bytes):
            write_bytes(path, state, room="project")
            self._labels.add(path.name)
        else:
            remove(path, room="project")
            self._labels.discard(path.name)

    def _corrected(self, sample: Sample) -> Sample:
        mask = None
        if self._labels and isinstance(sample, ImageSample):
            path = label_path(self.folder, sample.key)
            if path.name in self._labels:
                try:
                    mask = lazy_mask(path, sample.spatial_shape)
                except Fault as fault:
                    self._problems.append(Problem(sample.key, fault.message))
        return corrected(sample, self._corrections, mask)

    def _write(self, corrections: Corrections | None = None) -> None:
        write_project(self.folder, ProjectFile(self.name, self.sources, corrections or self._corrections))

    def _write_if_new(self) -> None:
        if not is_project(self.folder):
            self._write()

    def _warn_of_strangers(self) -> None:
        known = self._corrections
        strangers = {key for part in (known.targets, known.splits, known.features) for key in part} - set(self._place)
        if strangers:
            words = f"{len(strangers)} corrected samples are not in the data any more, {min(strangers)} among them"
            self._problems.append(Problem(self.name, words + "; their corrections are kept"))


def _folder_of(sources: tuple[Path, ...]) -> Path:
    chosen = load_settings().projects
    digest = sha256("\n".join(sorted(map(str, sources))).encode()).hexdigest()[:8]
    first = sources[0]
    name = first.name if first.is_dir() else first.name.split(".")[0]
    return (Path(chosen).expanduser() if chosen else projects_dir()) / f"{_plain(name)}-{digest}"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "project"


def _numbered(room: Path) -> list[Path]:
    found = [path for path in room.glob("????-??-??-*-*") if path.is_dir() and path.name.split("-")[3].isdigit()]
    return sorted(found, key=lambda path: int(path.name.split("-")[3]))


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise system_fault(path, error) from error


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _smallest(key: str, mask: NDArray[Any]) -> NDArray[Any]:
    """Return the mask in the smallest unsigned type that holds its values."""
    if mask.dtype == bool:
        return mask.astype(np.uint8)
    if not np.issubdtype(mask.dtype, np.integer):
        raise Fault(key, "the values of a label must be whole numbers")
    low, high = (int(mask.min()), int(mask.max())) if mask.size else (0, 0)
    if low < 0 or high > 0xFFFFFFFF:
        raise Fault(key, f"the values of a label must lie between 0 and {0xFFFFFFFF}, not {low} to {high}")
    return mask.astype(np.min_scalar_type(high), copy=False)
