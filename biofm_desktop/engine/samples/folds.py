"""Folds for cross-validation that keep groups together and classes in proportion."""

import warnings
from collections.abc import Sequence

from biofm_desktop.engine.faults import Fault

from .base import Sample


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
