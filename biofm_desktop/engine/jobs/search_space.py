"""Which options a search tries, and in which range: read from a user's words, checked against the options."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import OptionSpec, specs
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Task

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

#: What is searched where the user names nothing.
USUAL = ("learning_rate=0.0001..0.02:log", "weight_decay=0.001..0.2:log", "batch_size=8,16,32,64")
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
