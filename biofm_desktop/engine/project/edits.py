"""What the user did, so that it can be undone: each edit knows the state before and after."""

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from biofm_desktop.engine.samples import Feature, Region


class Slot(Enum):
    """What of the project an edit changes, apart from masks."""

    CLASSES = "classes"
    TARGET = "targets"
    SPLIT = "splits"
    FEATURES = "features"
    REGIONS = "regions"
    COLUMNS = "columns"


class Absent(Enum):
    """The state of a slot that the user never corrected: the data's own value stands."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True)
class Change:
    """One slot of one sample, before and after."""

    slot: Slot
    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Edit:
    """An edit of the history: its row in the journal, when it was made, what it was and what it was made to.

    ``key`` is empty where several samples were changed; ``painted`` are the samples whose masks it changes.
    """

    number: int
    made: float
    text: str
    key: str
    painted: tuple[str, ...] = ()
    plain: bool = True


def to_json(change: Change) -> dict[str, Any]:
    """Return a change in JSON values."""
    return {
        "slot": change.slot.value,
        "key": change.key,
        "before": _state_to_json(change.before),
        "after": _state_to_json(change.after),
    }


def from_json(values: dict[str, Any]) -> Change:
    """Return the change that `to_json` wrote; raise `ValueError`, `KeyError` or `TypeError` where it is broken."""
    slot = Slot(values["slot"])
    states = [_state_from_json(slot, values[name]) for name in ("before", "after")]
    return Change(slot, str(values["key"]), *states)


def _state_to_json(state: Any) -> dict[str, Any]:
    if state is ABSENT:
        return {}
    if isinstance(state, tuple):
        state = [asdict(part) if isinstance(part, Feature | Region) else part for part in state]
    return {"is": state}


def _state_from_json(slot: Slot, values: dict[str, Any]) -> Any:
    if "is" not in values:
        return ABSENT
    state = values["is"]
    match slot:
        case Slot.FEATURES:
            return tuple(_feature(part) for part in state)
        case Slot.REGIONS:
            return tuple(_region(part) for part in state)
        case Slot.CLASSES:
            return tuple(map(str, state))
    return state


def _feature(values: dict[str, Any]) -> Feature:
    parts = tuple((int(start), int(end)) for start, end in values.pop("parts", ()))
    return Feature(**values, parts=parts)


def _region(values: dict[str, Any]) -> Region:
    points = tuple((float(x), float(y)) for x, y in values.pop("points"))
    holes = tuple(tuple((float(x), float(y)) for x, y in ring) for ring in values.pop("holes", ()))
    runs = tuple(int(run) for run in values.pop("runs", ()))
    return Region(**values, points=points, holes=holes, runs=runs)
