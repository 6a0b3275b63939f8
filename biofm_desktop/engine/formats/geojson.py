"""GeoJSON as QuPath writes it: the regions of one picture."""

from collections.abc import Iterator, Sequence
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Problem, Region
from biofm_desktop.engine.samples.region import Point

from .annotations import Annotated, AnnotationFormat
from .entry import Entry
from .json_safe import json_value
from .left_out import LeftOut, quoted
from .region_checks import inside, label_of, numbers, polygon_region
from .text_lines import COPY

_DEEPEST = 20
_MARKS = (b'"FeatureCollection"', b'"Feature"')


class GeoJson(AnnotationFormat):
    """Polygons with holes and points of the picture of the same name."""

    name, title, suffixes = "geojson", "Regions (GeoJSON, QuPath)", (".geojson", ".json")

    def sniff(self, entry: Entry, head: bytes) -> bool:
        """Say whether it has the ending, or is JSON that speaks of features."""
        return entry.suffix == ".geojson" or (entry.suffix == ".json" and any(mark in head for mark in _MARKS))

    def annotated(
        self, entry: Entry, problems: list[Problem], left_out: LeftOut, names: Sequence[str] = ()
    ) -> list[Annotated]:
        """Return the regions of the picture."""
        value = json_value(entry, problems)
        features = value.get("features", [value]) if isinstance(value, dict) else value
        if not isinstance(features, list) or not all(isinstance(found, dict) for found in features):
            raise Fault(entry.name, "it holds no list of features (GeoJSON)", COPY)
        regions, places = [], []
        for number, feature in enumerate(features, 1):
            place = f"object {number}"
            found = _regions(feature.get("geometry"), _label(feature), place, left_out)
            for made in found:
                if isinstance(made, str):
                    left_out.add(place, made)
                else:
                    regions.append(made)
                    places.append(place)
        return [Annotated(entry.stem, tuple(regions), tuple(places), by_stem=True)]


def _label(feature: dict[str, Any]) -> str:
    told = feature.get("properties")
    told = told if isinstance(told, dict) else {}
    named = told.get("classification")
    return label_of(named.get("name") if isinstance(named, dict) else named or told.get("name"))


def _regions(geometry: Any, label: str, place: str, left_out: LeftOut, depth: int = 0) -> Iterator[Region | str]:
    """Give the regions of a geometry, and what is wrong where one is none."""
    if depth > _DEEPEST:
        yield f"its shapes are nested more than {_DEEPEST} deep"
        return
    if not isinstance(geometry, dict):
        yield "it has no shape"
        return
    kind, at = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection":
        for inner in geometry.get("geometries") or ():
            yield from _regions(inner, label, place, left_out, depth + 1)
    elif kind == "Point":
        yield _point(at, label)
    elif kind == "MultiPoint" and isinstance(at, list):
        yield from (_point(point, label) for point in at)
    elif kind == "Polygon":
        yield _polygon(at, label, place, left_out)
    elif kind == "MultiPolygon" and isinstance(at, list):
        yield from (_polygon(part, label, place, left_out) for part in at)
    else:
        yield f"the shape {quoted(kind)} is not opened (polygons and points are)"


def _point(at: Any, label: str) -> Region | str:
    place = numbers(at[:2] if isinstance(at, list) else at, 2)
    return Region("point", ((place[0], place[1]),), label) if place else "its point is not two numbers"


def _ring(at: Any) -> tuple[Point, ...] | None:
    points = (
        [numbers(point[:2] if isinstance(point, list) else point, 2) for point in at] if isinstance(at, list) else []
    )
    ring = tuple((point[0], point[1]) for point in points if point is not None)
    return ring if ring and len(ring) == len(points) else None


def _polygon(at: Any, label: str, place: str, left_out: LeftOut) -> Region | str:
    rings = [_ring(ring) for ring in at] if isinstance(at, list) else []
    sound = [ring for ring in rings if ring is not None]
    if not sound or len(sound) < len(rings):
        return "a point of its polygon is not two numbers"
    for ring in sound:
        if len(ring) > 2 and ring[0] != ring[-1]:
            left_out.doubt(place, "a ring of its polygon is not closed; it was closed")
    holes = tuple(ring[:-1] if ring[0] == ring[-1] else ring for ring in sound[1:])
    within = tuple(hole for hole in holes if len(hole) > 2 and inside(hole[0], sound[0]))
    if len(within) < len(holes):
        left_out.doubt(place, "a hole lies outside its polygon (or is none) and was left out")
    return polygon_region(sound[0], label, holes=within)
