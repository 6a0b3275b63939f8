"""ImageJ regions: told apart, not opened yet."""

import struct
from collections.abc import Iterator

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, RegionSample

from .base import Format
from .entry import Entry
from .text_lines import COPY

_MARK = b"Iout"
_HEADER = 64  # bytes


class ImageJRoi(Format):
    """A region of ImageJ, refused with the way out."""

    name, title, suffixes, takes = "imagej-roi", "ImageJ region", (".roi",), RegionSample

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it begins with the mark."""
        return head.startswith(_MARK)

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[RegionSample]:
        """Raise `Fault`, and tell a file that is cut from one that is whole."""
        head = entry.head_raw(_HEADER)
        corners = struct.unpack_from(">H", head, 16)[0] if len(head) == _HEADER else 0
        if len(head) < _HEADER or entry.size < _HEADER + 4 * corners:
            fault = f"it is truncated (cut short): {corners:,} points do not fit into its {entry.size:,} bytes"
            raise Fault(entry.name, fault, COPY)
        raise Fault(entry.name, "regions of ImageJ are not opened", "Save them as GeoJSON, COCO or a label picture")
