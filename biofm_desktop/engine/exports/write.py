"""Saves predictions as files for other programs, with a note of where they come from."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from biofm_desktop import __version__
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import fill_folder, read_json, write_json
from biofm_desktop.engine.predictions import (
    ClassPrediction,
    CurvePrediction,
    MaskPrediction,
    Prediction,
    ValuePrediction,
)

from .base import Export
from .entries import EXPORTS

_NOTE = "export.json"
_KINDS = {ClassPrediction: "classes", ValuePrediction: "values", MaskPrediction: "masks", CurvePrediction: "curves"}


def fitting(predictions: Sequence[Prediction]) -> list[Export]:
    """Return the exports that can hold at least one of the predictions."""
    return [export for export in EXPORTS if any(isinstance(p, export.takes) for p in predictions)]


def default_export(predictions: Sequence[Prediction]) -> str:
    """Return the name of the export that suits the predictions: label images for masks, else a table."""
    return "label-tiff" if any(isinstance(p, MaskPrediction) for p in predictions) else "csv"


def export(
    predictions: Sequence[Prediction], name: str, path: Path, *, facts: Mapping[str, Any] | None = None
) -> list[Path]:
    """Write the predictions that the export of this name can hold; return the files written.

    ``path`` is a folder, or the file to write. A file that the user named is replaced; in a folder only files that an
    export wrote before are. ``facts`` (run, model, problems of the data ...) go into a note beside: ``export.json`` in
    a folder, ``<name>.export.json`` by a file. All files are written or none. Raises `Fault`.
    """
    kind = EXPORTS[name]
    held = [p for p in predictions if isinstance(p, kind.takes)]
    if not held:
        raise _unfit(kind, predictions)
    place = _Place.of(kind, path, len(held))
    note = {
        "format": kind.name,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": f"BioFM Desktop {__version__}",
        "python": platform.python_version(),
        "samples": len(held),
        "left_out": len(predictions) - len(held),
        "classes": _classes(held),
        **(facts or {}),
    }

    def fill(stage: Path) -> None:
        _fill(stage, kind, held, place, note)

    # The note first: should the program end in between, the files are known as ours and the next export replaces them.
    return fill_folder(place.folder, fill, room="export", first=place.note.name)[1:]


@dataclass(frozen=True)
class _Place:
    folder: Path
    file: str = ""

    @classmethod
    def of(cls, kind: Export, path: Path, count: int) -> "_Place":
        """Decide whether a path means a folder or a file; raise `Fault` where it cannot be what is needed."""
        if path.is_dir():
            return cls(path, f"predictions{kind.suffix}") if kind.single else cls(path)
        if kind.single:
            return cls(path.parent, path.name if path.suffix else path.name + kind.suffix)
        if path.name.endswith(kind.suffix) and count == 1:
            return cls(path.parent, path.name)
        if path.exists() or path.name.endswith(kind.suffix):
            raise Fault(path, f"{kind.title} are a file for each of the {count} samples", "Name a folder")
        return cls(path)

    @property
    def note(self) -> Path:
        """Return the file of the note."""
        return self.folder / (f"{self.file.partition('.')[0]}.{_NOTE}" if self.file else _NOTE)

    def notes(self) -> list[dict[str, Any]]:
        """Return what earlier exports to this place noted; nothing where the note is missing or not ours."""
        try:
            entries = read_json(self.note)["exports"]
            return [entry for entry in entries if isinstance(entry["files"], list)]
        except (Fault, TypeError, KeyError):
            return []


def _fill(stage: Path, kind: Export, held: Sequence[Prediction], place: _Place, note: dict[str, Any]) -> None:
    """Write the files, then the note that names them, into an empty folder."""
    if not place.file:
        made = kind.write(held, stage)
        _refuse_others(made, place)
    elif kind.single:
        made = kind.write(held, stage / place.file)
    else:
        (path,) = kind.write(held, stage)
        made = [path.rename(stage / place.file)]
    kept = [entry for entry in place.notes() if entry.get("format") != note["format"]]
    entry = {**note, "files": [path.name for path in made]}
    write_json(stage / place.note.name, {"version": 1, "exports": [*kept, entry]}, room="export")


def _refuse_others(made: Sequence[Path], place: _Place) -> None:
    """Raise `Fault` where a file that no export wrote is in the way."""
    ours = {name for entry in place.notes() for name in entry["files"]}
    for path in made:
        if path.name not in ours and (place.folder / path.name).exists():
            raise Fault(place.folder / path.name, "another file has this name", "Export into a folder of its own")


def _classes(held: Sequence[Prediction]) -> list[str]:
    """Return the classes in the order of their values, where the predictions have them."""
    first = held[0]
    match first:
        case MaskPrediction(classes=classes):
            return list(classes)
        case ClassPrediction(probabilities=probabilities):
            return list(probabilities)
    return []


def _unfit(kind: Export, predictions: Sequence[Prediction]) -> Fault:
    if not predictions:
        return Fault("export", "there are no predictions yet", "Predict first")
    takes = " or ".join(_KINDS[taken] for taken in kind.takes)
    have = _KINDS[type(predictions[0])]
    names = ", ".join(export.name for export in fitting(predictions))
    return Fault(f"export {kind.name}", f"it holds {takes}, and these predictions are {have}", f"Choose {names}")
