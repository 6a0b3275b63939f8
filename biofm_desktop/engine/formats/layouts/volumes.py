"""A folder of volumes: ``X.nii.gz`` with its label ``X_mask.nii.gz``; an ``index.csv`` may give split and group."""

import re
from dataclasses import replace
from typing import Any, cast

from biofm_desktop.engine.samples import Dataset, ImageSample, Problem

from ..base import Layout
from ..entry import Entry, Tree
from ..keys import with_unique_keys
from ..masks import meaning_of, meant, with_mask
from ..reading import images_of
from ..side_tables import classes_of, index_of

_MASK = re.compile(r"(?P<stem>.+?)[_-](mask|masks|label|labels|seg|segmentation|gt)$", re.IGNORECASE)
_BARE_MASK = {"mask", "label", "labels", "seg", "segmentation"}
_MODALITY = re.compile(r"[_-](ct|mr|mri|pet|t1|t1ce|t1c|t2|flair|adc|dwi|\d{4})$", re.IGNORECASE)


class Volumes(Layout):
    """Volumes at the top of a folder, labels told by their ending; sets of one case stay in one group."""

    name, title = "volumes", "Volumes, labels named X_mask"

    def matches(self, tree: Tree) -> bool:
        """Say whether the files are NIfTI at the top and one of them is a label by its name."""
        volumes = _volumes(tree)
        return any(_label_of(entry, volumes) for entry in volumes.values())

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return the volumes; sizes that differ become problems."""
        index, classes = index_of(tree, problems), classes_of(tree, problems)
        volumes = _volumes(tree)
        labels = {entry: label for entry in volumes.values() if (label := _label_of(entry, volumes)) is not None}
        lonely = [e.name for e in volumes.values() if _MASK.fullmatch(e.stem) and e not in labels.values()]
        if lonely:
            problems.append(Problem(", ".join(lonely[:5]), "labels without an image of the same name were left out"))
        images = [e for e in volumes.values() if e not in labels.values() and e.name not in lonely]
        found: list[tuple[Entry, ImageSample]] = []
        for entry, sample in images_of(images, problems):
            case = _MODALITY.sub("", entry.stem)
            row = (index.row(entry) or index.row_named(case)) if index else None
            facts = index.facts(row) if index and row else {}
            sample = replace(sample, **cast("dict[str, Any]", {"group": case if case != entry.stem else "", **facts}))
            if entry in labels:
                sample = with_mask(sample, entry, labels[entry], problems)
            found.append((entry, sample))
        meaning = meaning_of(list(labels.values()), classes, False)
        samples = [meant(s, labels[e], meaning) if s.mask is not None else s for e, s in found]
        return Dataset(tree.name, with_unique_keys(samples), meaning.classes, meaning.instances, source=tree.root)


def _volumes(tree: Tree) -> dict[str, Entry]:
    return {e.stem: e for e in tree.entries if e.suffix == ".nii" and len(e.path.parts) == 1}


def _label_of(entry: Entry, volumes: dict[str, Entry]) -> Entry | None:
    """Return the label of a volume; of two files of which one is called mask, that one."""
    if _MASK.fullmatch(entry.stem) or entry.stem.lower() in _BARE_MASK:
        return None
    for stem, other in volumes.items():
        match = _MASK.fullmatch(stem)
        if match and match["stem"] in (entry.stem, entry.stem.removesuffix("_0000")):
            return other
    bare = [other for stem, other in volumes.items() if stem.lower() in _BARE_MASK]
    return bare[0] if bare and len(volumes) == 2 else None
