"""Names of exported files: made of sample keys, harmless on every system, each once."""

import re
from collections.abc import Iterable

#: Characters, and bytes of UTF-8: file systems take 255 a name, of which suffix and number need some.
_LONGEST, _MOST_BYTES = 120, 180
#: Names that Windows keeps for devices; it reads superscript digits as digits.
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
_DEVICES |= {f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"}


def clean_name(key: str) -> str:
    """Return a file name's stem for a sample's key: no separators, control letters, leading dots or device names."""
    name = re.sub(r"[^\w.+@=,() -]", "_", key).strip(" .")[:_LONGEST]
    name = name.encode("utf-8", "replace")[:_MOST_BYTES].decode("utf-8", "ignore").rstrip(" .")
    if not name or name.partition(".")[0].rstrip(" ").lower() in _DEVICES:
        name = f"_{name}"
    return name


def file_names(keys: Iterable[str], suffix: str) -> list[str]:
    """Return a file name for each key; keys that differ only in case or cleaned signs get a number."""
    taken: set[str] = set()
    names = []
    for key in keys:
        stem, number = clean_name(key), 1
        name = f"{stem}{suffix}"
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}{suffix}"
        taken.add(name.lower())
        names.append(name)
    return names
