"""What a format is: it knows its files by content and turns each into samples."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from biofm_desktop.engine.samples import Problem, Sample


class Format(ABC):
    """One file format. ``suffixes`` are lower case with the dot; ``takes`` is the kind of sample that it holds."""

    name: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    takes: ClassVar[type[Sample]]

    @abstractmethod
    def sniff(self, path: Path, head: bytes) -> bool:
        """Say whether a file is of this format, by its first 4096 bytes (gzip is taken off already)."""

    @abstractmethod
    def read(self, path: Path, problems: list[Problem]) -> Iterator[Sample]:
        """Give the file's samples one by one, pixels unread; add what a user should know to ``problems``.

        Raises `Fault` naming the file, the place and the fault where it cannot be read.
        """
