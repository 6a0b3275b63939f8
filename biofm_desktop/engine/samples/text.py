"""A text with marked stretches."""

from dataclasses import dataclass

from .base import Sample


@dataclass(frozen=True)
class Span:
    """A stretch of a text that names something: half-open, counted in letters (not bytes) from 0."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, eq=False, kw_only=True)
class TextSample(Sample):
    """A note, a sentence or a record; ``text`` as in the file, its line ends too, so that ``spans`` stay right."""

    text: str
    spans: tuple[Span, ...] = ()

    @property
    def labelled(self) -> bool:
        """Say whether there is a class or a marked stretch to learn from."""
        return self.target is not None or bool(self.spans)

    def __len__(self) -> int:
        return len(self.text)
