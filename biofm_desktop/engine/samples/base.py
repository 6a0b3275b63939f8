"""What every sample has."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Grain(Enum):
    """How finely a task asks and a model answers."""

    SAMPLE = "sample"
    REGION = "region"
    PIXEL = "pixel"
    LETTER = "letter"
    TOKEN = "token"


@dataclass(frozen=True, eq=False, kw_only=True)
class Sample:
    """One thing to learn from or to predict.

    ``key`` is unique in its dataset and serves as a file name's stem in exports. ``target`` is the class name or the
    number to learn (None: not labelled). ``group`` (patient, slide, family) keeps samples on one side of a split.
    ``split`` is ``train``, ``val``, ``test`` or empty. ``columns`` holds further cells of a table's row, as text.
    """

    key: str
    target: str | float | None = None
    group: str = ""
    split: str = ""
    source: Path | None = None
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def labelled(self) -> bool:
        """Say whether there is something to learn from this sample."""
        return self.target is not None
