"""How much a file may claim before anything is allocated."""

from biofm_desktop.engine.faults import Fault

#: Files listed of one folder or archive.
MOST_FILES = 200_000
#: Pixels of a PNG, JPEG, BMP or GIF, which are decoded as a whole.
MOST_PIXELS = 500_000_000
#: Bytes of a text (table, FASTA, GenBank), unpacked.
MOST_TEXT = 2_000_000_000
#: Bytes that one member of an archive may unpack to.
MOST_MEMBER = 8_000_000_000
#: Deflate packs at most 1,032 to 1; an archive whose member claims more is false.
MOST_RATIO = 1_100


def in_words(size: float) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def check_memory(what: object, size: int) -> None:
    """Raise `Fault` where an array of this many bytes would not fit into the memory that is free."""
    if size < 64_000_000:
        return
    import psutil

    free = psutil.virtual_memory().available
    if size > 0.8 * free:
        raise Fault(
            what,
            f"its size is {in_words(size)}, more than the {in_words(free)} of memory that are free",
            "Close other programs, or cut it into parts",
        )
