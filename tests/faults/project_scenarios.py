"""What a user does to a project, as scenarios."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.project import Project, keeper
from biofm_desktop.engine.project import data as project_data
from biofm_desktop.engine.project import project as project_module
from biofm_desktop.engine.project.checking import check, relocate
from biofm_desktop.engine.project.database import DATABASE, Damaged
from biofm_desktop.engine.project.generations import GENERATIONS, generations, put_back, sound_generations
from biofm_desktop.engine.samples import Dataset, Feature, ImageSample, LazyImage, Region, Sample, SequenceSample

from .scenario import Items, Scenario

SHAPE = (530, 20)  # two chunks
Do = Callable[[Project], object]


def open_made_up(paths: Sequence[Path]) -> Dataset:
    """Open without readers: two images and a sequence, whatever the file says; it must be there."""
    for path in paths:
        if not path.exists():
            raise Fault(path, "there is no such file")
    pixels = LazyImage.of(np.zeros(SHAPE, np.uint8))
    label = LazyImage.of((np.arange(np.prod(SHAPE)).reshape(SHAPE) % 7 == 0).astype(np.uint8))
    samples: list[Sample] = [ImageSample(key=k, pixels=pixels, axes="YX", mask=label, source=paths[0]) for k in "ab"]
    samples.append(SequenceSample(key="s", letters="ACGT" * 20, target="x", source=paths[0]))
    return Dataset("made up", tuple(samples))


def without_readers() -> None:
    """Let this whole process open made-up data, and do nothing behind a scenario."""
    for module in (project_data, project_module):
        module.open_sources = open_made_up  # type: ignore[attr-defined]
    keeper._SECONDS = 3600.0


def paint(project: Project, value: int, *box: tuple[int, int], key: str = "a") -> None:
    """Paint a box."""
    mask = project.sample(key).mask.read().astype(np.uint16)  # type: ignore[attr-defined]
    mask[tuple(slice(*span) for span in box)] = value
    project.set_mask(key, mask)


def content(project: Project) -> dict[str, Any]:
    """Return all that a project shows."""

    def hashed(array: Any) -> str:
        return sha256(np.asarray(array, np.uint32).tobytes()).hexdigest()[:12]

    samples = {}
    for sample in project.dataset:
        plain = {"target": sample.target, "split": sample.split, "columns": dict(sample.columns)}
        if isinstance(sample, ImageSample):
            plain |= {"mask": hashed(sample.mask.read()), "regions": [asdict(region) for region in sample.regions]}
        if isinstance(sample, SequenceSample):
            plain |= {"features": [asdict(feature) for feature in sample.features]}
        samples[sample.key] = plain
    done, undone = project.history
    texts = [[edit.text.split(" of ")[0] for edit in edits] for edits in (done, undone)]
    shown = {"samples": samples, "classes": project.classes, "history": texts}
    shown["sources"] = [[path.name, path.exists()] for path in project.sources]
    return json.loads(json.dumps(shown))


def of_the_journal(folder: Path) -> dict[str, str]:
    """Return the masks made from the journal alone, to compare with the label files."""
    from threading import RLock

    from biofm_desktop.engine.project.database import Database, standing
    from biofm_desktop.engine.project.journal import Journal
    from biofm_desktop.engine.project.labels import Labels

    database = Database(standing(folder), read_only=True)
    try:
        labels = Labels(folder, database, Journal(database), RLock(), chunks=False)
        return {
            key: sha256(labels.read(key, SHAPE).astype(np.uint32).tobytes()).hexdigest()[:12]
            for key in "ab"
            if labels.known(key)
        }
    finally:
        database.close()


class OnProject(Scenario):
    """An act on an open project in ``p``, made of data in ``data.csv``."""

    imports: ClassVar[tuple[str, ...]] = ("zarr", "zarr.codecs", "zarr.storage", "psutil")

    def __init__(self, name: str, do: Do, before: Do = lambda _: None, *, repeats: bool = True) -> None:
        super().__init__(name, repeats=repeats)
        self._do, self._before = do, before

    def prepare(self, folder: Path) -> None:
        """Make a project with some edits, settled, and let ``before`` go on."""
        (folder / "data.csv").write_text("what stands here is made up")
        project = Project.for_data([folder / "data.csv"], folder / "p")
        paint(project, 3, (500, 525), (2, 9))
        project.set_target("s", "y")
        project.settle()
        self._before(project)
        project.close()

    def start(self, folder: Path) -> Any:
        """Open the project."""
        project = Project.open(folder / "p")
        assert project.holder is None
        return {"project": project}

    def act(self, handle: Any, folder: Path) -> None:
        """Do it."""
        self._do(handle["project"])

    def finish(self, handle: Any) -> Any:
        """Close."""
        project = handle.get("project")
        if project is None or project._store is None:
            return None
        shown = content(project)
        project.close()
        return shown

    def read(self, folder: Path) -> Items:
        """Read the project as another program does, its saved states, and look it through."""
        project = folder / "p"
        if not (project / DATABASE).exists():
            return {}
        try:
            opened = Project.open(project, write=False)
        except Damaged:
            return {"project": "damaged", **self._saved(project)}
        shown = content(opened)
        for key, mask in of_the_journal(project).items():
            painted = opened._store.journal.painted[key] > 0
            assert not painted or shown["samples"][key]["mask"] == mask, "label files differ from the journal"
        opened.close()
        faults = check(project).faults
        assert not faults, faults
        return {"project": shown, **self._saved(project)}

    def _saved(self, project: Path) -> Items:
        sound = {generation.folder for generation in sound_generations(project)}
        return {
            f"saved {made.reason} {made.row}": made.counts if made.folder in sound else "damaged"
            for made in generations(project)
        }


class Making(OnProject):
    """A project is made; or opened, where ``before`` says what happened to one that is there."""

    def __init__(
        self, name: str, make: Callable[[Path], Project], before: Callable[[Path], None] | None = None
    ) -> None:
        super().__init__(name, lambda _: None)
        self._make, self._happened = make, before

    def prepare(self, folder: Path) -> None:
        """Make what is there before."""
        if self._happened is None:
            (folder / "data.csv").write_text("what stands here is made up")
        else:
            super().prepare(folder)
            self._happened(folder)

    def start(self, folder: Path) -> Any:
        """Open nothing."""
        return {}

    def act(self, handle: Any, folder: Path) -> None:
        """Make or open it."""
        handle["project"] = self._make(folder)
        assert handle["project"].holder is None


class Closing(OnProject):
    """A project with work that is not settled is closed."""

    def start(self, folder: Path) -> Any:
        """Open and edit."""
        handle = super().start(folder)
        paint(handle["project"], 6, (0, 530), (0, 5))
        handle["project"].undo()
        handle["project"].redo()
        return handle

    def act(self, handle: Any, folder: Path) -> None:
        """Close."""
        handle.pop("project").close()

    def read(self, folder: Path) -> Items:
        """Read; the unsettled work must be there already."""
        return super().read(folder)


class Relocating(OnProject):
    """Data that was moved is found again."""

    names: ClassVar[tuple[str, ...]] = ()

    def prepare(self, folder: Path) -> None:
        """Make a project that knows its data, then move that."""

        def know(project: Project) -> None:
            project._store._keep()

        self._before = know
        super().prepare(folder)
        (folder / "moved").mkdir()
        shutil.move(folder / "data.csv", folder / "moved" / "data.csv")

    def start(self, folder: Path) -> Any:
        """Open nothing: it cannot be opened."""
        return {}

    def act(self, handle: Any, folder: Path) -> None:
        """Find it."""
        relocate(folder / "p", folder / "moved")

    def read(self, folder: Path) -> Items:
        """Read the place of the data, and the rest where it is found."""
        from biofm_desktop.engine.project.checking import missing

        return {"project": None} if missing(folder / "p") else super().read(folder)


def _sha(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


class PuttingBack(OnProject):
    """A damaged database is replaced by a saved state."""

    def prepare(self, folder: Path) -> None:
        """Save a state, go on, and damage the database."""
        super().prepare(folder)
        path = folder / "p" / DATABASE
        data = path.read_bytes()
        path.write_bytes(data[:4096] + bytes(4096) + data[8192:])
        shutil.copy(path, folder / "damaged.db")

    def start(self, folder: Path) -> Any:
        """Open nothing: it cannot be opened."""
        return {}

    def act(self, handle: Any, folder: Path) -> None:
        """Put the state back."""
        put_back(folder / "p", generations(folder / "p")[0])

    def read(self, folder: Path) -> Items:
        """Read; once the damaged database is out of the way, it is kept beside."""
        items = super().read(folder)
        if items["project"] != "damaged":
            damaged = _sha(folder / "damaged.db")
            kept = [path.parent for path in (folder / "p").glob(f"damaged-*/{DATABASE}") if _sha(path) == damaged]
            assert any((path / "labels").is_dir() for path in kept), "the damaged project is lost"
        return items


class Repairing(OnProject):
    """A damaged label file is made anew when it is read."""

    def prepare(self, folder: Path) -> None:
        """Damage a chunk."""
        super().prepare(folder)
        for path in (folder / "p" / "labels").rglob("c/*/0"):
            path.write_bytes(path.read_bytes()[:-3] + b"bad")

    def act(self, handle: Any, folder: Path) -> None:
        """Read and settle."""
        handle["project"].sample("a").mask.read()
        handle["project"].settle()


class Exported(OnProject):
    """An export is noted in both logs."""

    whole: ClassVar[bool] = False  # two logs

    def read(self, folder: Path) -> Items:
        """Read the logs."""
        path = folder / "p" / "exports.log"
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return {**super().read(folder), "exports": [json.loads(line)["path"] for line in lines]}


class Thinning(OnProject):
    """A save after which old saved states go."""

    whole: ClassVar[bool] = False  # each saved state for itself


def old_saves(project: Project) -> None:
    """Make more saved states of long ago than are kept."""
    made = project.save("now and then")
    about = json.loads((made.folder / "about.json").read_text())
    for number in range(12):
        folder = project.folder / GENERATIONS / f"2020-01-01_00-00-{number:02d}"
        shutil.copytree(made.folder, folder)
        about |= {"made": f"2020-01-01T00:00:{number:02d}", "reason": f"long ago {number}"}
        (folder / "about.json").write_text(json.dumps(about))


def edited(project: Project) -> None:
    """Do a few edits more and take two back."""
    paint(project, 4, (0, 6), (0, 6), key="b")
    project.set_split("a", "train")
    project.set_column("b", "stain", "H&E")
    project.undo()
    project.undo()


def saved_and_edited(project: Project) -> None:
    """Save, then go on."""
    project.save("first")
    paint(project, 9, (0, 530), (0, 20))
    edited(project)


def dead_lock(folder: Path) -> None:
    """Leave the lock of a program that ended, and leftovers of its writes."""
    from biofm_desktop.engine.project.lock import Holder

    lock = {**asdict(Holder.me()), "pid": 2**22 + 1, "token": "gone"}
    (folder / "p" / "project.lock").write_text(json.dumps(lock))
    for name in (".0123abcd.part.project.db", "labels/.0123abcd.part"):
        (folder / "p" / name).mkdir()


def moved_folder(folder: Path) -> None:
    """Let the project have been made elsewhere."""
    project = Project.open(folder / "p")
    project._store.set_about(folder=str(folder / "elsewhere"))
    project.close()


PICTURE = b"\x89PNG made up"
ON_PROJECT: list[Scenario] = [
    Making("project-new", lambda f: Project.for_data([f / "data.csv"], f / "p")),
    Making("project-new-copied", lambda f: Project.for_data([f / "data.csv"], f / "p", copy=True)),
    Making("project-opened", lambda f: Project.open(f / "p"), lambda f: None),
    Making("project-opened-after-a-crash", lambda f: Project.open(f / "p"), dead_lock),
    Making("project-opened-elsewhere", lambda f: Project.open(f / "p"), moved_folder),
    OnProject("stroke", lambda p: paint(p, 5, (3, 520), (1, 7))),
    OnProject("first-stroke", lambda p: paint(p, 300, (3, 5), (1, 7), key="b")),
    OnProject("erased", lambda p: paint(p, 0, (0, 530), (0, 20))),
    OnProject("target", lambda p: p.set_target("s", "z")),
    OnProject("split", lambda p: p.set_split("a", "val")),
    OnProject("features", lambda p: p.set_features("s", [Feature(1, 9, "gene", "g", parts=((1, 3), (5, 9)))])),
    OnProject("regions", lambda p: p.set_regions("b", [Region("box", ((1.0, 2.0), (3.0, 4.0)), "cell")])),
    OnProject("column", lambda p: p.set_column("a", "stain", "PAS")),
    OnProject("classes", lambda p: p.set_classes(["background", "cell"])),
    OnProject(
        "class-renamed", lambda p: p.rename_class("y", "yes"), lambda p: p.set_classes(["x", "y"]), repeats=False
    ),
    OnProject("undo", Project.undo, edited, repeats=False),
    OnProject("undo-stroke", Project.undo, lambda p: paint(p, 4, (0, 530), (0, 6)), repeats=False),
    OnProject("redo", Project.redo, edited, repeats=False),
    OnProject("history-back", lambda p: p.go_to(0), edited),
    OnProject("history-forth", lambda p: p.go_to(5), edited),
    OnProject("settled", lambda p: (paint(p, 5, (3, 520), (1, 7)), p.settle())),
    OnProject("settled-empty", lambda p: (paint(p, 0, (0, 530), (0, 20)), p.settle())),
    OnProject("settled-anew", lambda p: (paint(p, 5, (3, 520), (1, 7), key="b"), p.settle())),
    OnProject("saved", lambda p: p.save("now", PICTURE)),
    OnProject("saved-again", lambda p: p.save("now"), saved_and_edited),
    Thinning("saved-and-thinned", lambda p: p.save("now"), old_saves, repeats=False),
    OnProject("restored", lambda p: p.restore(p.generations()[0]), saved_and_edited),
    OnProject("sources-noted", lambda p: p._store._keep()),
    Exported("export-noted", lambda p: p.note_export(Path("/somewhere/a.tif"), format="tiff"), repeats=False),
    OnProject("audit-line", lambda p: p.note("trained", run="r")),
    Closing("closed", lambda p: None),
    Relocating("relocated", lambda p: None),
    PuttingBack("put-back", lambda p: None, saved_and_edited, repeats=False),
    Repairing("label-file-repaired", lambda p: None),
]
