"""One project: data that is only read, and the corrections that the user made to it."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofm_desktop import __version__
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import (
    Dataset,
    Feature,
    ImageSample,
    LazyImage,
    Problem,
    Region,
    Sample,
    SequenceSample,
)

from .cells import check_cell
from .class_names import named_by_labels, renamed
from .corrections import corrected
from .data import is_project, open_sources
from .database import DATABASE
from .edits import ABSENT, Change, Slot
from .folders import folder_of, new_numbered, numbered
from .generations import Generation, generations
from .journal import Journal
from .labels import smallest
from .lock import Holder
from .restoring import restoring
from .sources import Moved, copy_in, moved_to
from .store import Store, note_files
from .strokes import Stroke
from .undoing import Undoing


class Project(Undoing):
    """Data with the corrections laid over. Each ``set_...`` is in the journal on the disk when it returns, or raises
    `Fault` and changes nothing. May be used from several threads. `close` when done: it holds the folder's lock."""

    def __init__(self, folder: Path, sources: Sequence[Path], data: Dataset, store: Store | None) -> None:
        self.folder, self.sources = folder, tuple(sources)
        self._data, self._store = data, store
        self.name = store.about("name") if store else data.name
        self._place = {sample.key: place for place, sample in enumerate(data.samples)}
        self._problems = list(data.problems)
        self._samples = [self._corrected(sample) for sample in data.samples]
        self._dataset: Dataset | None = None
        self._warn_of_strangers()

    @classmethod
    def for_data(cls, paths: Sequence[Path], folder: Path | None = None, *, copy: bool = False) -> "Project":
        """Open the project of this data, or make one (in ``folder``, else among the user's projects).

        The same paths always give the same project. ``copy`` has a new project keep a copy of the data in itself.
        Raises `Fault` where the data cannot be opened; where only the project cannot be written, the data opens with a
        `Problem` and the first correction raises.
        """
        if len(paths) == 1 and is_project(paths[0]):
            return cls.open(paths[0])
        sources = tuple(path.expanduser().resolve() for path in paths)
        if folder is None:
            folder = folder_of(sources)
        if is_project(folder):
            project = cls.open(folder)
            if set(project.sources) != set(sources) and project._about("copied") != json.dumps(list(map(str, sources))):
                project.close()
                raise Fault(folder, "it is the project of other data", "Choose another folder for the project")
            return project
        if copy:
            return cls._copied(sources, folder)
        data = open_sources(sources)
        try:
            Store.create(folder, data.name, sources)
            store = Store(folder, write=True)
        except Fault as fault:
            project = cls(folder, sources, data, None)
            project._problems.append(Problem(str(folder), f"the project cannot be saved here: {fault.fault}"))
            return project
        return cls._begun(folder, sources, data, store)

    @classmethod
    def _copied(cls, sources: Sequence[Path], folder: Path) -> "Project":
        kept = copy_in(sources, folder)
        try:
            data = open_sources(kept)
            Store.create(folder, data.name, kept, copied=json.dumps(list(map(str, sources))))
        except Fault:
            if not is_project(folder):
                shutil.rmtree(kept[0].parent, ignore_errors=True)
            raise
        return cls._begun(folder, kept, data, Store(folder, write=True))

    @classmethod
    def _begun(cls, folder: Path, sources: Sequence[Path], data: Dataset, store: Store) -> "Project":
        try:
            project = cls(folder, sources, data, store)
            project._begin()
        except BaseException:
            store.close()
            raise
        return project

    @classmethod
    def open(cls, folder: Path, *, write: bool = True, by_force: bool = False) -> "Project":
        """Open a project by its folder (or its database).

        Where another program works on it, it opens for reading only and `holder` says who; ``by_force`` takes it over.
        """
        folder = cls.folder_for([folder]) if is_project(folder) else folder.expanduser().resolve()
        store = Store(folder, write=write, by_force=by_force)
        try:
            stated = [Path(source) for source in json.loads(store.about("sources") or "[]")]
            sources = moved_to(stated, folder, store.about("folder"))
            data = _still_there(folder, sources)
            if not store.read_only and (sources != stated or store.about("folder") != str(folder)):
                store.set_about(sources=json.dumps([str(path) for path in sources]), folder=str(folder))
        except BaseException:
            store.close()
            raise
        return cls._begun(folder, sources, data, store)

    @staticmethod
    def folder_for(paths: Sequence[Path]) -> Path:
        """Return the folder of the project that `for_data` opens for these paths."""
        if len(paths) == 1 and is_project(paths[0]):
            folder = paths[0].parent if paths[0].name == DATABASE else paths[0]
            return folder.expanduser().resolve()
        return folder_of(tuple(path.expanduser().resolve() for path in paths))

    @property
    def dataset(self) -> Dataset:
        """Return the data with all corrections laid over."""
        if self._dataset is None:
            classes = self._value(Slot.CLASSES, "")
            self._dataset = replace(
                self._data,
                samples=tuple(self._samples),
                classes=self._data.classes if classes is ABSENT else classes,
                problems=tuple(self._problems),
            )
        return self._dataset

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes: as the user set them, else as the data states them, else as the labels name them."""
        return self.dataset.classes or named_by_labels(self._samples)

    @property
    def corrected_keys(self) -> set[str]:
        """Return the keys of the samples that the user corrected."""
        if self._store is None:
            return set()
        values, painted = self._store.state()
        return ({key for _, key in values} | painted) & self._place.keys()

    @property
    def holder(self) -> Holder | None:
        """Return which other program works on the project, so that it is open for reading only here."""
        return self._store.holder if self._store else None

    @property
    def troubles(self) -> list[Fault]:
        """Return what went wrong behind the user, the oldest first; take from the list what was told."""
        return self._store.troubles if self._store else []

    def sample(self, key: str) -> Sample:
        """Return one sample with its corrections; raise KeyError where there is none of this key."""
        return self._samples[self._place[key]]

    def set_mask(self, key: str, mask: NDArray[Any], where: tuple[slice, ...] = (), text: str = "") -> None:
        """Keep a mask (spatial axes of the image, whole numbers from 0) as the label of an image.

        ``where`` limits the part that is looked through for changes; ``text`` says what was done.
        """
        sample = self._image(key)
        if mask.shape != sample.spatial_shape:
            sizes = [" x ".join(map(str, shape)) for shape in (mask.shape, sample.spatial_shape)]
            raise Fault(key, f"a label of {sizes[0]} does not fit an image of {sizes[1]}")
        mask = smallest(key, mask)
        store = self._writable()
        original = self._data.samples[self._place[key]]
        with store.lock:
            stroke, bases = store.mask_stroke(key, mask, where, partial(_mask_of, original))
            if stroke is not None:
                store.edit(text or _painted(key, stroke), (), {key: stroke}, bases)
                self._refresh({key})

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

    def set_regions(self, key: str, regions: Sequence[Region]) -> None:
        """Keep these as what is marked in an image."""
        if self._image(key).regions != tuple(regions):
            self._do(f"edit shapes of {key}", self._change(Slot.REGIONS, key, tuple(regions)))

    def set_column(self, key: str, column: str, text: str) -> None:
        """Keep a cell of a sample's row; a column of numbers takes numbers only, and nothing for a missing one."""
        sample = self.sample(key)
        check_cell(sample, column, text)
        columns = sample.columns
        if columns.get(column) != text:
            self._do(f"edit {column} of {key}", self._change(Slot.COLUMNS, key, {**columns, column: text}))

    def set_classes(self, names: Sequence[str]) -> None:
        """Keep these as the names of the classes; for masks in the order of their values, from 0 = background."""
        names = tuple(name.strip() for name in names)
        if "" in names or len(set(names)) != len(names):
            raise Fault("classes", "each class needs a name of its own", "Change the empty or doubled name")
        if names != self.classes:
            self._do("change the classes", self._change(Slot.CLASSES, "", names))

    def rename_class(self, old: str, new: str) -> None:
        """Give a class another name, in the list and in every label that states it, as one edit."""
        new = new.strip()
        names = tuple(new if name == old else name for name in self.classes)
        if "" in names or len(set(names)) != len(names):
            raise Fault("classes", f"{new!r} is empty or taken", "Choose another name")
        labels = [self._change(*change) for change in renamed(self._samples, old, new)]
        self._do(f"rename {old} to {new}", self._change(Slot.CLASSES, "", names), *labels)

    def save(self, reason: str = "saved", picture: bytes | None = None) -> Generation:
        """Make a generation: a state to which the project can be set back. ``picture`` (PNG) shows it in the list."""
        return self._writable().save(reason, self.counts(), picture)

    def save_if_changed(self, reason: str, picture: bytes | None = None) -> None:
        """Make a generation where anything was done since the last one."""
        if self._store is not None and not self._store.read_only and self._store.unsaved:
            self.save(reason, picture)

    def counts(self) -> dict[str, int]:
        """Return how much there is: samples, labelled ones, corrected ones, edits that stand."""
        labelled = sum(sample.labelled for sample in self._samples)
        done, _ = self.history
        corrected_ones = len(self.corrected_keys)
        return {"samples": len(self._samples), "labelled": labelled, "corrected": corrected_ones, "edits": len(done)}

    def generations(self) -> list[Generation]:
        """Return the states that were saved, the newest first."""
        return generations(self.folder)

    def restore(self, generation: Generation) -> None:
        """Set everything back to a saved state, as one edit that can be undone; raise `Fault` where it is damaged."""
        store = self._writable()
        shapes = {s.key: s.spatial_shape for s in self._data.samples if isinstance(s, ImageSample)}
        with store.lock:
            changes, strokes = restoring(store, generation, shapes)
            if changes or strokes:
                edit = store.edit(f"restore the state of {generation.made:%Y-%m-%d %H:%M:%S}", changes, strokes)
                self._refresh({*edit.painted, *(change.key for change in changes)})

    def note(self, what: str, **details: Any) -> None:
        """Add a line to the audit log, where the project can be written to."""
        if self._store is not None and not self._store.read_only:
            self._store.audit.add(what, **details)

    def note_export(self, path: Path, **details: Any) -> None:
        """Note an export in the logs, where the project can be written to."""
        if self._store is not None and not self._store.read_only:
            self._store.log_export(path, **details)

    def runs(self) -> list[Path]:
        """Return the folders of the runs, the oldest first."""
        return numbered(self.folder / "runs")

    def new_run_folder(self, model: str) -> Path:
        """Make an empty folder for a run of a model."""
        return new_numbered(self.folder / "runs", model)

    def new_prediction_folder(self, model: str) -> Path:
        """Make an empty folder for a model's predictions."""
        return new_numbered(self.folder / "predictions", model)

    def settle(self) -> None:
        """Wait until the disk has everything."""
        if self._store is not None:
            self._store.settle()

    def close(self) -> None:
        """See everything onto the disk and let go of the folder."""
        if self._store is not None:
            self._store.close()

    def _begin(self) -> None:
        """Note the opening, and soon after it what the data's files are like."""
        if self._store is not None and not self._store.read_only:
            self._store.audit.add("opened", program=__version__, samples=len(self._samples))
            files = sorted({sample.source for sample in self._data.samples if sample.source is not None})
            self._store.soon(partial(note_files, self._store, files))

    def _about(self, name: str) -> str:
        return self._store.about(name) if self._store else ""

    def _writable(self) -> Store:
        if self._store is None:
            Store.create(self.folder, self.name, self.sources)
            self._store = Store(self.folder, write=True)
        self._store.must_write()
        return self._store

    def _image(self, key: str) -> ImageSample:
        sample = self.sample(key)
        if not isinstance(sample, ImageSample):
            raise Fault(key, "it is not an image, so it has no mask")
        return sample

    def _value(self, slot: Slot, key: str) -> Any:
        return self._store.values.get((slot, key), ABSENT) if self._store else ABSENT

    def _change(self, slot: Slot, key: str, after: Any) -> Change:
        return Change(slot, key, self._value(slot, key), after)

    def _do(self, text: str, *changes: Change) -> None:
        store = self._writable()
        with store.lock:
            store.edit(text, changes, {})
            self._refresh({change.key for change in changes})

    def _journal(self) -> Journal | None:
        return self._store.journal if self._store is not None else None

    def _move(self, count: int, *, forward: bool) -> None:
        if count and self._store is not None:
            with self._store.lock:
                self._refresh(self._store.move(count, forward=forward))

    def _refresh(self, keys: set[str]) -> None:
        for key in self._place if "" in keys else keys & self._place.keys():
            self._samples[self._place[key]] = self._corrected(self._data.samples[self._place[key]])
        self._dataset = None

    def _corrected(self, sample: Sample) -> Sample:
        if self._store is None:
            return sample
        mask = None
        if isinstance(sample, ImageSample) and self._store.journal.painted[sample.key] > 0:
            read: Callable[[], NDArray[Any]] = partial(self._store.mask, sample.key, sample.spatial_shape)
            mask = LazyImage(sample.spatial_shape, self._store.labels.dtype(sample.key), read)
        return corrected(sample, self._store.values, mask)

    def _warn_of_strangers(self) -> None:
        if self._store is None:
            return
        values, painted = self._store.state()
        strangers = ({key for slot, key in values if slot is not Slot.CLASSES} | painted) - set(self._place)
        if strangers:
            words = f"{len(strangers)} corrected samples are not in the data any more, {min(strangers)} among them"
            self._problems.append(Problem(self.name, words + "; their corrections are kept"))


def _still_there(folder: Path, sources: Sequence[Path]) -> Dataset:
    try:
        return open_sources(sources)
    except Fault as fault:
        gone = [path for path in sources if not path.exists()]
        if gone:
            raise Moved(folder, gone) from fault
        raise


def _mask_of(sample: Sample) -> NDArray[Any] | None:
    assert isinstance(sample, ImageSample)
    return None if sample.mask is None else np.asarray(sample.mask.read())


def _painted(key: str, stroke: Stroke) -> str:
    values = set(stroke.after.values.tolist())
    if len(values) > 1:
        return f"change the label of {key}"
    value = values.pop()
    return f"paint label {value} on {key}" if value else f"erase on {key}"
