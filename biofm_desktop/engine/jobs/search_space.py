"""Which options a search tries, and in which range: read from a user's words, checked against the options."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options import DataOptions, RunningOptions
from biofm_desktop.engine.options import OptionSpec, specs
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Task

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

#: What is searched where the user names nothing.
USUAL = ("learning_rate=0.0001..0.02:log", "weight_decay=0.001..0.2:log", "batch_size=8,16,32,64")
#: Ranges that have proved sensible, for options whose bounds are too wide to be searched.
_SENSIBLE = {word.partition("=")[0]: word.partition("=")[2] for word in USUAL} | {
    "epochs": "5..50",
    "warm_up": "0..0.5",
    "clip": "0.5,1,5",
    "accumulate": "1,2,4",
    "ema": "0,0.9,0.99",
    "views": "1,4,16",
    "layer_decay": "0.5..1",
    "pull_to_start": "0.0001..0.1:log",
    "adapter_rank": "4,8,16,32",
    "rotate": "0..45",
    "blur": "0..2",
    "elastic": "0..0.5",
    "noise": "0..0.1",
    "size": "64,128,224",
    "crop": "64,128,256",
    "length": "64,256,1024",
    "move": "0,2,8",
}
#: These decide what is compared, or how it is computed, not how well it is learnt.
_NOT_SEARCHED = {spec.name for of in (DataOptions, RunningOptions) for spec in specs(of)} | {"seed", "device", "tune"}
_WAY_OUT = "Write name=low..high, name=low..high:log or name=a,b,c, such as learning_rate=1e-4..1e-2:log"


@dataclass(frozen=True)
class Dimension:
    """One option and what it may be: ``choices``, or from ``low`` to ``high`` (evenly in its logarithm: ``log``)."""

    spec: OptionSpec
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """Return the option's name."""
        return self.spec.name

    def suggested(self, trial: "BaseTrial") -> Any:
        """Return the value that a trial shall try."""
        if self.choices:
            return trial.suggest_categorical(self.name, self.choices)
        if self.spec.type is int:
            return trial.suggest_int(self.name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(self.name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Offer:
    """An option that can be searched, and values to try where the user names none; ``usual`` ones are searched then."""

    spec: OptionSpec
    values: str
    usual: bool

    def word(self, values: str = "") -> str:
        """Return what `space_of` reads, with the user's values in place of ours."""
        return f"{self.spec.name}={values or self.values}"


def offers(task: type[Task]) -> list[Offer]:
    """Return what can be searched for a task: options of the training, then those of the task."""
    usual = {word.partition("=")[0] for word in USUAL}
    found = [spec for of in (FitOptions, task) for spec in specs(of) if spec.name not in _NOT_SEARCHED]
    made = [Offer(spec, _sensible(spec), spec.name in usual) for spec in found]
    return sorted((offer for offer in made if offer.values), key=lambda offer: not offer.usual)


def _sensible(spec: OptionSpec) -> str:
    """Return values worth trying; empty where there is no telling."""
    if spec.name in _SENSIBLE:
        return _SENSIBLE[spec.name]
    if spec.choices:
        return ",".join(map(str, spec.choices))
    if spec.type is bool:
        return "no,yes"
    bounded = spec.type is float and spec.low is not None and spec.high is not None
    return f"{spec.low:g}..{spec.high:g}" if bounded else ""


def space_of(words: Sequence[str], task: type[Task]) -> tuple[list[Dimension], set[str]]:
    """Return what to search, and which of it are options of the task.

    Raises `Fault` for words that name no option, or values that it cannot have.
    """
    own = {spec.name: spec for spec in specs(task)}
    known = {spec.name: spec for spec in specs(FitOptions)} | own
    made = [_dimension(word, known) for word in words or USUAL]
    if len({dimension.name for dimension in made}) < len(made):
        raise Fault("search", "an option is named twice", "Name each once")
    return made, {dimension.name for dimension in made if dimension.name in own}


def _dimension(word: str, known: dict[str, OptionSpec]) -> Dimension:
    name, sign, values = word.partition("=")
    name = name.strip().removeprefix("--").replace("-", "_")
    if not sign or not values.strip():
        raise Fault(f"search {word!r}", "it is no name=values", _WAY_OUT)
    if name not in known:
        raise Fault(f"search {word!r}", "there is no option of this name", f"Known are {', '.join(known)}")
    spec = known[name]
    low, dots, high = values.partition("..")
    if not dots:
        parts = [part.strip() for part in values.split(",")]
        return Dimension(spec, choices=tuple(spec.check(part) for part in parts))
    high, _, scale = high.partition(":")
    if spec.type not in (int, float) or scale not in ("", "log"):
        raise Fault(f"search {word!r}", "it has no range of numbers", _WAY_OUT)
    ends = float(spec.check(low)), float(spec.check(high))
    if not ends[0] < ends[1] or (scale and ends[0] <= 0) or not all(map(math.isfinite, ends)):
        raise Fault(f"search {word!r}", "its range is empty, or reaches 0 on a logarithmic scale", _WAY_OUT)
    return Dimension(spec, *ends, log=bool(scale))
