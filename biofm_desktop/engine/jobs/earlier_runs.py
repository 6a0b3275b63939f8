"""The runs that a training can start from, as their cards tell of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import read_json
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.models.starting import BACKBONE, CARD, weights_in
from biofm_desktop.engine.tasks import TASKS


@dataclass(frozen=True)
class Earlier:
    """A run: what it learnt, with which model, its best figure, when (seconds since 1970), and its card in words.

    ``pretrained`` says that it is the backbone of a pre-training, which has no head.
    """

    folder: Path
    learnt: str
    model: str
    figure: str
    time: float
    card: str
    pretrained: bool = False


def to_start_from(runs: Iterable[Path]) -> list[Earlier]:
    """Return the runs that have weights, the latest first; of a damaged card nothing is told."""
    found = []
    for folder in runs:
        weights = weights_in(folder)
        if weights is not None:
            found.append(_earlier(folder, weights))
    return sorted(found, key=lambda run: run.time, reverse=True)


def pretrained(runs: Iterable[Path]) -> list[Earlier]:
    """Return the pre-trainings, the latest first: each is a model of its own to choose."""
    return to_start_from(folder for folder in runs if (folder / BACKBONE).is_file())


def _earlier(folder: Path, weights: Path) -> Earlier:
    card, figures = _read(folder / CARD), _read(folder / "metrics.json")
    task, has_no_head = str(card.get("task") or ""), weights.name == BACKBONE
    title = TASKS[task].title if task in TASKS else ""
    learnt = f"Pre-training ({card.get('objective_title') or card.get('objective') or 'not told'})"
    model = str(card.get("model") or "")
    return Earlier(
        folder,
        learnt if has_no_head else title or "Training",
        model,
        _figure(figures, task),
        weights.stat().st_mtime,
        _words(card, model, pretrained=has_no_head),
        has_no_head,
    )


def _figure(figures: dict[str, Any], task: str) -> str:
    if probe := _part(figures, "probe"):
        before, after = (_part(probe, when).get("macro_f1", 0.0) for when in ("before", "after"))
        return f"linear probe {before:.3f}, then {after:.3f}"
    known = figures.get("validation")
    known = known if isinstance(known, dict) else {}
    metric = TASKS[task].metric if task in TASKS else next(iter(known), "")
    value = known.get(metric)
    return f"{metric.replace('_', ' ')} {value:.3f}" if isinstance(value, (int, float)) else ""


def _words(card: dict[str, Any], model: str, *, pretrained: bool) -> str:
    """Return what a card says in a few lines."""
    data, inputs, values = (_part(card, name) for name in ("data", "inputs", "task_values"))
    title = MODELS[model].title if model in MODELS else model or "Model not told"
    first = [title, "backbone without a head" if pretrained else ""]
    if not pretrained and (classes := values.get("classes")):
        first.append(f"classes {', '.join(map(str, classes[:6]))}{' …' if len(classes) > 6 else ''}")
    second = [f"learnt from {data['name']}" if data.get("name") else ""]
    second.append(f"{data['train']:,} samples" if isinstance(data.get("train"), int) else "")
    second.append(f"pictures scaled {inputs['scaling']}" if inputs.get("scaling") else "")
    return "\n".join(", ".join(word for word in line if word) for line in (first, second)).strip()


def _part(card: dict[str, Any], name: str) -> dict[str, Any]:
    found = card.get(name)
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except Fault:
        return {}
    return found if isinstance(found, dict) else {}
