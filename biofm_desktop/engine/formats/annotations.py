"""Regions from annotation files, and the pictures they belong to."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import ImageSample, Problem, Region, RegionSample, Sample

from .base import Format
from .entry import Entry, bare_stem, entry_of, shown
from .left_out import LeftOut, some
from .region_checks import Size, crosses_itself, doubt_of_region, fault_of_place

_FOLDERS = ("", "images", "imgs", "JPEGImages")


@dataclass(frozen=True)
class Annotated:
    """The regions of one picture as a file states them; ``places`` says for each where it stands (``object 3``).

    ``picture`` is a file's name, or (``by_stem``) its name without ending. ``unit`` is that of `RegionSample`.
    """

    picture: str
    regions: tuple[Region, ...] = ()
    places: tuple[str, ...] = ()
    size: Size | None = None
    unit: str = "pixel"
    by_stem: bool = False


class AnnotationFormat(Format):
    """A file of regions. Pictures that lie beside it are opened with them; without any, the regions stand alone."""

    takes = RegionSample

    @abstractmethod
    def annotated(
        self, entry: Entry, problems: list[Problem], left_out: LeftOut, names: Sequence[str] = ()
    ) -> list[Annotated]:
        """Return the regions by picture. ``names`` are the classes' where another file states them."""

    def read(self, entry: Entry, problems: list[Problem]) -> Iterator[Sample]:
        """Give the pictures with their regions, or the regions alone."""
        left_out = LeftOut(entry, "objects")
        found = self.annotated(entry, problems, left_out)
        if not found:
            left_out.tell(0, problems)
            raise Fault(entry.name, "it names no picture", "Choose another file")
        beside = {}
        for item in found:
            if (picture := _beside(entry, item)) is not None:
                beside[item.picture] = picture
        names = [item.picture for item in found if not item.by_stem]
        tell_unsafe(entry, names, problems)
        yield from joined(entry, found, lambda item: beside.get(item.picture), left_out, problems)


def unsafe(name: str) -> str:
    """Return why a picture's name may not be followed: an address, or a place outside; empty where it may."""
    if "://" in name:
        return "at a web address, which is never asked"
    parts = PurePosixPath(name.replace("\\", "/"))
    return "outside the folder, which was not read" if parts.is_absolute() or ".." in parts.parts or ":" in name else ""


def tell_unsafe(entry: Entry, names: Iterable[str], problems: list[Problem]) -> None:
    """Tell which pictures lie where nothing is read."""
    why: dict[str, list[str]] = {}
    for name in names:
        if reason := unsafe(name):
            why.setdefault(reason, []).append(shown(name[:100]))
    for reason, unread in why.items():
        problems.append(Problem(entry.name, f"{len(unread)} of its pictures are {reason}: {some(unread)}"))


def _beside(entry: Entry, item: Annotated) -> Entry | None:
    """Return the picture that lies in the folder of an annotation file, or in a folder of pictures within."""
    if not entry.on_disk or not item.picture or unsafe(item.picture):
        return None
    folder = entry.source.parent
    endings = _PICTURES if item.by_stem else ("",)
    for within in _FOLDERS:
        for ending in endings:
            path = folder / within / (item.picture + ending)
            try:
                if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                    return entry_of(path, str(PurePosixPath(within, item.picture + ending)))
            except (Fault, OSError, ValueError):
                continue
    return None


_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".ome.tif")


def joined(
    entry: Entry,
    found: Sequence[Annotated],
    picture_of: Callable[[Annotated], Entry | None],
    left_out: LeftOut,
    problems: list[Problem],
) -> list[Sample]:
    """Return the pictures with their regions; where none is there, the regions alone."""
    from .reading import images_of

    images: list[Sample] = []
    alone: list[Sample] = []
    kept = 0
    missing = []
    for item in found:
        picture = picture_of(item)
        opened = next((s for _, s in images_of([picture], problems)), None) if picture is not None else None
        if opened is None:
            missing += [shown(item.picture[:100])] if item.by_stem or not unsafe(item.picture) else []
            regions = _sound(item, item.size, left_out)
            alone.append(_region_sample(entry, item, regions))
        else:
            images.append(with_regions(opened, item, left_out, problems))
            regions = images[-1].regions if isinstance(images[-1], ImageSample) else ()
        kept += len(regions)
    left_out.tell(kept, problems, refuse=False)
    if missing and not all(item.by_stem for item in found):
        what = "they were left out with their regions" if images else "their regions were opened alone"
        problems.append(Problem(entry.name, f"{len(missing)} of its pictures are missing: {some(missing)}; {what}"))
    return images or alone


def with_regions(sample: ImageSample, item: Annotated, left_out: LeftOut, problems: list[Problem]) -> ImageSample:
    """Return a picture with its regions, shares turned into pixels; a stated size that differs is told."""
    height, width = sample.spatial_shape[-2:]
    if item.size is not None and item.size != (width, height):
        sizes = f"its stated size is {item.size[0]} x {item.size[1]}, the picture's {width} x {height}"
        problems.append(Problem(sample.key, f"{sizes}; nothing was stretched"))
    if item.unit == "share":
        item = replace(item, unit="pixel", regions=tuple(_scaled(region, width, height) for region in item.regions))
    return replace(sample, regions=_sound(item, (width, height), left_out))


def _scaled(region: Region, width: int, height: int) -> Region:
    return replace(region, points=tuple((x * width, y * height) for x, y in region.points))


def _sound(item: Annotated, size: Size | None, left_out: LeftOut) -> tuple[Region, ...]:
    """Return the regions that lie in their picture; what is odd about them is told."""
    size = (1, 1) if item.unit == "share" else size
    regions = []
    for region, place in zip(item.regions, item.places):
        if fault := fault_of_place(region, size):
            left_out.add(place, fault)
            continue
        if doubt := doubt_of_region(region, size):
            left_out.doubt(place, doubt)
        if region.kind == "polygon" and left_out.may_check() and crosses_itself(region.points):
            left_out.doubt(place, "the outline of the polygon crosses itself; its area is not sure")
        regions.append(region)
    return tuple(regions)


def _region_sample(entry: Entry, item: Annotated, regions: tuple[Region, ...]) -> RegionSample:
    return RegionSample(
        key=bare_stem(PurePosixPath(shown(item.picture.replace("\\", "/"))).name) or entry.stem,
        source=entry.source,
        picture=item.picture,
        regions=regions,
        size=item.size,
        unit=item.unit,
    )
