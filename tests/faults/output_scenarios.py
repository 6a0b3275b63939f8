"""What goes out of the program: predictions, exports, weights, run folders, settings, downloads."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from biofm_desktop.engine import session
from biofm_desktop.engine.events import Event, Finished, StepDone, Warned
from biofm_desktop.engine.exports import EXPORTS, export
from biofm_desktop.engine.faults import system_fault
from biofm_desktop.engine.files import at_point, write_json
from biofm_desktop.engine.predictions import (
    ClassPrediction,
    CurvePrediction,
    MaskPrediction,
    Prediction,
    ValuePrediction,
)
from biofm_desktop.engine.settings import Settings, load_settings, save_settings

from .scenario import Items, Scenario


def mask(key: str, step: int) -> MaskPrediction:
    """Return a mask that differs by step."""
    values = (np.arange(60 * 50).reshape(60, 50) * step % 3).astype(np.uint8)
    return MaskPrediction(key, values, np.full((60, 50), 100 + step, np.uint8), ("background", "cell", "nucleus"), 0.8)


def made(step: int) -> list[Prediction]:
    """Return predictions of every kind, two of each, that differ by step."""
    found: list[Prediction] = []
    for key in "ab":
        spans = ((0, 10 * step, "promoter", 0.9), (500, 1000, "promoter", 0.75))
        found += [
            mask(f"m{key}", step),
            ClassPrediction(f"c{key}", "cat", 0.7 + step / 10, {"cat": 0.7 + step / 10, "dog": 0.3 - step / 10}),
            ValuePrediction(f"v{key}", 1.5 * step, unit="kcal/mol"),
            CurvePrediction(f"s{key}", np.linspace(0, step, 1000, dtype=np.float32), "promoter", spans),
        ]
    return found


class Exporting(Scenario):
    """An export, into a folder or a file, new or over an older one."""

    imports: ClassVar[tuple[str, ...]] = ("tifffile", "nibabel", "PIL.Image")

    def __init__(self, name: str, kind: str, path: str, *, over: bool, count: int = 2) -> None:
        super().__init__(name)
        self._kind, self._path, self._over, self._count = kind, path, over, count

    def _write(self, folder: Path, step: int) -> None:
        held = [p for p in made(step) if isinstance(p, EXPORTS[self._kind].takes)][:: 3 - self._count]
        export(held if self._count > 1 else held[:1], self._kind, folder / self._path, facts={"step": step})

    def prepare(self, folder: Path) -> None:
        """Write the older one, and a file of the user beside."""
        (folder / "out").mkdir()
        (folder / "out" / "mine.txt").write_text("mine")
        if self._over:
            self._write(folder, 1)

    def act(self, handle: Any, folder: Path) -> None:
        """Export."""
        self._write(folder, 2)

    def read(self, folder: Path) -> Items:
        """Read each file by a library of its own."""
        names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
        shown = [name for name in names if not any(part.startswith(".") for part in name.parts)]
        return {str(name): _read(folder / name) for name in shown}


def _read(path: Path) -> Any:
    match path.suffix:
        case ".json":
            exports = json.loads(path.read_text())["exports"]
            return [[entry["format"], entry["step"], entry["files"]] for entry in exports]
        case ".csv":
            with path.open(newline="") as file:
                return list(csv.reader(file))
        case ".tif":
            import tifffile

            return _hash(tifffile.imread(path))
        case ".png":
            from PIL import Image

            with Image.open(path) as image:
                return _hash(np.asarray(image))
        case ".gz":
            import nibabel

            return _hash(np.asarray(nibabel.load(path).dataobj))
    return path.read_text().splitlines()


def _hash(array: Any) -> list[Any]:
    return [list(array.shape), hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:12]]


class Storing(Scenario):
    """A prediction is added to a prediction folder."""

    def __init__(self, name: str, add: Callable[[Any], None], *, over: bool = False) -> None:
        super().__init__(name)
        self._add, self._over = add, over

    def prepare(self, folder: Path) -> None:
        """Let a few be there."""
        from biofm_desktop.engine.project.prediction_store import PredictionWriter

        if self._over:
            with PredictionWriter(folder / "out") as writer:
                for prediction in made(1)[:4]:
                    writer.add(prediction)

    def act(self, handle: Any, folder: Path) -> None:
        """Add one."""
        from biofm_desktop.engine.project.prediction_store import PredictionWriter

        with PredictionWriter(folder / "out") as writer:
            self._add(writer)

    def read(self, folder: Path) -> Items:
        """Read them all, each whole."""
        from biofm_desktop.engine.project.prediction_store import LINES, read_predictions

        if not (folder / "out" / LINES).exists():
            return {}
        found = {}
        for prediction in read_predictions(folder / "out"):
            values = {n: _hash(v) if isinstance(v, np.ndarray) else v for n, v in vars(prediction).items()}
            found[prediction.key] = json.loads(json.dumps(values))
        return found

    def leftovers(self, folder: Path) -> list[str]:
        """Count arrays that no line names too."""
        lines = folder / "out" / "predictions.jsonl"
        text = lines.read_text() if lines.exists() else ""
        named = {f"{json.loads(line)['number']:06d}" for line in text.split("\n")[:-1]}
        loose = [str(path) for path in folder.rglob("*.npy") if path.stem not in named]
        return super().leftovers(folder) + loose


def add_mapped(writer: Any) -> None:
    """Fill a mask in its file, as tiled prediction does."""
    given = mask("ma", 2)
    values, certainty = writer.mask_files("ma", given.mask.shape, np.uint8)
    values[...], certainty[...] = given.mask, given.certainty
    writer.add(MaskPrediction("ma", values, certainty, given.classes, 0.8))


class Keeping(Scenario):
    """Weights are written into a run folder."""

    imports: ClassVar[tuple[str, ...]] = ("biofm_desktop.engine.training.checkpoints", "safetensors.numpy")

    def __init__(self, name: str, keep: Callable[[Any], object], *, over: bool) -> None:
        super().__init__(name)
        self._keep, self._over = keep, over

    def _checkpoints(self, folder: Path, value: float) -> Any:
        import torch

        from biofm_desktop.engine.training.checkpoints import Checkpoints

        network = torch.nn.Linear(40, 30)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.fill_(value)
        return Checkpoints(folder / "run", network)

    def prepare(self, folder: Path) -> None:
        """Write older ones."""
        if self._over:
            self._keep(self._checkpoints(folder, 1.0))

    def act(self, handle: Any, folder: Path) -> None:
        """Write them."""
        self._keep(self._checkpoints(folder, 2.0))

    def read(self, folder: Path) -> Items:
        """Load them without torch."""
        from safetensors.numpy import load_file

        return {
            path.name: {name: [*map(float, {*tensor.ravel().tolist()})] for name, tensor in load_file(path).items()}
            for path in folder.rglob("[!.]*.safetensors")
        }


class KeepingState(Keeping):
    """The whole state of a training is written."""

    #: The first optimiser of a process imports the last of these, which takes seconds.
    imports: ClassVar[tuple[str, ...]] = (*Keeping.imports, "torch._dynamo")

    def __init__(self, name: str, *, over: bool) -> None:
        super().__init__(name, self._keep_state, over=over)

    @staticmethod
    def _keep_state(checkpoints: Any) -> None:
        import torch

        from biofm_desktop.engine.training.state import Chance, Standing

        network = checkpoints._network
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        step = int(network.bias[0])
        chance = Chance(torch.Generator().manual_seed(step))
        movers = {"network": network, "optimizer": optimizer, "chance": chance}
        checkpoints.keep_state(Standing("data", 3, step=step), movers, now=True)

    def read(self, folder: Path) -> Items:
        """Load it, without running anything."""
        import torch

        found = {}
        for path in folder.rglob("[!.]*.pt"):
            state = torch.load(path, weights_only=True)
            bias = float(state["movers"]["network"]["bias"][0])
            found[path.name] = {"step": state["standing"]["step"], "bias": bias}
        return found


class Recording(Scenario):
    """A run's last events are written."""

    def prepare(self, folder: Path) -> None:
        """Let a run have been recorded."""
        (folder / "run").mkdir()
        self._record(folder, Warned("before"))

    def _record(self, folder: Path, *events: Event) -> None:
        from biofm_desktop.engine.jobs.recording import recorded

        def told() -> Iterator[Event]:
            yield from events

        for _ in recorded(told(), folder / "run"):  # type: ignore[arg-type]
            pass

    def act(self, handle: Any, folder: Path) -> None:
        """Record."""
        self._record(folder, StepDone(1, 1, 0.5, 0.1), Finished("done"))

    def read(self, folder: Path) -> Items:
        """Read the whole lines."""
        lines = (folder / "run" / "events.jsonl").read_text().split("\n")[:-1]
        return {f"line {number}": json.loads(line)["event"] for number, line in enumerate(lines)}


class Configured(Scenario):
    """A file of JSON beside the projects is written."""

    def __init__(
        self, name: str, write: Callable[[Path, int], object], read: Callable[[Path], Any], *, repeats: bool = True
    ) -> None:
        super().__init__(name, repeats=repeats)
        self._write, self._read = write, read

    def prepare(self, folder: Path) -> None:
        """Write the older one."""
        self._write(folder, 1)

    def act(self, handle: Any, folder: Path) -> None:
        """Write."""
        self._write(folder, 2)

    def read(self, folder: Path) -> Items:
        """Read it."""
        return {"file": self._read(folder)}


def begin_or_end(_: Path, step: int) -> None:
    """Begin a session that shows a project; before that, one that ended."""
    session._write(session.Session("/p", "a", ended=True))
    if step == 2:
        session.begin_session()


def read_session(_: Path) -> Any:
    """Read the session."""
    noted = session._read()
    return [noted.project, noted.key, noted.ended, noted.crashes]


class Downloading(Scenario):
    """Weights are brought here."""

    resumes: ClassVar[bool] = True
    names: ClassVar[tuple[str, ...]] = ("net.pth",)
    content: ClassVar[bytes] = bytes(range(256)) * 10_000

    def prepare(self, folder: Path) -> None:
        """Put them on the server, which is a folder."""
        (folder / "server").mkdir()
        (folder / "server" / "net.pth").write_bytes(self.content)

    def act(self, handle: Any, folder: Path) -> None:
        """Fetch them."""
        from biofm_desktop.engine.models import Weights
        from biofm_desktop.engine.models.downloads import fetch

        digest = hashlib.sha256(self.content).hexdigest()
        address = (folder / "server" / "net.pth").as_uri()
        for _ in fetch(Weights(address, len(self.content), digest, "MIT", "noise")):
            pass

    def read(self, folder: Path) -> Items:
        """Read what counts as downloaded."""
        path = folder / "cache" / "weights" / "net.pth"
        return {"weights": hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None}

    def leftovers(self, folder: Path) -> list[str]:
        """Let the part be that the next try goes on with."""
        return [name for name in super().leftovers(folder) if not name.endswith("net.pth.part")]


class InPlace(Scenario):
    """What no room may do, for the judge to find: the file itself is written in two steps."""

    def prepare(self, folder: Path) -> None:
        """Write the older one."""
        (folder / "file.txt").write_text("old")

    def act(self, handle: Any, folder: Path) -> None:
        """Write over it."""
        path = folder / "file.txt"
        try:
            path.write_text("ne")
            at_point("in-place.rest", path)
            path.write_text("new")
        except OSError as error:
            raise system_fault(path, error) from error

    def read(self, folder: Path) -> Items:
        """Read it."""
        return {"file": (folder / "file.txt").read_text()}


def _exports() -> Iterator[Scenario]:
    for entry in EXPORTS:
        for over in (False, True):
            when = "over" if over else "new"
            yield Exporting(f"export-{entry.name}-{when}", entry.name, "out", over=over)
            yield Exporting(f"export-{entry.name}-file-{when}", entry.name, f"out/x{entry.suffix}", over=over, count=1)
    yield Exporting("export-label-tiff-new-folder", "label-tiff", "deep/er", over=False)


def _stores() -> Iterator[Scenario]:
    for place, kind in enumerate(("mask", "class", "value", "curve")):
        for over in (False, True):

            def add(writer: Any, place: int = place) -> None:
                writer.add(made(2)[place])

            yield Storing(f"prediction-{kind}-{'over' if over else 'new'}", add, over=over)
    yield Storing("prediction-mapped-new", add_mapped)
    yield Storing("prediction-mapped-over", add_mapped, over=True)


def _weights() -> Iterator[Scenario]:
    keeps: dict[str, Callable[[Any], object]] = {
        "best": lambda c: c.keep_best(1),
        "last": lambda c: c.keep_last(now=True),
        "model": lambda c: c.write_model(),
    }
    for name, keep in keeps.items():
        for over in (False, True):
            yield Keeping(f"weights-{name}-{'over' if over else 'new'}", keep, over=over)
    for over in (False, True):
        yield KeepingState(f"state-{'over' if over else 'new'}", over=over)


def _read_json(name: str) -> Callable[[Path], Any]:
    return lambda folder: json.loads((folder / name).read_text())


OUTPUTS: list[Scenario] = [
    *_exports(),
    *_stores(),
    *_weights(),
    Recording("run-events", repeats=False),
    Configured(
        "run-card", lambda f, n: write_json(f / "card.json", {"n": n}, room="checkpoint"), _read_json("card.json")
    ),
    Configured("metrics", lambda f, n: write_json(f / "m.json", {"n": n}, room="export"), _read_json("m.json")),
    Configured("settings", lambda f, n: save_settings(Settings(mirror=f"/{n}")), lambda f: load_settings().mirror),
    Configured("session", begin_or_end, read_session),
    Downloading("download"),
]
