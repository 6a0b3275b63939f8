"""Folds for cross-validation that keep groups together and classes in proportion."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from biofm_desktop.engine.faults import Fault

from .base import Sample
from .facts import cells_of


def folds_of(samples: Sequence[Sample], count: int, seed: int) -> list[set[str]]:
    """Return the keys of each fold's validation samples; each sample is in one fold, test samples in none.

    Samples of one ``group`` are in one fold; classes keep their proportions as far as groups allow (scikit-learn's
    StratifiedGroupKFold, GroupKFold for targets that are no classes). Raises `Fault` where there are fewer groups than
    folds.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    used = [sample for sample in samples if sample.split != "test"]
    groups = [sample.group or f"\0{sample.key}" for sample in used]
    distinct = len(set(groups))
    if not 2 <= count <= distinct:
        what = "groups" if any(sample.group for sample in used) else "samples"
        raise Fault(
            f"{count} folds", f"the data have {distinct} {what} to learn from", f"Take from 2 to {distinct} folds"
        )
    classes = [str(sample.target) for sample in used]
    by_class = all(isinstance(sample.target, str) for sample in used)
    splitter = (
        StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        if by_class
        else GroupKFold(count, shuffle=True, random_state=seed)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer samples than folds: it is in some of them
        parts = [{used[i].key for i in held} for _, held in splitter.split(used, classes, groups)]
    return [part for part in parts if part]


def groupings(samples: Sequence[Sample]) -> dict[str, int]:
    """Return by what samples can be grouped, with the number of groups: columns whose values come again and again.

    Under the empty name stand the groups that the data state themselves, where they do.
    """
    used = [sample for sample in samples if sample.split != "test"]
    stated = {sample.group for sample in used if sample.group}
    met: dict[str, Counter[str]] = {}
    for sample in used:
        for name, cell in cells_of(sample).items():
            if cell:
                met.setdefault(name, Counter())[cell] += 1
    found = {name: len(values) for name, values in met.items() if 2 <= len(values) < sum(values.values())}
    return ({"": len(stated)} if stated else {}) | found


def grouped_by(samples: Sequence[Sample], column: str) -> tuple[Sample, ...]:
    """Return the samples with the cells of a column as their groups; raise `Fault` where none has such a cell."""
    made = tuple(replace(sample, group=cells_of(sample).get(column, "")) for sample in samples)
    if not any(sample.group for sample in made):
        known = ", ".join(name for name in groupings(samples) if name)
        raise Fault(f"column {column!r}", "no sample has a value in it", f"Name one of: {known}" if known else "")
    return made
