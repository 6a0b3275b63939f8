"""From paths to data: the samples of files, or those of a project with the user's corrections."""

from collections.abc import Sequence
from pathlib import Path

from biofm_desktop.engine.samples import Dataset

from .database import DATABASE


def load(paths: Sequence[Path]) -> Dataset:
    """Return what the paths hold; a project folder gives its data with the user's corrections laid over.

    Raises `Fault` where they cannot be opened.
    """
    if len(paths) == 1 and is_project(paths[0]):
        from .project import Project

        return Project.open(paths[0], write=False).dataset
    return open_sources(paths)


def open_sources(paths: Sequence[Path]) -> Dataset:
    """Return what is at the paths, without corrections."""
    from biofm_desktop.engine.opening import open_paths  # readers are not imported before something is opened

    return open_paths(paths)


def is_project(path: Path) -> bool:
    """Say whether a path is the folder of a project, or its database."""
    return (path / DATABASE).is_file() or (path.name == DATABASE and path.is_file())
