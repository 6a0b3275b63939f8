"""Changes that the user asks for while the training goes on: frozen layers, learning rate, augmentation, epochs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from biofm_desktop.engine.events import Changed
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.models.layers import frozen_in, layer_modules
from biofm_desktop.engine.options import specs
from biofm_desktop.engine.recipes import FitOptions
from biofm_desktop.engine.tasks import Task

#: Options of a task in this group say how samples are changed by chance; they may change at any step.
AUGMENTATION = "Augmentation"
Wish = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A wish that was found good: each part is None where it stays as it is."""

    frozen: frozenset[str] | None = None
    learning_rate: float | None = None
    task: Task | None = None
    epochs: int | None = None
    words: str = ""


class Steering:
    """The wishes for a training, as they come (``wishes``) or as they came before it broke off (``earlier``)."""

    def __init__(self, wishes: Callable[[], Sequence[Wish]] = list, earlier: Iterable[Changed] = ()) -> None:
        self._wishes = wishes
        self._earlier = sorted(earlier, key=lambda change: change.step)
        self._put_off: list[Wish] = []

    def skip(self, count: int) -> None:
        """Leave out so many of the earlier changes: the state that it goes on from holds them."""
        self._earlier = self._earlier[count:]

    def due(self, step: int) -> list[Wish]:
        """Return the changes to make after so many steps, and whether to wait or to stop then."""
        due = [change.values for change in self._earlier if change.step <= step]
        self._earlier = [change for change in self._earlier if change.step > step]
        posted = [*self._put_off, *self._wishes()]
        self._put_off = []
        asked = [wish["change"] for wish in posted if isinstance(wish.get("change"), dict)]
        halts = [word for wish in posted for word in ("pause", "resume") if wish.get(word)]
        asked += [{"pause": True}] if halts[-1:] == ["pause"] else []
        return due + asked + ([{"stop": True}] if any(wish.get("stop") for wish in posted) else [])

    def put_off(self, due: Sequence[Wish]) -> None:
        """Give changes that were due back at the next asking."""
        self._put_off += [wish if wish.get("stop") or wish.get("pause") else {"change": wish} for wish in due]

    def halted(self) -> bool:
        """Say whether a training that waits is still to wait; what else is asked of it meanwhile is done afterwards."""
        posted = list(self._wishes())
        self._put_off += [wish for wish in posted if wish.get("stop") or isinstance(wish.get("change"), dict)]
        return not any(wish.get("stop") or wish.get("resume") for wish in posted)


def change_of(wish: Wish, task: Task, network: nn.Module) -> Change:
    """Return the change that a wish means: ``freeze`` (patterns), ``learning_rate``, ``epochs``, ``task`` (options).

    Raises `Fault` for what cannot be changed now.
    """
    surplus = sorted(set(wish) - {"freeze", "learning_rate", "task", "epochs"})
    if surplus:
        raise Fault(
            f"change of {', '.join(surplus)}",
            "it cannot be changed while the training goes on",
            "Change freeze, learning_rate, epochs or options of the augmentation; or start a new training",
        )
    known = {spec.name: spec for spec in specs(FitOptions)}
    words, made = list[str](), Change()
    if "freeze" in wish:
        frozen, layers = frozenset(frozen_in(network, tuple(wish["freeze"]))), layer_modules(network)
        made = replace(made, frozen=frozen)
        words.append(f"{len(set(layers) - frozen)} of {len(layers)} layers learn")
    if "learning_rate" in wish:
        rate = known["learning_rate"].check(wish["learning_rate"])
        if not rate:
            raise Fault("change of learning_rate", "0 would learn nothing", "Give a number above 0")
        made = replace(made, learning_rate=rate)
        words.append(f"highest learning rate {rate:g}")
    if "epochs" in wish:
        epochs = known["epochs"].check(wish["epochs"])
        made = replace(made, epochs=max(1, epochs))
        words.append(f"{max(1, epochs)} epochs")
    if "task" in wish:
        made = replace(made, task=_augmented(task, wish["task"]))
        words.append(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in wish["task"].items()))
    return replace(made, words="; ".join(words))


def _augmented(task: Task, values: Wish) -> Task:
    free = {spec.name: spec for spec in specs(type(task)) if spec.group == AUGMENTATION}
    for name in values:
        if name not in free:
            raise Fault(
                f"change of {name}",
                "only options of the augmentation can change while the training goes on",
                f"Those are {', '.join(free) or 'none for this task'}",
            )
    return replace(task, **{name: free[name].check(value) for name, value in values.items()})
