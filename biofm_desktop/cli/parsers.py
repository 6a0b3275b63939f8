"""The words of each command; only the parser of the command in use is built, so that ``--help`` is quick."""

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn

from biofm_desktop import __version__
from biofm_desktop.engine.faults import Fault

from . import data_parsers
from .active import retrain_words, suggest_words
from .clusters import clusters_words
from .pretraining import ModelOrPretrained, pretrain_words
from .weights import weights_words

COMMANDS = {
    "train": "fine-tune a model on data, into a run folder",
    "continue": "go on with a training that was stopped or broke off, or for more epochs",
    "retrain": "learn a few corrected samples from the weights of a run, without forgetting the others",
    "pretrain": "let a model learn from samples without labels; trainings start from what it learnt",
    "steer": "change a training under way: layers, learning rate, epochs, augmentation; or pause and stop it",
    "cross-validate": "train once for each fold; mean and spread of the figures on held-out samples",
    "tune": "search for good options within a budget of trials and minutes; a study goes on where it stood",
    "distill": "let a smaller model learn what a run says, from labelled and unlabelled samples",
    "estimate": "say how long an epoch will take and whether the training fits this computer",
    "weights": "say which tensors a model would take of a file of weights, or of a run, and which not",
    "predict": "let a run folder predict, and save files for other programs",
    "hints": "say what the curves of a run suggest to do next, and why",
    "checkpoints": "list the checkpoints of a run, compare two, go back to one, delete some",
    "evaluate": "judge a run folder on labelled data",
    "suggest": "propose samples to label next, those that teach a run's model most, each with the reason",
    "leaks": "name samples that are equal or nearly so in different splits; exit status 1 where there are any",
    "histogram": "count the classes of each split, name those that are missing or very rare",
    "learning-curve": "train with fewer and more labels and say how good it gets",
    "augment": "write a sample and changed versions of it, as a training sees them",
    "inspect": "open paths as the window does and say what is in them",
    "list": "what there is: tasks, models, objectives of pre-training, formats, exports, layers of a model",
    "project": "make, save, check, restore and relocate projects",
    "clusters": "list the clusters with SLURM that jobs can be sent to, and describe one",
    "jobs": "list what runs in the background, and stop, pause or resume it",
    "run": "run a job file, such as the job.json of a run folder",
    "doctor": "say what this computer has, what is wrong and how to mend it",
}
LISTS = ("tasks", "models", "objectives", "formats", "exports", "layers")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are faults, so that they look like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise the complaint."""
        raise Fault(self.prog.removeprefix("biofm ") or "biofm", message, f"See {self.prog} --help")


def parse(words: Sequence[str]) -> argparse.Namespace | None:
    """Return what the words say (None: help was shown); raise `Fault` where they make no sense."""
    name, rest = words[0], list(words[1:])
    try:
        if name not in COMMANDS:
            _top().parse_args(words)
            return None
        parser = Parser(prog=f"biofm {name}", description=f"{COMMANDS[name].capitalize()}.", allow_abbrev=False)
        _FILL[name](parser, rest)
        parser.add_argument("--debug", action="store_true", help="show details of errors")
        given = parser.parse_intermixed_args(rest)
    except SystemExit:
        return None
    renamed = {"list": "list_things", "continue": "continue_run"}  # no names of Python
    given.command = renamed.get(name, name.replace("-", "_"))
    return given


def _top() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    parser = Parser(
        prog="biofm",
        usage="biofm [PATH ...]\n       biofm COMMAND ...   (biofm COMMAND --help tells more)",
        description="BioFM Desktop. Without a command: open the window, on the data of PATH where given.",
        epilog=f"commands:\n{lines}\n\nexit status: 0 done, 1 failed, 2 wrong use or refused input, 130 stopped",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"BioFM Desktop {__version__}")
    return parser


def _json_flag(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=what)


def _detach_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--detach", action="store_true", help="run in the background, past the end of this terminal; see 'biofm jobs'"
    )
    parser.add_argument(
        "--cluster", default="", metavar="PROFILE", help="run there, see 'biofm clusters'; with --detach: do not wait"
    )


def training_words(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    parser.add_argument("--out", required=True, metavar="RUN", help="a new folder")
    parser.add_argument("--weights", default="", metavar="FILE", help="file or run to start from; or 'download'")
    parser.add_argument("--splits", default="", metavar="FILE", help="JSON of splits by sample, as a run's splits.json")
    _json_flag(parser, "events as lines of JSON")
    _planned(parser, rest)


def _train(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    _detach_flag(parser)
    parser.add_argument(
        "--pin", nargs="+", action="extend", default=[], metavar="KEY", help="predict these samples after each epoch"
    )
    training_words(parser, rest)


def _cross_validate(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    parser.add_argument("--folds", type=int, default=5, metavar="N", help="default 5")
    parser.add_argument("--group", default="", metavar="COLUMN", help="samples with the same value stay in one fold")
    training_words(parser, rest)


def _tune(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    parser.add_argument("--trials", type=int, default=20, metavar="N", help="of all times together; default 20")
    parser.add_argument("--minutes", type=float, default=0.0, metavar="M", help="begin none after so long; 0: no limit")
    parser.add_argument(
        "--search",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUES",
        help="low..high, low..high:log or a,b,c of an option, such as learning_rate=1e-4..1e-2:log",
    )
    training_words(parser, rest)


def _distill(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    from biofm_desktop.engine.jobs import FitOptions
    from biofm_desktop.engine.options import add_flags

    parser.add_argument("run", metavar="RUN", help="the folder of the run that teaches")
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project; need not be labelled")
    parser.add_argument("--model", required=True, metavar="NAME", help="the model that learns")
    parser.add_argument("--out", required=True, metavar="RUN", help="a new folder")
    parser.add_argument(
        "--share", type=float, default=0.7, metavar="X", help="of the teacher beside labels; default 0.7"
    )
    parser.add_argument("--temperature", type=float, default=2.0, metavar="T", help="softness; default 2")
    _json_flag(parser, "events as lines of JSON")
    add_flags(parser, FitOptions)


def _estimate(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    _json_flag(parser, "figures as one line of JSON")
    _planned(parser, rest)


def _planned(parser: argparse.ArgumentParser, rest: Sequence[str]) -> None:
    """Add what says which training is meant."""
    from biofm_desktop.engine.jobs import FitOptions
    from biofm_desktop.engine.options import add_flags
    from biofm_desktop.engine.tasks import TASKS

    parser.add_argument("task", metavar="TASK", help=", ".join(TASKS.names))
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project")
    help_ = "see 'biofm list models'; or the folder of a pre-training"
    parser.add_argument("--model", required=True, action=ModelOrPretrained, metavar="NAME", help=help_)
    for flag, what in (("--freeze", "layers that stay as they are"), ("--train-only", "the only layers that learn")):
        parser.add_argument(
            flag, nargs="+", action="extend", default=[], metavar="PATTERN", help=f"{what}; see 'biofm list layers'"
        )
    add_flags(parser, FitOptions)
    task = next((word for word in rest if word in TASKS), None)
    if task is not None:
        add_flags(parser.add_argument_group(f"options of {task}"), TASKS[task])  # type: ignore[arg-type]
    else:
        parser.epilog = "Each task has options of its own: biofm train TASK --help"


def _steer(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("run", metavar="RUN", help="the folder of a run under way")
    parser.add_argument("--freeze", nargs="+", metavar="PATTERN", help="from now on these layers stay as they are")
    parser.add_argument("--train-all", action="store_true", help="from now on all layers learn")
    parser.add_argument("--learning-rate", type=float, metavar="X", help="the highest of the schedule, from now on")
    parser.add_argument("--epochs", type=int, metavar="N", help="how many it shall have in all")
    parser.add_argument(
        "--option", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="of the task's augmentation"
    )


def _continue(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("--epochs", type=int, default=0, metavar="N", help="so many more than it was meant to have")
    _json_flag(parser, "events as lines of JSON")
    _detach_flag(parser)


def _predict(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="file or folder")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument(
        "--as",
        dest="export",
        metavar="FORMAT",
        help="see 'biofm list exports'; default: label-tiff for masks, else csv",
    )
    parser.add_argument("--keys", nargs="+", action="extend", default=[], metavar="KEY", help="only these samples")
    parser.add_argument("--checkpoint", type=int, default=0, metavar="EPOCH", help="weights of that epoch")
    _device(parser)
    _json_flag(parser, "events as lines of JSON")


def _checkpoints(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("--use", type=int, metavar="EPOCH", help="let the run predict with it from now on")
    parser.add_argument("--delete", type=int, nargs="+", metavar="EPOCH", help="delete these")
    parser.add_argument("--compare", type=int, nargs=2, metavar="EPOCH", help="say how two differ")
    _json_flag(parser, "one line of JSON each")


def _hints(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    _json_flag(parser, "one line of JSON each")


def _evaluate(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("run", metavar="RUN", help="the folder of a run")
    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project, with labels")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="where metrics.json goes")
    parser.add_argument("--split", default="all", choices=("all", "train", "val", "test"), help="default: all")
    _device(parser)
    _json_flag(parser, "events as lines of JSON")


def _leaks(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    from biofm_desktop.engine.jobs import LeaksJob

    parser.add_argument("data", metavar="DATA", nargs="+", help="file, folder or project")
    for name, kind, what in (
        ("identity", float, "share of equal letters from which on sequences are held to be one"),
        ("seed", int, "of the split, where the data states none"),
        ("validation", float, "share set apart for validation, where the data states none"),
        ("test", float, "share set apart for testing, where the data states none"),
    ):
        default = getattr(LeaksJob, name)
        parser.add_argument(
            f"--{name}", type=kind, default=default, metavar=name.upper(), help=f"{what} (default {default})"
        )
    _json_flag(parser, "events as lines of JSON; the last one lists the pairs")


def _device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="default: auto")


def _inspect(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="*", help="file or folder")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="one line of JSON a path: path, verdict, message, value")
    how.add_argument(
        "--serve", action="store_true", help="read a path a line from stdin, answer each by a line of JSON"
    )


def _list(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("what", choices=LISTS)
    help_ = "for layers: the model; for models: a project, whose pre-trainings are listed too"
    parser.add_argument("of", metavar="MODEL|PROJECT", nargs="?", help=help_)
    _json_flag(parser, "a JSON list")


def _job(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("job", metavar="JOB.json", help="the job")
    parser.add_argument("--out", metavar="RUN", help="a new folder, in place of the job's own")
    _json_flag(parser, "events as lines of JSON")
    _detach_flag(parser)


def _jobs(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    from .background import ACTIONS

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "actions:\n" + "\n".join(f"  {name:<7}  {what}" for name, what in ACTIONS.items())
    parser.add_argument("action", choices=tuple(ACTIONS), metavar="ACTION", nargs="?", default="list", help="see below")
    parser.add_argument("run", metavar="RUN", nargs="?", default="", help="the folder of the run, or the job's name")
    _json_flag(parser, "a JSON list; for wait: events as lines of JSON")


def _project(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    from .projects import ACTIONS

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "actions:\n" + "\n".join(f"  {name:<12}  {what}" for name, what in ACTIONS.items())
    parser.add_argument("action", choices=tuple(ACTIONS), metavar="ACTION", help="see below")
    parser.add_argument("folder", metavar="PROJECT", help="the project's folder")
    parser.add_argument("--data", nargs="+", default=[], metavar="PATH", help="for new and relocate: the data")
    parser.add_argument("--copy", action="store_true", help="for new: copy the data into the project")
    parser.add_argument("--generation", default="", metavar="NAME", help="for restore: which saved state")
    parser.add_argument("--reason", default="", metavar="WORDS", help="for save: why")
    _json_flag(parser, "JSON")


def _doctor(parser: argparse.ArgumentParser, _: Sequence[str]) -> None:
    parser.add_argument("--quick", action="store_true", help="leave out the self-test in a child process")
    _json_flag(parser, "a JSON object")


_FILL: dict[str, Callable[[argparse.ArgumentParser, Sequence[str]], None]] = {
    "train": _train,
    "continue": _continue,
    "retrain": retrain_words,
    "pretrain": pretrain_words,
    "steer": _steer,
    "estimate": _estimate,
    "cross-validate": _cross_validate,
    "tune": _tune,
    "distill": _distill,
    "weights": weights_words,
    "predict": _predict,
    "checkpoints": _checkpoints,
    "hints": _hints,
    "evaluate": _evaluate,
    "suggest": suggest_words,
    "leaks": _leaks,
    "histogram": data_parsers.histogram,
    "learning-curve": data_parsers.learning_curve,
    "augment": data_parsers.augment,
    "inspect": _inspect,
    "list": _list,
    "project": _project,
    "clusters": clusters_words,
    "jobs": _jobs,
    "run": _job,
    "doctor": _doctor,
}
