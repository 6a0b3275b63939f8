"""Boxes, polygons and points over an image: napari's shapes and points layers, kept equal to the sample's regions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from biofm_desktop.engine.samples import ImageSample, Region

from .layers import class_colour
from .pictures import scale_of, units_of
from .shapes import NEW, corners, kind_of, region_of

if TYPE_CHECKING:
    import pandas as pd
    from napari import Viewer as NapariViewer

#: Our tools to napari's; points have a layer of their own.
REGION_TOOLS = {"box": "add_rectangle", "polygon": "add_polygon", "point": "add", "select": "select"}
_DONE = ("added", "changed", "removed")


class RegionLayers(QObject):
    """Shows the regions of one picture and tells what they are after each change that the user made with napari."""

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer: NapariViewer | None = None
        self._shapes: Any = None
        self._points: Any = None
        self._regions: tuple[Region, ...] = ()
        self._look: dict[str, Any] = {}
        self._classes: tuple[str, ...] = ()
        self._label = ""
        self._showing = False
        # A drag tells several changes in a row; the next turn of the event loop sees the last.
        self._change = QTimer(self, singleShot=True, interval=0)
        self._change.timeout.connect(self._tell)

    @property
    def layers(self) -> list[Any]:
        """Return the layers that there are."""
        return [layer for layer in (self._shapes, self._points) if layer is not None]

    @property
    def ready(self) -> bool:
        """Say whether a picture is shown in which regions can be drawn."""
        return self._viewer is not None

    def show(self, viewer: "NapariViewer", sample: ImageSample) -> None:
        """Show the regions of a flat picture in place of those before; a volume has none."""
        self.finish()
        if len(sample.spatial_shape) != 2:
            self.clear()
            return
        self._viewer, self._look = viewer, {"scale": scale_of(sample), "units": units_of(sample)}
        self._show(sample.regions)

    def _show(self, regions: Sequence[Region]) -> None:
        assert self._viewer is not None
        self._regions = tuple(regions)
        drawn = [(number, region) for number, region in enumerate(self._regions) if region.kind != "point"]
        points = [(number, region) for number, region in enumerate(self._regions) if region.kind == "point"]
        self._showing = True
        if drawn or self._shapes in self._viewer.layers:
            self._show_shapes(drawn)
        if points or self._points in self._viewer.layers:
            self._show_points(points)
        self._showing = False

    def use(self, tool: str) -> bool:
        """Draw with one of our tools from now on; say whether it is one for regions."""
        if self._viewer is None or tool not in REGION_TOOLS:
            for layer in self.layers:
                layer.mode = "pan_zoom"
            return False
        layer = self._points_layer() if tool == "point" else self._shapes_layer()
        self._viewer.layers.selection.active = layer
        layer.mode = REGION_TOOLS[tool]
        return True

    def set_classes(self, classes: Sequence[str]) -> None:
        """Colour the regions for these classes."""
        self._classes = tuple(classes)
        self._colour()

    def set_label(self, label: str) -> None:
        """Draw regions of this class from now on; those that are selected become it."""
        self._label = label
        for layer in self.layers:
            self._set_next(layer)
        if self._shapes is not None and self._shapes.selected_data:
            features = self._shapes.features.copy()
            features.loc[list(self._shapes.selected_data), "label"] = label
            self._shapes.features = features
            self._tell()

    def clear(self) -> None:
        """Take the layers away."""
        self.finish()
        for layer in self.layers:
            if self._viewer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        self._shapes = self._points = self._viewer = None
        self._regions = ()

    def finish(self) -> None:
        """Tell the last change, if that has not happened yet."""
        if self._change.isActive():
            self._change.stop()
            self._tell()

    def _show_shapes(self, drawn: Sequence[tuple[int, Region]]) -> None:
        layer = self._shapes_layer()
        layer.selected_data = set()
        layer.data = []
        if drawn:
            layer.add([corners(region) for _, region in drawn], shape_type=[kind_of(region) for _, region in drawn])
        layer.features = _features(drawn)
        self._colour()

    def _show_points(self, points: Sequence[tuple[int, Region]]) -> None:
        layer = self._points_layer()
        layer.selected_data = set()
        layer.data = [corners(region)[0] for _, region in points]
        layer.features = _features(points)
        self._colour()

    def _shapes_layer(self) -> Any:
        assert self._viewer is not None
        if self._shapes not in self._viewer.layers:
            self._shapes = self._viewer.add_shapes(
                ndim=2, name="regions", edge_width=2, opacity=0.9, features=_features(()), **self._look
            )
            self._begin(self._shapes)
        self._shapes.scale, self._shapes.units = self._look["scale"], self._look["units"]
        return self._shapes

    def _points_layer(self) -> Any:
        assert self._viewer is not None
        if self._points not in self._viewer.layers:
            self._points = self._viewer.add_points(ndim=2, name="points", size=8, features=_features(()), **self._look)
            self._begin(self._points)
        self._points.scale, self._points.units = self._look["scale"], self._look["units"]
        return self._points

    def _begin(self, layer: Any) -> None:
        layer.text = {"string": "{label}", "size": 9, "anchor": "upper_left", "color": "white"}
        layer.metadata["biofm"] = "regions"
        self._set_next(layer)
        layer.events.data.connect(self._note)

    def _set_next(self, layer: Any) -> None:
        layer.feature_defaults = {"label": self._label, "number": NEW}
        colour = self._colour_of(self._label)
        if layer is self._points:
            layer.current_face_color = colour
        else:
            layer.current_edge_color, layer.current_face_color = colour, "#00000000"

    def _colour(self) -> None:
        for layer in self.layers:
            colours = [self._colour_of(label) for label in layer.features["label"]]
            if layer is self._points and colours:
                layer.face_color = colours
            elif colours:
                layer.edge_color, layer.face_color = colours, "#00000000"

    def _colour_of(self, label: str) -> str:
        return class_colour(self._classes.index(label) + 1) if label in self._classes else "#ffffff"

    def _note(self, event: Any) -> None:
        if not self._showing and str(getattr(event.action, "value", event.action)) in _DONE:
            self._change.start()

    def _tell(self) -> None:
        """Find what the regions are now, in their old order with new ones behind, and tell it where it is new."""
        found: list[tuple[int, Region]] = []
        places: list[tuple[Any, int]] = []
        for layer in self.layers:
            kinds = layer.shape_type if layer is self._shapes else ["point"] * len(layer.data)
            cells = zip(layer.features["label"], layer.features["number"])
            for row, (kind, drawn, (label, number)) in enumerate(zip(kinds, layer.data, cells)):
                before = self._regions[number] if number != NEW else None
                region = region_of(kind, np.reshape(drawn, (-1, 2)), str(label), before)
                if region is None:
                    self.refused.emit("This region is a mask; paint a label to change it.")
                    self._show(self._regions)
                    return
                found.append((len(self._regions) if number == NEW else int(number), region))
                places.append((layer, row))
        order = sorted(range(len(found)), key=lambda place: found[place][0])
        regions = tuple(found[place][1] for place in order)
        for layer in self.layers:
            numbers = {places[place][1]: number for number, place in enumerate(order) if places[place][0] is layer}
            layer.features = layer.features.assign(number=[numbers[row] for row in range(len(numbers))])
        self._colour()
        if regions != self._regions:
            self._regions = regions
            self.edited.emit(regions)


def _features(regions: Sequence[tuple[int, Region]]) -> "pd.DataFrame":
    import pandas as pd

    labels, numbers = [region.label for _, region in regions], [number for number, _ in regions]
    return pd.DataFrame({"label": pd.Series(labels, dtype=str), "number": pd.Series(numbers, dtype=int)})
