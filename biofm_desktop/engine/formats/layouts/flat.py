"""Files without an order: images without labels, or files of sequences."""

from collections import Counter

from biofm_desktop.engine.samples import Dataset, ImageSample, Problem, SequenceSample

from ..alphabet import guess
from ..base import Layout
from ..entry import Tree
from ..fasta import with_alphabet
from ..keys import with_unique_keys
from ..reading import read_each


class Flat(Layout):
    """Every file that can be opened, of the kind that most are of."""

    name, title = "flat", "Images without labels, or files of sequences"

    def matches(self, tree: Tree) -> bool:  # noqa: ARG002 - everything matches
        """Say yes: this is what is left."""
        return True

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return all samples of the kind that most files are of; the others become problems."""
        found = list(read_each(tree.entries, problems))
        kinds = Counter(type(sample) for _, sample in found)
        if len(kinds) > 1:
            most = kinds.most_common(1)[0][0]
            others = sorted({entry.name for entry, sample in found if type(sample) is not most})
            message = f"{len(others)} files are of another kind than the rest and were left out: open them apart"
            problems.append(Problem(", ".join(others[:5]), message))
            found = [(entry, sample) for entry, sample in found if type(sample) is most]
        samples = [sample for _, sample in found]
        if samples and isinstance(samples[0], SequenceSample):
            sequences = [sample for sample in samples if isinstance(sample, SequenceSample)]
            if len({sample.alphabet for sample in sequences}) > 1:
                samples = list(with_alphabet(sequences, guess(sample.letters for sample in sequences)))
        places = [entry.path for entry, _ in found] if samples and isinstance(samples[0], ImageSample) else []
        return Dataset(tree.name, with_unique_keys(samples, places), source=tree.root)
