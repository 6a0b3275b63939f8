"""What ``biofm list`` tells."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from biofm_desktop.engine.events import Failed, Finished
from biofm_desktop.engine.faults import Fault

from .show import say, say_json


def list_things(given: argparse.Namespace) -> int:
    """Tell the list that was asked for, as a table or as JSON."""
    if given.what == "layers":
        if not given.of:
            raise Fault("list layers", "no model is named", "Give one of 'biofm list models'")
        rows = _layers(given.of)
    elif given.what == "models" and given.of:
        rows = [*_models(), *_pretrained(Path(given.of))]
    elif given.of:
        raise Fault(f"list {given.what}", f"{given.of!r} means nothing here", "Leave it out")
    else:
        rows = _ROWS[given.what]()
    if given.json:
        say_json(rows)
    else:
        _table(rows, _SHOWN[given.what])
    return 0


def _tasks() -> list[dict[str, Any]]:
    from biofm_desktop.engine.options import specs
    from biofm_desktop.engine.tasks import TASKS

    return [
        {
            "name": task.name,
            "title": task.title,
            "help": task.help,
            "takes": task.takes.__name__,
            "grain": task.grain.value,
            "metric": task.metric,
            "models": [model["name"] for model in _models() if task.name in model["tasks"]],
            "options": [
                {"name": s.name, "flag": s.flag, "default": s.default, "title": s.title, "choices": list(s.choices)}
                for s in specs(task)
            ],
        }
        for task in TASKS
    ]


def _models() -> list[dict[str, Any]]:
    from biofm_desktop.engine.models import MODELS
    from biofm_desktop.engine.tasks import TASKS

    return [
        {
            "name": model.name,
            "title": model.title,
            "help": model.help,
            "tasks": [t.name for t in TASKS if t.takes is model.takes and t.grain is model.grain],
            "weights": vars(model.weights) if model.weights else None,
            "licence": model.licence,
            "citation": model.citation,
        }
        for model in MODELS
    ]


def _pretrained(project: Path) -> list[dict[str, Any]]:
    """Return the pre-trainings of a project, or of a folder of runs, as rows of models; ``card`` tells of each."""
    from biofm_desktop.engine.jobs.earlier_runs import pretrained

    if not project.is_dir():
        raise Fault(project, "there is no such folder", "Name a project, or a folder of runs")
    runs = project / "runs" if (project / "runs").is_dir() else project
    known = {model["name"]: model for model in _models()}
    found = pretrained(folder.absolute() for folder in sorted(runs.iterdir()))
    return [
        {**known[run.model], "name": str(run.folder), "title": f"{known[run.model]['title']}: {run.learnt}"}
        | {"weights": None, "card": run.card, "figure": run.figure}
        for run in found
        if run.model in known
    ]


def _objectives() -> list[dict[str, Any]]:
    from biofm_desktop.engine.models import MODELS
    from biofm_desktop.engine.objectives import OBJECTIVES, objectives_for

    return [
        {
            "name": each.name,
            "title": each.title,
            "help": each.help,
            "models": [model.name for model in MODELS if each in objectives_for(model)],
        }
        for each in OBJECTIVES
    ]


def _formats() -> list[dict[str, Any]]:
    """Return the formats that can be read and those that can be written; ``reads`` and ``writes`` say which."""
    from biofm_desktop.engine.formats import FORMATS

    read = [
        {"name": f.name, "title": f.title, "suffixes": list(f.suffixes), "reads": True, "writes": False}
        for f in FORMATS
    ]
    return [*read, *({**row, "suffixes": [row["suffix"]], "reads": False, "writes": True} for row in _exports())]


def _exports() -> list[dict[str, Any]]:
    from biofm_desktop.engine.exports import EXPORTS

    return [
        {
            "name": export.name,
            "title": export.title,
            "suffix": export.suffix,
            "takes": [taken.__name__ for taken in export.takes],
            "single": export.single,
        }
        for export in EXPORTS
    ]


def _layers(name: str) -> list[dict[str, Any]]:
    """Return the layers of a model as the job tells them that fills the freeze dialog."""
    from biofm_desktop.engine.jobs import DescribeJob
    from biofm_desktop.engine.models import MODELS
    from biofm_desktop.engine.runners import HereRun

    entry = MODELS[name]
    task = next(row["tasks"][0] for row in _models() if row["name"] == entry.name)
    last = list(HereRun(DescribeJob(task=task, model=entry.name)))[-1]
    if isinstance(last, Failed):
        raise Fault(f"model {name}", last.message, detail=last.detail)
    assert isinstance(last, Finished)
    return list(last.result["layers"])


_ROWS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "tasks": _tasks,
    "models": _models,
    "objectives": _objectives,
    "formats": _formats,
    "exports": _exports,
}
_SHOWN = {
    "tasks": ("name", "title", "models"),
    "models": ("name", "title", "tasks"),
    "objectives": ("name", "title", "models"),
    "formats": ("name", "title", "suffixes", "reads", "writes"),
    "exports": ("name", "title", "suffix"),
    "layers": ("name", "kind", "shape", "parameters"),
}


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))] if cells else []
    for row in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " × ".join(map(str, value)) if value and isinstance(value[0], int) else ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
