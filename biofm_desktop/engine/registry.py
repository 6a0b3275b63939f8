"""A named, ordered list of the things a room offers."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar

from .faults import Fault


class Named(Protocol):
    """Anything with a name to find it by."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """An explicit list whose entries are found by name; it refuses doubles and suggests near names."""

    def __init__(self, kind: str, entries: Sequence[T]) -> None:
        self.kind, self._entries = kind, {entry.name: entry for entry in entries}
        if len(self._entries) != len(entries):
            raise ValueError(f"two entries of the list of {kind}s share a name")

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> T:
        """Return the entry; raise `Fault` with near names where there is none."""
        if name in self._entries:
            return self._entries[name]
        near = get_close_matches(name, self._entries, n=3, cutoff=0.5) or list(self._entries)
        raise Fault(f"{self.kind} {name!r}", "there is none of this name", f"Did you mean {' or '.join(near)}?")

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names, in the order of the list."""
        return tuple(self._entries)
