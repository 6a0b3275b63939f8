"""What spoils learning from a table: rows that are doubled, labels that give nothing to learn or stand there twice."""

from collections import Counter
from collections.abc import Sequence

from biofm_desktop.engine.samples import Problem

from .left_out import quoted, some
from .table import Table

_MOST_CLASSES = 50  # a column of more values is a number or a name


def check_rows(table: Table, target: int | None, problems: list[Problem]) -> None:
    """Tell of rows that are equal, and of a column ``target`` that cannot be learnt or that another one gives away."""
    _tell_doubled(table, target, problems)
    if target is None:
        return
    cells = list(zip(*table.rows))
    labels = cells[target]
    classes = Counter(label.strip() for label in labels if label.strip())
    if len(classes) > _MOST_CLASSES or len(classes) == len(labels) > 1:
        return
    name = table.columns[target]
    if len(classes) == 1:
        message = (
            f"column {name} holds one class only ({quoted(next(iter(classes)))}): there is nothing to learn from it"
        )
        problems.append(Problem(table.entry.name, message))
    elif alone := [label for label, count in classes.items() if count == 1]:
        message = f"column {name}: a class of one row cannot be split for validation: {some(map(quoted, alone))}"
        problems.append(Problem(table.entry.name, message))
    copies = [c for place, c in enumerate(table.columns) if place != target and _same_parts(cells[place], labels)]
    if copies:
        message = f"column {name} can be told from another one alone, which would be learnt instead: {some(copies)}"
        problems.append(Problem(table.entry.name, message))


def _same_parts(cells: Sequence[str], labels: Sequence[str]) -> bool:
    """Say whether each value of one column goes with one of the other; in tables where that is no chance."""
    pairs = set(zip(cells, labels))
    values = len(set(labels))
    return 1 < len(pairs) == values == len(set(cells)) and 2 * values <= len(labels)


def _tell_doubled(table: Table, target: int | None, problems: list[Problem]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    equal: list[str] = []
    unlike: list[str] = []
    for number, row in enumerate(table.rows):
        rest = row if target is None else row[:target] + row[target + 1 :]
        first = seen.setdefault(rest, number)
        if first != number:
            same = target is None or table.rows[first][target] == row[target]
            (equal if same else unlike).append(f"{table.lines[first]} and {table.lines[number]}")
    if equal:
        message = f"{len(equal):,} rows are doubled: lines {some(equal, 3)}"
        problems.append(Problem(table.entry.name, message))
    if unlike:
        message = f"{len(unlike):,} rows are doubled with another label: lines {some(unlike, 3)}"
        problems.append(Problem(table.entry.name, message))
