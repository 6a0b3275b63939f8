"""The lines that another process adds to a file, as they come."""

from collections.abc import Iterator
from pathlib import Path

#: So much is read at once.
_PIECE = 1 << 20


class Tail:
    """Reads a file of lines from its start on, and later what came since; half a line waits until it is whole."""

    def __init__(self, path: Path) -> None:
        self._path, self._read = path, 0

    def new(self) -> Iterator[str]:
        """Give the whole lines that came since; none where there is no file (yet)."""
        while piece := self._piece():
            whole, end, _ = piece.rpartition(b"\n")
            if not end:
                return
            self._read += len(whole) + 1
            yield from whole.decode("utf-8", errors="replace").splitlines()

    def _piece(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                return file.read(_PIECE)
        except OSError:
            return b""
