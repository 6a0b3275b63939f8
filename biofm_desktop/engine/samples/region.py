"""What somebody marked in a picture."""

from dataclasses import dataclass, field

from .base import Sample

Point = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A ``box`` (two corners), a ``polygon`` (its corners) or a ``point``; (x, y) in pixels, x to the right, y down.

    The middle of the first pixel is (0.5, 0.5). ``holes`` are rings inside a polygon. ``runs`` are the run lengths of
    a mask over the whole picture as COCO counts them (down the columns, blank first); the box is then its frame.
    """

    kind: str
    points: tuple[Point, ...]
    label: str = ""
    score: float | None = None
    holes: tuple[tuple[Point, ...], ...] = ()
    runs: tuple[int, ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return the frame: left, top, width, height."""
        across, down = [x for x, _ in self.points], [y for _, y in self.points]
        return min(across), min(down), max(across) - min(across), max(down) - min(down)


@dataclass(frozen=True, eq=False, kw_only=True)
class RegionSample(Sample):
    """The regions of one picture that does not lie beside them.

    ``size`` is the picture's (width, height) as far as it is stated. In ``unit`` ``share`` the numbers are parts of the
    width and of the height, as YOLO writes them.
    """

    picture: str
    regions: tuple[Region, ...] = field(default=())
    size: tuple[int, int] | None = None
    unit: str = "pixel"

    @property
    def labelled(self) -> bool:
        """Say whether anything is marked."""
        return bool(self.regions)
