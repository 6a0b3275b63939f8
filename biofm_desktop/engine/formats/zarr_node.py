"""Groups and arrays of a Zarr by their metadata, of version 2 and 3, read as data only."""

import json
from dataclasses import dataclass
from typing import Any

from biofm_desktop.engine.faults import Fault

from .zarr_files import ZarrFiles

_MOST = 20_000_000  # bytes of metadata
_COPY = "Get a sound copy of it"


@dataclass(frozen=True)
class Node:
    """A group or an array at ``path``; ``mark`` is the file of its metadata ``meta``."""

    path: str
    version: int
    is_array: bool
    meta: dict[str, Any]
    attributes: dict[str, Any]
    mark: str


def node_at(files: ZarrFiles, path: str) -> Node | None:
    """Return the group or array at a path; None where there is none; raise `Fault` where its metadata is broken."""
    meta = _json(files, path, "zarr.json")
    if meta is not None:
        if meta.get("zarr_format") != 3 or meta.get("node_type") not in ("array", "group"):
            raise Fault(files.what, "its zarr.json says neither group nor array of version 3", _COPY, place=path)
        return Node(path, 3, meta["node_type"] == "array", meta, _dict(meta.get("attributes")), "zarr.json")
    for mark in (".zarray", ".zgroup"):
        meta = _json(files, path, mark)
        if meta is not None:
            attributes = _json(files, path, ".zattrs") or {}
            return Node(path, 2, mark == ".zarray", meta, attributes, mark)
    return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(files: ZarrFiles, path: str, mark: str) -> dict[str, Any] | None:
    data = files.read(f"{path}/{mark}" if path else mark)
    if data is None:
        return None
    if len(data) > _MOST:
        raise Fault(files.what, f"its metadata {mark} is larger than {_MOST:,} bytes", _COPY, place=path)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        deep = "is nested too deep" if isinstance(error, RecursionError) else "is no sound JSON"
        raise Fault(files.what, f"its metadata {mark} {deep}", _COPY, place=path, detail=str(error)) from None
    if not isinstance(value, dict):
        raise Fault(files.what, f"its metadata {mark} is no JSON object", _COPY, place=path)
    return value
