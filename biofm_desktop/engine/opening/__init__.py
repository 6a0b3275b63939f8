"""Opens files in a warm child process with limits, so that a broken or hostile file ends a reader, never the window."""

from .readers import Readers, open_paths, read_aside

__all__ = ["Readers", "open_paths", "read_aside"]
