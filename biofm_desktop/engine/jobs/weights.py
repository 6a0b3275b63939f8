"""Say, name by name, what a model would take of a file of weights; train nothing."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from biofm_desktop.engine.events import Event, Finished, Warned
from biofm_desktop.engine.exports.csv_table import harmless
from biofm_desktop.engine.files import read_json, write_text
from biofm_desktop.engine.models import MODELS, ModelEntry
from biofm_desktop.engine.models.matching import REMADE, Match, Row, Shapes
from biofm_desktop.engine.models.starting import Start, start_of
from biofm_desktop.engine.samples import InputSpec, Sample

from .base import Job
from .data import SPLITS

if TYPE_CHECKING:
    from biofm_desktop.engine.tasks import Task

TABLE = "weights.csv"
_COLUMNS = ("state", "part", "model_tensor", "model_shape", "file_tensor", "file_shape")


@dataclass(frozen=True, kw_only=True)
class WeightsJob(Job):
    """Match ``weights``, a file or the folder of a run, with ``model`` of so many ``outputs`` (0: as in the file).

    ``inputs`` are those that a describe job told of the data (empty: those of the run, else usual ones), ``classes``
    those of the data: the head of a run that knew others is made anew.
    """

    name: ClassVar[str] = "weights"
    weights: str
    model: str
    outputs: int = 0
    inputs: dict[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return what it does, in a few words."""
        return f"Look at {Path(self.weights).name}"

    def command(self) -> list[str]:
        """Return the command line that prints the same."""
        words = ["biofm", "weights", self.weights, "--model", self.model]
        return words + (["--classes", str(self.outputs)] if self.outputs else [])

    def run(self) -> Iterator[Event]:
        """Read names and shapes, match them, and tell the rows; what does not fit is told as well, as ``fault``."""
        from biofm_desktop.engine.models.recognising import matched
        from biofm_desktop.engine.models.weights import misfit, read_weights, shapes

        entry, start = MODELS[self.model], start_of(self.weights)
        given, inputs = shapes(read_weights(start.path)), self._inputs(entry, start)
        how = {"partial": start.partial}
        found = matched(entry, given, inputs, self.outputs or 2, **how)
        if not self.outputs and (outputs := _outputs(found, given, entry.head)):
            found = matched(entry, given, inputs, outputs, **how)
        elif self.outputs and self.classes and start.other_answers({"classes": self.classes}):
            found = matched(entry, given, inputs, self.outputs, new_head=True, **how)
        fault = misfit(start.path, found, given, self.model).message if found.fault else ""
        result = {
            "rows": [row.to_json() for row in found.rows],
            "summary": found.summary,
            "layout": found.source,
            "note": found.layout.note,
            "scaling": start.scaling or found.layout.scaling,
            "run": start.run.name if start.run else "",
            "file": str(start.path),
            "fault": fault,
        }
        yield Finished(found.summary, result=result)

    def _inputs(self, entry: ModelEntry, start: Start) -> InputSpec:
        from biofm_desktop.engine.models.recognising import usual_inputs

        usual, told = usual_inputs(entry), self.inputs or start.inputs
        channels, size = told.get("channels", usual.channels), tuple(told.get("size", usual.size))
        return InputSpec(channels, size if len(size) == len(usual.size) else usual.size, usual.scaling)


def write_match(found: Match, folder: Path) -> None:
    """Write a run's match list."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(_cells(row) for row in found.rows)
    write_text(folder / TABLE, text.getvalue(), room="checkpoint")


def told(found: Match) -> dict[str, Any]:
    """Return what a run's card says of its match."""
    return {"layout": found.source, "taken": len(found.taken), "fresh": len(found.fresh), "summary": found.summary}


def alike(task: "Task", start: Start) -> "Task":
    """Return a task that prepares its data as the run did that it starts from, where its options leave that open."""
    before = start.task_values
    own = {part.name: part.default for part in fields(task)}
    same = {name: before[name] for name in ("intensity", "size", "length") if name in own and name in before}
    return replace(task, **{name: value for name, value in same.items() if getattr(task, name) == own[name]})


def like_before(preferred: InputSpec | None, start: Start) -> InputSpec | None:
    """Return the input that a model is made for, with as many channels as the run fed that it starts from."""
    channels = start.inputs.get("channels")
    if not channels or "alphabet" in start.task_values:
        return preferred
    if preferred is None:
        return InputSpec(int(channels), (), start.scaling or "unit")
    return replace(preferred, channels=int(channels))


def tell(found: Match, start: Start) -> Iterator[Event]:
    """Tell how much was taken, where not all was; and what differs in this layout."""
    first = [row for row in found.of(REMADE) if row.part == "body"]
    if first:
        own = ", ".join(row.ours for row in first)
        words = f"it was made for inputs of other channels: {own} starts fresh, so leave it free to learn"
        yield Warned(f"{start.path.name}: {words}")
    if found.layout.note:
        yield Warned(f"{start.path.name}: {found.layout.note}")


def seen_before(start: Start, data: str, splits: Mapping[str, Sequence[Sample]]) -> str:
    """Return a warning where samples are judged on that the run learnt from which a training starts."""
    learnt_from = start.card.get("data")
    if start.run is None or not isinstance(learnt_from, dict) or learnt_from.get("name") != data:
        return ""
    stored = start.run / SPLITS
    before = read_json(stored) if stored.is_file() else {}
    judged = splits.get("val", ())
    seen = sum(before.get(sample.key) == "train" for sample in judged)
    if not seen:
        return ""
    fault = f"{seen} of the {len(judged)} validation samples were learnt by this run: figures will look too good"
    return f"{start.run.name}: {fault}. Take its splits (--splits {stored}), or the seed that it had"


def scaled_for(task: "Task", scaling: str) -> "Task":
    """Return a task that feeds images as a network's weights want them."""
    return replace(task, scaling=scaling) if scaling and hasattr(task, "scaling") else task  # type: ignore[call-arg]


def shape_text(shape: Sequence[int] | None) -> str:
    """Return a shape as people read it."""
    return "" if shape is None else " × ".join(map(str, shape)) or "one number"


def _cells(row: Row) -> list[str]:
    sides = (row.ours, row.shape), (row.theirs, row.file_shape)
    return [row.state, row.part, *(cell for name, shape in sides for cell in (harmless(name), shape_text(shape)))]


def _outputs(found: Match, given: Shapes, head: str) -> int:
    """Return how many outputs the file's head has (0: it has none that is known)."""
    heads = [given[row.theirs] for row in found.rows if row.ours.startswith(head + ".") and row.theirs]
    sizes = {shape[0] for shape in heads if shape}
    return sizes.pop() if len(sizes) == 1 else 0
