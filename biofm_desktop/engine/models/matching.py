"""Which tensors of a file a network takes: name by name, by shapes alone. Knows no torch."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .layouts import Layout, layouts_of
from .wrappers import bare, prefixes

TAKEN, REMADE, MISSING, UNUSED = "taken", "re-made", "missing", "unused"
Shapes = Mapping[str, tuple[int, ...]]
_SHOWN = 4
#: Counters of batches: of no use to a network that starts anew.
_OPTIONAL = "num_batches_tracked"
#: Heads of published networks and of pre-trainings, and what belongs to their losses; no part of a body.
_HEADS = {"fc", "head", "heads", "classifier", "aux_classifier", "projector", "projection", "projection_head"}
_HEADS |= {"predictor", "prototypes", "last_layer", "criterion", "loss", "queue", "queue_ptr", "n_averaged"}
#: Below this share of the body, the file is of another network.
_NEARLY_NOTHING = 0.5


@dataclass(frozen=True)
class Row:
    """One tensor: what becomes of it (``state``), its names and shapes in the model and in the file (empty: none).

    ``part`` is ``head``, ``body``, or ``rest`` (beside a trunk); ``wrong`` says that the file cannot be used for
    this tensor's sake.
    """

    state: str
    ours: str
    theirs: str
    shape: tuple[int, ...] | None
    file_shape: tuple[int, ...] | None
    part: str = "body"
    wrong: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it for events and lists."""
        shapes = {"shape": _listed(self.shape), "file_shape": _listed(self.file_shape)}
        return {"state": self.state, "model": self.ours, "file": self.theirs, **shapes, "part": self.part,
                "wrong": self.wrong}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """The rows, in the order of the network, those of the file alone last; the layout that was seen and its prefix."""

    rows: tuple[Row, ...]
    layout: Layout
    prefix: str = ""

    def of(self, state: str) -> list[Row]:
        """Return the rows of a state."""
        return [row for row in self.rows if row.state == state]

    @property
    def taken(self) -> dict[str, str]:
        """Return the names of the tensors that are taken: ours, and the file's."""
        return {row.ours: row.theirs for row in self.of(TAKEN)}

    @property
    def fresh(self) -> list[str]:
        """Return the model's tensors that the file does not give."""
        return [row.ours for row in self.rows if row.state in (REMADE, MISSING)]

    @property
    def summary(self) -> str:
        """Return the match in a line."""
        own = [row for row in self.rows if row.ours]
        told = [f"{len(self.taken)} of {len(own)} tensors taken"]
        if self.fault:
            return told[0]
        for state, words in ((REMADE, "re-made"), (MISSING, "missing and started fresh")):
            if rows := self.of(state):
                told.append(f"{len(rows)} {words} ({_tops(rows)})")
        if unused := self.of(UNUSED):
            told.append(f"{len(unused)} of the file unused")
        return ", ".join(told)

    @property
    def source(self) -> str:
        """Return the layout and what stands before its names, in words."""
        return self.layout.title + (f" (names begin with {self.prefix!r})" if self.prefix else "")

    @property
    def fault(self) -> str:
        """Return why the file cannot be used (empty: it can)."""
        body = [row for row in self.rows if row.ours and row.part == "body"]
        wanted = [row for row in body if row.state == TAKEN or row.wrong]
        there = sum(row.state == TAKEN for row in wanted)
        if not there or there < _NEARLY_NOTHING * len(wanted):
            return f"it does not fit this model: {there} of {len(wanted)} tensors of its body are in the file and fit"
        wrong = {
            "are missing": [row.ours for row in self.of(MISSING) if row.wrong],
            "are surplus": [row.theirs for row in self.of(UNUSED) if row.wrong],
            "have another shape": [row.ours for row in self.of(REMADE) if row.wrong],
        }
        told = [f"{len(names)} tensors {words} ({some(names)})" for words, names in wrong.items() if names]
        return f"it does not fit this model: {'; '.join(told)}" if told else ""

    @property
    def hopeless(self) -> bool:
        """Say whether so little fits that the file is of another network."""
        return bool(self.fault) and ";" not in self.fault and "of its body" in self.fault


@dataclass(frozen=True)
class Wanted:
    """The network's tensors, and what of it must be in a file: all but the ``head``; of a file of the ``trunk`` alone
    only that; ``partial``: what is there. ``new_head`` says that the head is made anew also where it would fit.
    ``model`` names the network, which decides the layouts that are looked for."""

    shapes: Shapes
    head: str
    trunk: str = ""
    model: str = ""
    partial: bool = False
    new_head: bool = False

    def part(self, name: str, *, alone: bool) -> str:
        """Return the part of a tensor; ``alone`` says that the file knows the trunk alone."""
        if name.startswith(self.head + "."):
            return "head"
        return "rest" if alone and not name.startswith(self.trunk + ".") else "body"


def match(wanted: Wanted, given: Shapes) -> Match:
    """Return what becomes of each tensor, in the layout and under the prefix in which most fit."""
    known, layout, prefix = _best(wanted, given)
    parts = {name.split(".")[0] for name in wanted.shapes}
    alone = bool(wanted.trunk) and parts & {name.split(".")[0] for name in known} == {wanted.trunk}

    rows = list(_own_rows(wanted, given, known, layout, alone=alone))
    used = {theirs for name, theirs in known.items() if name in wanted.shapes}
    inside = {theirs: name for name, theirs in known.items()}
    for theirs, shape in given.items():
        if theirs not in used:
            name = inside.get(theirs, "")  # empty: beside the network
            part = wanted.part(name, alone=alone) if name else "rest"
            loose = part != "body" or theirs.endswith(_OPTIONAL) or _is_head(name, parts)
            rows.append(Row(UNUSED, "", theirs, None, shape, part, wrong=not loose))
    return Match(tuple(rows), layout, prefix)


def _own_rows(wanted: Wanted, given: Shapes, known: Mapping[str, str], layout: Layout, *, alone: bool) -> Iterator[Row]:
    first = next(iter(wanted.shapes), "")
    for name, shape in wanted.shapes.items():
        theirs, part = known.get(name, ""), wanted.part(name, alone=alone)
        if not theirs:
            if not name.endswith(_OPTIONAL):
                yield Row(MISSING, name, "", shape, None, part, wrong=part == "body" and not wanted.partial)
        elif layout.fits(name, given[theirs], shape) and not (part == "head" and wanted.new_head):
            yield Row(TAKEN, name, theirs, shape, given[theirs], part)
        else:
            other = part != "body" or (name == first and _other_channels(given[theirs], shape))
            yield Row(REMADE, name, theirs, shape, given[theirs], part, wrong=not other)


def _best(wanted: Wanted, given: Shapes) -> tuple[dict[str, str], Layout, str]:
    """Return our names of the file's tensors with theirs, as the layout and the prefix have it that fit best."""
    layouts = layouts_of(wanted.model)
    best, found, most = (layouts[0], ""), _renamed(given, layouts[0], ""), -1
    for prefix in prefixes(map(bare, given)):
        inside = [name for name in given if bare(name).startswith(prefix)]
        if len(inside) <= most:
            continue
        for layout in layouts:
            known = _renamed(inside, layout, prefix)
            shapes = wanted.shapes
            fitting = sum(n in shapes and layout.fits(n, given[theirs], shapes[n]) for n, theirs in known.items())
            if fitting > most:
                best, found, most = (layout, prefix), known, fitting
    return found, *best


def _renamed(names: Iterable[str], layout: Layout, prefix: str) -> dict[str, str]:
    """Return what lies under a prefix, by our names; what the layout does not know keeps its own."""
    found: dict[str, str] = {}
    for theirs in names:
        inner = bare(theirs)[len(prefix) :]
        found.setdefault(layout.ours(inner) or inner, theirs)
    return found


def _is_head(name: str, parts: set[str]) -> bool:
    """Say whether a surplus tensor is of a head that the network has not."""
    top = name.split(".")[0]
    return top in _HEADS and top not in parts


def _other_channels(given: tuple[int, ...], own: tuple[int, ...]) -> bool:
    """Say whether two first layers differ by the channels of the pictures alone."""
    return len(given) == len(own) > 1 and given[0] == own[0] and given[2:] == own[2:]


def some(names: list[str]) -> str:
    """Return the first of many names."""
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _tops(rows: list[Row]) -> str:
    return some(list(dict.fromkeys(_place(row) for row in rows)))


def _place(row: Row) -> str:
    if row.part == "head":
        return "head"
    return row.ours.split(".")[0] if row.part == "rest" else row.ours.rpartition(".")[0]


def _listed(shape: tuple[int, ...] | None) -> list[int] | None:
    return None if shape is None else list(shape)
