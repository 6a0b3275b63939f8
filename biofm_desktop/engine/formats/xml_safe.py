"""XML without what makes XML dangerous: no DTD, no entities, no addresses, no endless depth."""

from io import BytesIO
from typing import TYPE_CHECKING

from biofm_desktop.engine.faults import Fault

from .entry import Entry
from .text_lines import COPY

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DEEPEST = 100
_CUT = ("no element found", "unclosed token", "unclosed CDATA")


def xml_root(entry: Entry, data: bytes) -> "Element":
    """Return the outermost element; raise `Fault` for a DTD, depth beyond 100 and XML that is not sound."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    root, depth = None, 0
    try:
        for event, element in iterparse(BytesIO(data), events=("start", "end"), forbid_dtd=True):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                raise Fault(entry.name, f"its elements are nested more than {_DEEPEST} deep", COPY)
    except DefusedXmlException as error:
        fault = "it holds a DTD (a declaration that can hold an entity or an address), which is never read"
        raise Fault(entry.name, fault, "Save it without the DOCTYPE line", detail=repr(error)) from None
    except (ParseError, ValueError, LookupError) as error:
        raise _unsound(entry, error) from None
    if root is None:
        raise Fault(entry.name, "it is truncated (cut short): it holds no element", COPY)
    return root


def _unsound(entry: Entry, error: Exception) -> Fault:
    line = getattr(error, "position", (0, 0))[0]
    place = f"line {line}" if line else ""
    fault = "it is truncated (cut short)" if any(word in str(error) for word in _CUT) else "it is no sound XML"
    return Fault(entry.name, fault, COPY, place=place, detail=str(error))


def local(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]
