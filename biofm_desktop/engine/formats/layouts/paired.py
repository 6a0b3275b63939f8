"""``images/`` beside ``labels/`` or ``masks/``: files of the same stem belong together."""

from dataclasses import replace
from typing import Any, cast

from biofm_desktop.engine.samples import Dataset, Problem

from ..base import Layout
from ..entry import Entry, Tree
from ..groups import group_of
from ..keys import with_unique_keys
from ..masks import meaning_of, meant, with_mask
from ..reading import images_of
from ..side_tables import classes_of, index_of
from ..splits import split_named

_IMAGES = {"images", "image", "imgs", "img", "imagestr", "imagests"}
LABELS = {"labels", "label", "masks", "mask", "labelstr", "labelsts", "segmentations", "annotations"}
_ENDINGS = ("_mask", "_masks", "_label", "_labels", "_seg", "-mask", "_segmentation")
_SHOWN = 5


class Paired(Layout):
    """Images with a label picture each; an ``index.csv`` may give splits, a ``classes.csv`` the names of values."""

    name, title = "paired", "Folders images and labels (or masks)"

    def matches(self, tree: Tree) -> bool:
        """Say whether there is a folder of images and one of labels, at the top or one below."""
        found = {_role(entry) for entry in tree.entries}
        return "image" in found and "label" in found

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return the images; a label without an image and sizes that differ become problems."""
        index, classes = index_of(tree, problems), classes_of(tree, problems)
        labels = {_pair(entry): entry for entry in tree.entries if _role(entry) == "label"}
        used: dict[Entry, None] = {}
        found: list[tuple[Entry, Any]] = []
        for entry, sample in images_of([e for e in tree.entries if _role(e) == "image"], problems):
            row = index.row(entry) if index else None
            facts = index.facts(row) if index and row else {}
            sample = replace(
                sample, **cast("dict[str, Any]", {"split": _split(entry), "group": group_of(entry), **facts})
            )
            label = labels.get(_pair(entry))
            if label is not None:
                sample = with_mask(sample, entry, label, problems)
                used[label] = None
            found.append((entry, sample))
        _tell_lonely([label for label in labels.values() if label not in used], problems)
        meaning = meaning_of(list(used), classes, index is not None and index.counts_objects)
        samples = [meant(s, labels[_pair(e)], meaning) if s.mask is not None else s for e, s in found]
        keyed = with_unique_keys(samples, [entry.path for entry, _ in found])
        return Dataset(tree.name, keyed, meaning.classes, meaning.instances, source=tree.root)


def _role_at(entry: Entry) -> int | None:
    parts = entry.path.parts[:-1][:2]
    return next((i for i, part in enumerate(parts) if part.lower() in _IMAGES | LABELS), None)


def _role(entry: Entry) -> str:
    at = _role_at(entry)
    return "" if at is None else "image" if entry.path.parts[at].lower() in _IMAGES else "label"


def _split(entry: Entry) -> str:
    return next((split for part in entry.path.parts[:-1] if (split := split_named(part))), "")


def _pair(entry: Entry) -> tuple[str, ...]:
    """Return what an image and its label have in common: the other folders and the stem."""
    at = _role_at(entry)
    parts = entry.path.parts
    own = parts[at].lower() if at is not None else ""
    which = split_named(own) if own.endswith(("tr", "ts")) else ""
    stem = entry.stem
    if own in LABELS:
        stem = next((stem[: -len(e)] for e in _ENDINGS if stem.lower().endswith(e)), stem)
    elif own.startswith("imagest"):
        stem = stem.removesuffix("_0000")  # nnU-Net's mark of the first channel
    return (which, *(part for i, part in enumerate(parts[:-1]) if i != at), stem)


def _tell_lonely(labels: list[Entry], problems: list[Problem]) -> None:
    if labels:
        names = ", ".join(label.name for label in labels[:_SHOWN]) + (" ..." if len(labels) > _SHOWN else "")
        problems.append(Problem(names, f"{len(labels)} labels have no image of the same name and were left out"))
