"""``biofm pretrain``: a model learns from samples without labels. Its folder then stands for a model."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault


class ModelOrPretrained(argparse.Action):
    """``--model`` takes a model of the list, or the folder of a pre-training: that model, started from it.

    Sets ``model``, and ``weights`` too where those are not stated.
    """

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        """Note what was given; raise `Fault` where a folder is none of a pre-training."""
        from biofm_desktop.engine.jobs.earlier_runs import pretrained
        from biofm_desktop.engine.models import MODELS

        folder = Path(str(values)).expanduser().absolute()
        if values in MODELS or not folder.is_dir():
            namespace.model = values
            return
        for run in pretrained([folder]):
            namespace.model = run.model
            namespace.weights = getattr(namespace, "weights", "") or str(folder)
            return
        raise Fault(values, "it is no folder of a pre-training", "Name one, or a model of 'biofm list models'")


def pretrain_words(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    """Fill the parser of ``biofm pretrain``."""
    from biofm_desktop.engine.jobs import FitOptions
    from biofm_desktop.engine.models import MODELS
    from biofm_desktop.engine.objectives import OBJECTIVES, encoding_task
    from biofm_desktop.engine.options import add_flags

    parser.add_argument("objective", metavar="OBJECTIVE", help=", ".join(OBJECTIVES.names))
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project; need not be labelled")
    parser.add_argument("--model", required=True, metavar="NAME", help="see 'biofm list models'")
    parser.add_argument("--out", required=True, metavar="RUN", help="a new folder; train --model takes it")
    parser.add_argument("--weights", default="", metavar="FILE", help="file or run to start from; or 'download'")
    parser.add_argument(
        "--detach", action="store_true", help="run in the background, past the end of this terminal; see 'biofm jobs'"
    )
    parser.add_argument("--json", action="store_true", help="events as lines of JSON")
    objective = next((word for word in rest if word in OBJECTIVES), None)
    if objective is not None:
        add_flags(parser.add_argument_group(f"options of {objective}"), OBJECTIVES[objective])  # type: ignore[arg-type]
    else:
        parser.epilog = "Each objective has options of its own: biofm pretrain OBJECTIVE --model NAME --help"
    add_flags(parser, FitOptions)
    model = next((word for word in rest if word in MODELS), None)
    if model is not None:
        group = parser.add_argument_group(f"how {model} reads samples")
        add_flags(group, encoding_task(MODELS[model]))  # type: ignore[arg-type]


def pretrain(given: argparse.Namespace) -> int:
    """Let a model learn from samples without labels."""
    from biofm_desktop.engine.jobs import FitOptions, PretrainJob
    from biofm_desktop.engine.models import MODELS
    from biofm_desktop.engine.objectives import OBJECTIVES, encoding_task
    from biofm_desktop.engine.options import from_flags

    from .commands import absolute, run_job, stated, weights_of

    job = PretrainJob(
        objective=given.objective,
        data=absolute(given.data),
        model=given.model,
        out=absolute([given.out])[0],
        weights=weights_of(given),
        objective_options=stated(from_flags(OBJECTIVES[given.objective], given), given),
        task_options=stated(from_flags(encoding_task(MODELS[given.model]), given), given),
        fit_options=stated(from_flags(FitOptions, given), given),
    )
    return run_job(job, given)
