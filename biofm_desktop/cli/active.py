"""The commands of the loop in which a model and its user teach each other: ``biofm suggest`` and ``biofm retrain``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from biofm_desktop.engine.faults import Fault

_DEVICES = ("auto", "cpu", "cuda", "mps")


def suggest_words(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    """Fill the parser of ``biofm suggest`` and ``biofm retrain``."""
    from biofm_desktop.engine.jobs.suggest import MEASURES, SPREADS

    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project, some of it without labels")
    parser.add_argument("--count", type=int, default=20, metavar="N", help="how many to propose (default 20)")
    parser.add_argument("--out", default="", metavar="FILE.csv", help="a table of them")
    parser.add_argument("--measure", default=MEASURES[0], metavar="NAME", help=f"doubt: {', '.join(MEASURES)}")
    parser.add_argument("--spread", default=SPREADS[0], metavar="NAME", help=f"kept apart by: {', '.join(SPREADS)}")
    parser.add_argument("--patch", action="store_true", help="judge a mask by its most uncertain patch")
    parser.add_argument("--seed", type=int, default=0, metavar="SEED", help="default 0")
    parser.add_argument("--device", default="auto", choices=_DEVICES, help="default: auto")
    parser.add_argument("--json", action="store_true", help="events as lines of JSON; the last one lists the samples")


def suggest(given: argparse.Namespace) -> int:
    """Propose samples to label next, and say why."""
    from biofm_desktop.engine.jobs import SuggestJob

    from .commands import run_job
    from .show import say

    out = Path(given.out).expanduser().absolute() if given.out else None
    if out is not None and out.exists():
        raise Fault(given.out, "it is there already", "Name a new file; nothing was changed")
    job = SuggestJob(
        run_folder=_absolute([given.run])[0],
        data=_absolute(given.data),
        count=given.count,
        out=str(out or ""),
        measure=given.measure,
        spread=given.spread,
        patch=given.patch,
        seed=given.seed,
        device=given.device,
    )
    found: list[dict[str, list[dict[str, object]]]] = []
    status = run_job(job, given, found)
    if not given.json:
        for each in (row for result in found for row in result["suggestions"]):
            say(f"{each['rank']:>4}  {each['key']}: {each['reason']}")
    return status


def retrain_words(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    """Fill the parser of ``biofm retrain``."""
    from biofm_desktop.engine.jobs.retrain import REPLAY

    parser.add_argument("run", metavar="RUN", help="the folder of a run; it stays as it is")
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project with the corrected labels")
    parser.add_argument("--out", required=True, metavar="RUN2", help="a new folder")
    what = "learn these samples; default: all with a label that the run has not seen"
    parser.add_argument("--only", nargs="+", action="extend", default=[], metavar="KEY", help=what)
    for name, kind, default, what in (
        ("replay", float, REPLAY, f"earlier samples for each corrected one, against forgetting (default {REPLAY:g})"),
        ("epochs", int, 0, "passes over the samples (default 0: chosen)"),
        ("learning-rate", float, 0.0, "default 0: a third of the run's"),
        ("seed", int, 0, "default 0"),
        ("threads", int, 0, "CPU threads (default 0: all)"),
    ):
        parser.add_argument(f"--{name}", type=kind, default=default, metavar=name.upper(), help=what)
    parser.add_argument("--device", default="auto", choices=_DEVICES, help="default: auto")
    parser.add_argument("--json", action="store_true", help="events as lines of JSON")


def retrain(given: argparse.Namespace) -> int:
    """Learn corrected samples from the weights of a run, into a new run folder."""
    from biofm_desktop.engine.jobs import RetrainJob

    from .commands import run_job

    job = RetrainJob(
        run_folder=_absolute([given.run])[0],
        data=_absolute(given.data),
        out=_absolute([given.out])[0],
        only=tuple(given.only),
        replay=given.replay,
        epochs=given.epochs,
        learning_rate=given.learning_rate,
        seed=given.seed,
        device=given.device,
        threads=given.threads,
    )
    return run_job(job, given)


def _absolute(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(Path(word).expanduser().absolute()) for word in words)
