"""Files without an order: images without labels, or files of sequences."""

from collections import Counter
from dataclasses import replace

from biofm_desktop.engine.samples import Dataset, ImageSample, Problem, SequenceSample, TableSample

from ..base import Layout
from ..entry import Tree
from ..groups import group_of
from ..keys import with_unique_keys
from ..reading import is_image_name, read_each
from ..table import TABLES

_TABLES = (*TABLES, ".xlsx", ".xlsm")


class Flat(Layout):
    """Every file that can be opened, of the kind that most are of."""

    name, title = "flat", "Images without labels, or files of sequences"

    def matches(self, tree: Tree) -> bool:
        """Say yes: this is what is left."""
        return True

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return all samples of the kind that most files are of; the others become problems."""
        entries = tree.entries
        if any(is_image_name(entry) for entry in entries):  # a table among images is about them
            entries = tuple(entry for entry in entries if entry.suffix not in _TABLES)
        found = list(read_each(entries, problems))
        if any(not isinstance(sample, TableSample) for _, sample in found):  # likewise among other data
            found = [(entry, sample) for entry, sample in found if not isinstance(sample, TableSample)]
        kinds = Counter(type(sample) for _, sample in found)
        if len(kinds) > 1:
            most = kinds.most_common(1)[0][0]
            others = sorted({entry.name for entry, sample in found if type(sample) is not most})
            message = f"{len(others)} files are of another kind than the rest and were left out: open them apart"
            problems.append(Problem(", ".join(others[:5]), message))
            found = [(entry, sample) for entry, sample in found if type(sample) is most]
        samples = [sample if sample.group else replace(sample, group=group_of(entry)) for entry, sample in found]
        alphabets = sorted({sample.alphabet for sample in samples if isinstance(sample, SequenceSample)})
        if len(alphabets) > 1:
            message = f"its files hold sequences of different kinds: {', '.join(alphabets)}"
            problems.append(Problem(tree.name, message))
        tables = {sample.table.names for sample in samples if isinstance(sample, TableSample)}
        if len(tables) > 1:
            problems.append(Problem(tree.name, f"its tables have {len(tables)} different sets of columns"))
        places = [entry.path for entry, _ in found] if samples and isinstance(samples[0], ImageSample) else []
        return Dataset(tree.name, with_unique_keys(samples, places), source=tree.root)
