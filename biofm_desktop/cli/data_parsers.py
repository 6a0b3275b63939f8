"""The words of the commands that look at data for training."""

import argparse
from collections.abc import Sequence


def histogram(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    """Fill the parser of ``biofm histogram``."""
    from biofm_desktop.engine.jobs import HistogramJob

    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project")
    _task(parser, rest, required=False)
    for name, kind, what in (
        ("seed", int, "of the split, where the data states none"),
        ("validation", float, "share set apart for validation, where the data states none"),
        ("test", float, "share set apart for testing, where the data states none"),
    ):
        default = getattr(HistogramJob, name)
        parser.add_argument(
            f"--{name}", type=kind, default=default, metavar=name.upper(), help=f"{what} (default {default})"
        )
    parser.add_argument("--json", action="store_true", help="events as lines of JSON; the last one holds the counts")


def learning_curve(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    """Fill the parser of ``biofm learning-curve``."""
    from biofm_desktop.engine.jobs import LearningCurveJob

    from .parsers import training_words

    usual = " ".join(f"{count:g}" for count in LearningCurveJob.counts)
    parser.add_argument(
        "--counts",
        nargs="+",
        type=float,
        default=list(LearningCurveJob.counts),
        metavar="N",
        help=f"labels per class; below 1 a share, 0 for all (default {usual})",
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="trainings with each number (default 3)")
    training_words(parser, rest)


def augment(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    """Fill the parser of ``biofm augment``."""
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project")
    _task(parser, rest, required=True)
    parser.add_argument("--out", required=True, metavar="FOLDER", help="where the pictures or sequences go")
    parser.add_argument("--count", type=int, default=8, metavar="N", help="so many versions (default 8)")
    parser.add_argument("--key", default="", metavar="KEY", help="of this sample; default: the first with a label")
    parser.add_argument("--seed", type=int, default=0, metavar="SEED", help="the same seed gives the same versions")
    parser.add_argument("--model", default="", metavar="NAME", help="made ready as for this model")
    parser.add_argument("--json", action="store_true", help="events as lines of JSON")


def _task(parser: argparse.ArgumentParser, rest: Sequence[str], *, required: bool) -> None:
    from biofm_desktop.engine.options import add_flags
    from biofm_desktop.engine.tasks import TASKS

    usual = "" if required else "; default: the one that the labels speak for"
    parser.add_argument(
        "--task", required=required, default="", metavar="TASK", help=f"{', '.join(TASKS.names)}{usual}"
    )
    task = next((word for word in rest if word in TASKS), None)
    if task is not None:
        add_flags(parser.add_argument_group(f"options of {task}"), TASKS[task])  # type: ignore[arg-type]
