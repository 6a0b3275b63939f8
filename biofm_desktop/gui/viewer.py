"""napari in the centre of our window. The only file that touches napari's insides (tried with 0.9.2)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QThread, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from biofm_desktop.engine.samples import ImageSample

from .layers import Overlay
from .napari_look import colour_classes, import_napari, quiet, register_theme
from .pictures import box_of, facts_of, pictures, scale_of, status_text, units_of
from .region_layers import RegionLayers
from .theme import Colours, theme_bus, theme_colours
from .widgets.sample_header import SampleHeader
from .workers.pixel_reader import Pixels

if TYPE_CHECKING:
    from napari import Viewer as NapariViewer
    from napari.layers import Image, Labels

OURS = "biofm"
TOOLS = {"paint": "paint", "erase": "erase", "fill": "fill", "pick": "pick", "move": "pan_zoom"}


class Viewer(QWidget):
    """Shows one image at a time with its label and a prediction; tells of each stroke that the user painted.

    `make` builds napari (about 3 s with its import); until then nothing can be shown. ``settling`` says that the label
    of the first image is still to come. ``imports`` is a thread that imports napari ahead.
    """

    mask_edited = Signal(str, object, object)
    undo_requested = Signal()
    redo_requested = Signal()
    tool_changed = Signal(str)
    class_changed = Signal(int)
    brush_changed = Signal(int)
    pointed_at = Signal(str)
    shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewer.panel")
        # A native window of its own, so that Qt puts only it together with OpenGL: else each redraw of a panel costs
        # one of the whole window (ticks while training came 17 ms late, not 6.5; scrolling was 0.75 x as fast).
        self.setAttribute(Qt.WidgetAttribute.WA_DontCreateNativeAncestors)
        self.setAttribute(Qt.WidgetAttribute.WA_NativeWindow)
        self.napari: NapariViewer | None = None
        self.imports: QThread | None = None
        self.key, self.settling = "", False
        self._latest: Pixels | None = None
        self._labels: Labels | None = None
        self._images: list[Image] = []
        self._overlays: dict[str, Any] = {}
        self._signature: tuple[object, ...] = ()
        self._tool, self._value, self._brush, self._opacity = "move", 1, 10, 0.6
        self._prediction_visible, self._layers_visible = True, True
        self._classes: tuple[str, ...] = ()
        # napari tells of some strokes before their pixels are set; the next turn of the event loop sees them all.
        self._where: list[tuple[slice, ...]] = []
        self._stroke = QTimer(self, singleShot=True, interval=0)
        self._stroke.timeout.connect(self._tell_stroke)
        self.regions = RegionLayers(self)
        self.header = SampleHeader(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.header)
        theme_bus().changed.connect(self._show_theme)

    def make(self) -> "NapariViewer":
        """Build napari, once; return it."""
        if self.napari is not None:
            return self.napari
        if self.imports is not None:
            self.imports.wait()  # two threads that import napari at once find it half made: ImportError
        napari = import_napari()
        register_theme(theme_colours())
        settings = napari.settings.get_settings()
        settings.appearance.theme = theme_colours().name
        self.napari = napari.Viewer(show=False, show_welcome_screen=False)
        window = self.napari.window._qt_window
        window.setWindowFlags(Qt.WindowType.Widget)
        window.menuBar().hide()
        window.statusBar().hide()
        window._qt_viewer.setAcceptDrops(False)  # what is dropped is opened by us
        self.napari.events.status.connect(self._show_status)
        self._layout.addWidget(window, 1)
        window.show()
        self.set_layers_visible(self._layers_visible)
        return self.napari

    def menus(self) -> list[QMenu]:
        """Return napari's own menus, to be hung into ours; keys that would clash with ours are taken off."""
        if self.napari is None:
            return []
        window = self.napari.window
        menus = [window.file_menu, window.view_menu, window.layers_menu, window.plugins_menu, window.window_menu]
        for menu in menus:
            quiet(menu)
            menu.aboutToShow.connect(lambda menu=menu: quiet(menu))
        return menus

    @property
    def tool(self) -> str:
        """Return the tool in use."""
        return self._tool

    def show_sample(self, pixels: Pixels, *, paintable: bool, note: str) -> None:
        """Show an image with its label; ``note`` says more in the line above it."""
        self.finish_stroke()
        self.make()
        sample = pixels.sample
        fresh = sample.key != self.key
        self.key = sample.key
        self.header.show_text(sample.key, facts_of(sample), note)
        first = not self._signature
        self._show_image(sample, pixels.image)
        self._latest = pixels
        self.settling = first
        if first:  # napari takes 1.5 s to build its first label; the image is drawn before that
            QTimer.singleShot(20, self, lambda: self._finish_sample(pixels, paintable=paintable, fresh=fresh))
        else:
            self._finish_sample(pixels, paintable=paintable, fresh=fresh)

    def _finish_sample(self, pixels: Pixels, *, paintable: bool, fresh: bool) -> None:
        """Show the label of the image that is shown."""
        if pixels is not self._latest:
            return
        self.settling, sample = False, pixels.sample
        if pixels.mask is not None or paintable:
            mask = np.zeros(sample.spatial_shape, np.uint8) if pixels.mask is None else np.array(pixels.mask)
            self._show_mask(sample, mask, fresh=fresh and pixels.mask is not None)
        elif self._labels is not None:
            self._remove(self._labels)
            self._labels = None
        self.regions.show(self.make(), sample)
        self._select()
        self.shown.emit(sample.key)

    def show_note(self, note: str) -> None:
        """Say something about the sample in the line above it."""
        self.header.show_note(note)

    def show_overlays(self, overlays: Sequence[Overlay]) -> None:
        """Lay a prediction over the image, in place of the one before."""
        if self.napari is None or not self._images:
            return
        kept = {name: layer for name, layer in self._overlays.items() if layer in self.napari.layers}
        self._overlays = {overlay.name: self._overlay(overlay, kept.pop(overlay.name, None)) for overlay in overlays}
        for layer in kept.values():
            self._remove(layer)
        self._select()

    def _overlay(self, overlay: Overlay, kept: Any) -> Any:
        """Return a layer for an overlay: the one that was there, with other values, where it can hold them."""
        scale, units = (part[-overlay.array.ndim :] for part in (self._images[0].scale, self._images[0].units))
        if kept is not None and kept.data.ndim == overlay.array.ndim:
            kept.data, kept.scale, kept.units = overlay.array, scale, units
            return kept
        self._remove(kept)
        viewer = self.make()
        common = {"name": overlay.name, "opacity": overlay.opacity, "metadata": {OURS: "overlay"}}
        common |= {"scale": scale, "units": units}
        if not overlay.labels:
            layer = viewer.add_image(overlay.array, colormap="inferno", blending="additive", **common)
        else:
            layer = viewer.add_labels(overlay.array, **common)
            layer.editable = False
            colour_classes(layer, self._classes)
        layer.visible = overlay.visible and self._prediction_visible
        return layer

    def set_prediction_visible(self, visible: bool) -> None:
        """Show or hide the predicted layer."""
        self._prediction_visible = visible
        if "prediction" in self._overlays:
            self._overlays["prediction"].visible = visible

    def clear(self) -> None:
        """Take our layers away; those that the user added stay."""
        self.finish_stroke()
        self.settling, self._latest = False, None
        self.regions.clear()
        for layer in (*self._overlays.values(), *self._images, self._labels):
            self._remove(layer)
        self._overlays, self._images, self._labels, self._signature, self.key = {}, [], None, (), ""
        self.header.show_text("", "", "")

    def set_layers_visible(self, visible: bool) -> None:
        """Show or hide napari's list of layers and their controls (contrast, blending ...)."""
        self._layers_visible = visible
        if self.napari is not None:
            inner = self.napari.window._qt_viewer
            inner.dockLayerList.setVisible(visible)
            inner.dockLayerControls.setVisible(visible)

    def set_tool(self, tool: str) -> None:
        """Choose a tool of `TOOLS` or `REGION_TOOLS`; the layer that it works on is made where there is none."""
        self._tool = tool
        if self.regions.use(tool):
            return
        if self._labels is None and tool != "move" and self._images:
            shape = self._images[0].data.shape[: self._images[0].ndim]
            self._add_labels(np.zeros(shape, np.uint8), self._images[0].scale, self._images[0].units)
        if self._labels is not None:
            self._select()
            self._labels.mode = TOOLS[tool]

    def set_class(self, value: int) -> None:
        """Choose the value that is painted."""
        self._value = value
        if self._labels is not None:
            if value > np.iinfo(self._labels.data.dtype).max:
                self._set_labels_data(self._labels.data.astype(np.min_scalar_type(value)))
            self._labels.selected_label = value

    def set_brush(self, size: int) -> None:
        """Choose the width of the brush, in pixels."""
        self._brush = size
        if self._labels is not None:
            self._labels.brush_size = size

    def set_label_opacity(self, share: float) -> None:
        """Choose how clearly the label is seen, from 0 to 1."""
        self._opacity = share
        if self._labels is not None:
            self._labels.opacity = share
            self._labels.visible = share > 0

    def set_classes(self, classes: Sequence[str], *, instances: bool) -> None:
        """Colour the labels for these classes."""
        self._classes = () if instances else tuple(classes)
        self.regions.set_classes(classes)
        for layer in (self._labels, *self._overlays.values()):
            if layer is not None and hasattr(layer, "selected_label"):
                colour_classes(layer, self._classes)

    def new_object(self) -> int:
        """Choose a value that no pixel of the label has yet; return it."""
        if self._labels is not None:
            self.set_class(int(self._labels.data.max()) + 1)
        return self._value

    def picture(self) -> QImage:
        """Return what the canvas shows."""
        return QImage() if self.napari is None else self.napari.window._qt_viewer.canvas.native.grabFramebuffer()

    def fit(self) -> None:
        """Show the whole image."""
        if self.napari is not None:
            self.napari.reset_view()

    def scroll_to(self, step: int) -> None:
        """Show this slice (from 0) of a volume."""
        if self.napari is not None and self.napari.dims.ndim > 2:
            self.napari.dims.set_current_step(0, step)

    def close_viewer(self) -> None:
        """Take napari down; nothing of it lives on."""
        theme_bus().changed.disconnect(self._show_theme)
        self.settling, self._latest = False, None
        self.regions.clear()
        viewer, self.napari = self.napari, None
        if viewer is not None:
            if (application := QApplication.instance()) is not None:
                application.removeEventFilter(viewer.window._qt_window)
            viewer.events.status.disconnect(self._show_status)
            viewer.close()
        self._images, self._labels, self._overlays = [], None, {}

    def _show_image(self, sample: ImageSample, image: NDArray[Any]) -> None:
        parts = pictures(sample, image)
        scale = scale_of(sample)
        signature = (len(parts), parts[0].rgb, parts[0].array.ndim, tuple(part.name for part in parts))
        viewer = self.make()
        alike = signature == self._signature and all(layer in viewer.layers for layer in self._images)
        before = self._images[0].data.shape if self._images else ()
        if alike:
            for layer, part in zip(self._images, parts):
                layer.data = part.array
                layer.scale, layer.units = scale, units_of(sample)
        else:
            for layer in self._images:
                self._remove(layer)
            self._images = [
                viewer.add_image(
                    part.array,
                    name=part.name,
                    rgb=part.rgb,
                    scale=scale,
                    units=units_of(sample),
                    colormap=None if part.rgb else part.colormap,
                    blending="additive" if len(parts) > 1 and place else "translucent_no_depth",
                    metadata={OURS: "image"},
                )
                for place, part in enumerate(parts)
            ]
            for place, layer in enumerate(self._images):
                viewer.layers.move(viewer.layers.index(layer), place)
        for layer, part in zip(self._images, parts):
            if not part.rgb:
                layer.contrast_limits_range = part.span
                layer.contrast_limits = part.limits
        self._signature = signature
        viewer.dims.axis_labels = tuple("zyx"[-len(sample.spatial_shape) :])
        viewer.canvas.overlays.scale_bar.visible = units_of(sample)[0] != "pixel"
        if not alike or before != parts[0].array.shape:
            if viewer.dims.ndim > 2:
                viewer.dims.set_current_step(0, sample.spatial_shape[0] // 2)
            viewer.reset_view()

    def _show_mask(self, sample: ImageSample, mask: NDArray[Any], *, fresh: bool) -> None:
        viewer = self.make()
        if self._labels is not None and (self._labels not in viewer.layers or self._labels.data.ndim != mask.ndim):
            self._remove(self._labels)
            self._labels = None
        if self._labels is None:
            self._add_labels(mask, scale_of(sample), units_of(sample))
        else:
            self._set_labels_data(mask)
            self._labels.scale, self._labels.units = scale_of(sample), units_of(sample)
        if fresh and mask.ndim == 3 and mask.any():
            slices = np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1))
            self.scroll_to(int(slices[len(slices) // 2]))

    def _add_labels(self, mask: NDArray[Any], scale: Sequence[float], units: Sequence[object]) -> None:
        layer = self.make().add_labels(
            mask, name="label", scale=scale, units=units, opacity=self._opacity, metadata={OURS: "label"}
        )
        self._labels = layer
        colour_classes(layer, self._classes)
        layer.selected_label, layer.brush_size = self._value, self._brush
        layer.mode = TOOLS.get(self._tool, TOOLS["move"])
        layer.events.paint.connect(self._begin_stroke)
        layer.events.mode.connect(self._tell_tool)
        layer.events.selected_label.connect(lambda: self._tell_class(layer.selected_label))
        layer.events.brush_size.connect(lambda: self.brush_changed.emit(int(layer.brush_size)))
        # One undo for everything: napari's own would change the picture but not the project.
        layer.bind_key("Control-Z", lambda _: self.undo_requested.emit(), overwrite=True)
        layer.bind_key("Control-Shift-Z", lambda _: self.redo_requested.emit(), overwrite=True)

    def _set_labels_data(self, mask: NDArray[Any]) -> None:
        if self._labels is not None:
            self._labels.data = mask
            self._labels._reset_history()

    def _begin_stroke(self, event: Any) -> None:
        if self._labels is not None:
            boxes = [box_of(atom[0], self._labels.data.shape) for atom in event.value]
            self._where += [box for box in boxes if box is not None]
        self._stroke.start()

    def finish_stroke(self) -> None:
        """Tell the stroke or shape that was drawn last, if that has not happened yet."""
        self.regions.finish()
        if self._stroke.isActive():
            self._stroke.stop()
            self._tell_stroke()

    def _tell_stroke(self) -> None:
        boxes, self._where = self._where, []
        if self._labels is not None and self.key and boxes:
            where = tuple(slice(min(p.start for p in axis), max(p.stop for p in axis)) for axis in zip(*boxes))
            self.mask_edited.emit(self.key, self._labels.data, where)

    def _tell_tool(self, event: object) -> None:
        if self._labels is not None:
            mode = str(self._labels.mode)
            self._tool = next((tool for tool, name in TOOLS.items() if name == mode), "move")
            self.tool_changed.emit(self._tool)

    def _tell_class(self, value: int) -> None:
        self._value = int(value)
        self.class_changed.emit(self._value)

    def _select(self) -> None:
        if self.napari is not None and not self.regions.use(self._tool) and self._labels in self.napari.layers:
            self.napari.layers.selection.active = self._labels

    def _remove(self, layer: Any) -> None:
        if self.napari is not None and layer in self.napari.layers:
            self.napari.layers.remove(layer)

    def _show_status(self, event: Any) -> None:
        self.pointed_at.emit(status_text(event.value))

    def _show_theme(self, colours: Colours) -> None:
        if self.napari is not None:
            register_theme(colours)
            from napari.settings import get_settings

            get_settings().appearance.theme = colours.name
