"""``biofm weights``: what a model would take of a file of weights, name by name; trains nothing."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from biofm_desktop.engine.events import Finished
from biofm_desktop.engine.faults import Fault

from .show import plain, say, say_json

STATES = ("taken", "re-made", "missing", "unused")


def weights_words(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    """Fill the parser of ``biofm weights``."""
    parser.add_argument("file", metavar="FILE", help="state dict or safetensors; or the folder of a run")
    parser.add_argument("--model", required=True, metavar="NAME", help="see 'biofm list models'")
    parser.add_argument(
        "--classes", type=int, default=0, metavar="N", help="outputs of the model; default: as the file"
    )
    parser.add_argument("--only", default="", choices=STATES, metavar="STATE", help=f"only these: {', '.join(STATES)}")
    parser.add_argument("--json", action="store_true", help="one line of JSON")


def weights(given: argparse.Namespace) -> int:
    """Print the list; 2 where the model cannot use the file."""
    from biofm_desktop.engine.jobs import WeightsJob
    from biofm_desktop.engine.models import MODELS

    from .commands import absolute

    if given.classes < 0:
        raise Fault("option --classes", f"{given.classes} is less than none", "Give the number of classes")
    job = WeightsJob(weights=absolute([given.file])[0], model=MODELS[given.model].name, outputs=given.classes)
    (last,) = job.run()
    assert isinstance(last, Finished)
    found = last.result
    if given.json:
        say_json(found)
    else:
        _say(found, given.only)
    if found["fault"]:
        sys.stderr.write(f"biofm: {plain(found['fault'])}\n")
    return 2 if found["fault"] else 0


def _say(found: dict[str, Any], only: str) -> None:
    rows = [row for row in found["rows"] if not only or row["state"] == only]
    cells = [(row["state"], *_side(row, "model", "shape"), *_side(row, "file", "file_shape")) for row in rows]
    widths = [max((len(row[place]) for row in cells), default=0) for place in range(5)]
    for row in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    say(found["summary"])
    if not found["fault"]:
        say(f"layout: {found['layout']}")
    if found["run"]:
        say(f"of the run {found['run']}; pictures are scaled as there ({found['scaling'] or 'not said'})")
    if found["note"]:
        say(f"note: {found['note']}")


def _side(row: dict[str, Any], name: str, shape: str) -> tuple[str, str]:
    from biofm_desktop.engine.jobs.weights import shape_text

    return row[name] or "-", shape_text(row[shape]) or "-"
