"""What a format and a layout are: a format knows a file by content, a layout knows a set of files by its order."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from biofm_desktop.engine.samples import Dataset, Problem, Sample

from .entry import Entry, Tree


class Format(ABC):
    """One file format. ``suffixes`` are lower case with the dot; ``takes`` is the kind of sample that it holds."""

    name: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    takes: ClassVar[type[Sample]]

    @abstractmethod
    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether a file is of this format, by its first 4096 bytes (gzip is taken off already)."""

    @abstractmethod
    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[Sample]:
        """Give the file's samples one by one, pixels unread; add what a user should know to ``problems``.

        Keys need not be unique yet. Raises `Fault` naming the file, the place and the fault where it cannot be read.
        """

    def classes(self, entry: Entry) -> tuple[str, ...]:
        """Return the names of the classes in their order where the file or its kind states them."""
        return ()


class Layout(ABC):
    """One way in which people lay out a folder, an archive or several files."""

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def matches(self, tree: Tree) -> bool:
        """Say by names alone whether the files are laid out like this."""

    @abstractmethod
    def read(self, tree: Tree, problems: list[Problem]) -> Dataset:
        """Return the samples, pixels unread; a file that cannot be read becomes a problem.

        Keys need not be unique yet. Raises `Fault` where nothing can be opened.
        """
