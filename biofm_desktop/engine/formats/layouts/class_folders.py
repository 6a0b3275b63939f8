"""A folder a class, perhaps below train, val and test."""

from dataclasses import replace
from pathlib import PurePosixPath

from biofm_desktop.engine.samples import Dataset, Problem

from ..base import Layout
from ..entry import Entry, Tree
from ..groups import group_of_folders, is_group_folder
from ..keys import with_unique_keys
from ..reading import images_of, is_image_name
from ..side_tables import classes_of
from ..splits import split_named


class ClassFolders(Layout):
    """``class/file`` or ``split/class/file``: the folder's name is what is to be learnt.

    One more folder called like a patient, slide or animal (``patient_07``), above or below the class, is the group.
    """

    name, title = "class-folders", "A folder for each class"

    def matches(self, tree: Tree) -> bool:
        """Say whether all images lie in at least two class folders, or in class folders below a split."""
        places = [_place(entry.path) for entry in tree.entries if is_image_name(entry)]
        known = [place for place in places if place is not None]
        if not known or len(known) < len(places):
            return False
        if all(is_group_folder(name) for _, name in known):  # whose the pictures are, not what they show
            return False
        return len({name for _, name in known}) > 1 or any(split for split, _ in known)

    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return the images with their folder as target; classes in the order of ``classes.csv`` or of the alphabet."""
        samples = []
        places = []
        for entry, sample in images_of(_inside(tree), problems):
            split, target = _place(entry.path) or ("", "")
            samples.append(replace(sample, target=target, split=split, group=_group(entry.path, target)))
            places.append(entry.path)
        met = sorted({str(sample.target) for sample in samples})
        stated = classes_of(tree, problems)
        classes = stated if set(met) <= set(stated) else tuple(met)
        return Dataset(tree.name, with_unique_keys(samples, places), classes, source=tree.root)


def _inside(tree: Tree) -> list[Entry]:
    return [entry for entry in tree.entries if _place(entry.path) is not None]


def _place(path: PurePosixPath) -> tuple[str, str] | None:
    """Return split and class by the folders of a file; None where it lies elsewhere."""
    folders = path.parts[:-1]
    group = group_of_folders(folders)
    rest = tuple(name for name in folders if name != group)
    return _by_folders(folders) or (_by_folders(rest) if group else None)


def _group(path: PurePosixPath, target: str) -> str:
    return group_of_folders(name for name in path.parts[:-1] if name != target)


def _by_folders(folders: tuple[str, ...]) -> tuple[str, str] | None:
    if len(folders) == 1 and not split_named(folders[0]):
        return "", folders[0]
    if len(folders) == 2 and split_named(folders[0]):
        return split_named(folders[0]), folders[1]
    if len(folders) == 2 and split_named(folders[1]):
        return split_named(folders[1]), folders[0]
    return None
