"""What an export is: one kind of file that other programs open."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from biofm_desktop.engine.predictions import Prediction


class Export(ABC):
    """One result that a user can save. ``takes`` are the predictions it can hold.

    ``single`` says that all predictions go into one file (``path`` is that file); else ``path`` is a folder and each
    prediction becomes ``key + suffix`` in it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    suffix: ClassVar[str]
    takes: ClassVar[tuple[type, ...]]
    single: ClassVar[bool]

    @abstractmethod
    def write(self, predictions: Sequence[Prediction], path: Path) -> list[Path]:
        """Write through `engine.files` (room ``export``) and return the files written; raise `Fault` on failure."""
