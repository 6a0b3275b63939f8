"""Loops in what should be a tree of kinds."""

from collections.abc import Iterable, Mapping, Sequence

from biofm_desktop.engine.samples import Edge, Problem

from .entry import Entry, shown
from .left_out import some

_KIND_OF = {"is_a", "isa", "part_of", "subclass_of"}


def tell_loops(entry: Entry, edges: Iterable[Edge], problems: list[Problem]) -> None:
    """Tell where a term is, by way of others, a kind of itself."""
    above: dict[str, list[str]] = {}
    for edge in edges:
        if edge.relation.lower() in _KIND_OF:
            above.setdefault(edge.source, []).append(edge.target)
    if loop := loop_in(above):
        problems.append(Problem(entry.name, f"its terms form a loop: {some(map(shown, loop), 10)}"))


def loop_in(above: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the members of one loop, the first again at the end; empty where there is none."""
    done: set[str] = set()
    for begin in above:
        path: list[str] = []
        places: dict[str, int] = {}
        waiting = [(begin, iter(above.get(begin, ())))] if begin not in done else []
        if waiting:
            path, places = [begin], {begin: 0}
        while waiting:
            here, rest = waiting[-1]
            following = next(rest, None)
            if following is None:
                waiting.pop()
                path.pop()
                del places[here]
                done.add(here)
            elif following in places:
                return [*path[places[following] :], following]
            elif following not in done:
                places[following] = len(path)
                path.append(following)
                waiting.append((following, iter(above.get(following, ()))))
    return []
