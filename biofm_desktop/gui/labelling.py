"""What the user does to labels: paint, sort, walk from sample to sample, undo."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from biofm_desktop.engine.samples import Feature, Region, SequenceSample

from .docks.annotation import AnnotationPanel
from .docks.samples import SamplesPanel
from .region_layers import REGION_TOOLS
from .viewer import Viewer
from .workbench import Workbench


class Labelling(QObject):
    """Does what the actions ``samples...``, ``annotate...``, undo and redo say, and what the annotation panel asks."""

    message = Signal(str)
    hint = Signal(str)
    tool_changed = Signal(str)

    def __init__(
        self, bench: Workbench, samples: SamplesPanel, annotation: AnnotationPanel, viewer: Viewer, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._samples, self._annotation, self._viewer = bench, samples, annotation, viewer
        samples.chosen.connect(bench.show)
        samples.split_requested.connect(bench.set_split)
        samples.accept_requested.connect(self.accept)
        samples.remove_label_requested.connect(lambda keys: bench.set_target(None, keys))
        annotation.paint_value_chosen.connect(self._paint_with)
        annotation.shape_class_chosen.connect(viewer.regions.set_label)
        annotation.mode_changed.connect(self._change_mode)
        annotation.target_chosen.connect(self._set_target)
        annotation.class_added.connect(self._add_class)
        annotation.class_renamed.connect(bench.rename_class)
        annotation.brush_changed.connect(viewer.set_brush)
        annotation.opacity_changed.connect(viewer.set_label_opacity)
        annotation.new_object_requested.connect(viewer.new_object)
        annotation.split_chosen.connect(bench.set_split)
        viewer.mask_edited.connect(bench.set_mask)
        viewer.regions.edited.connect(self._set_regions)
        viewer.regions.refused.connect(self.hint)
        viewer.undo_requested.connect(self.undo)
        viewer.redo_requested.connect(self.redo)
        viewer.tool_changed.connect(self.tool_changed)
        viewer.class_changed.connect(self._show_paint_value)
        viewer.brush_changed.connect(annotation.show_brush)

    def undo(self) -> None:
        """Take back the last correction."""
        self._viewer.finish_stroke()
        self._bench.undo()

    def redo(self) -> None:
        """Do the correction again."""
        self._bench.redo()

    def samples_next(self) -> None:
        """Show the next sample."""
        self._step(1)

    def samples_previous(self) -> None:
        """Show the sample before."""
        self._step(-1)

    def samples_next_unlabelled(self) -> None:
        """Show the next sample without a label."""
        self._step(1, unlabelled=True)

    def samples_pin(self) -> None:
        """Pin the chosen samples, or let go of them where all are pinned."""
        if self._bench.key:
            self._samples.toggle_pins(self._samples.selected_keys() or [self._bench.key])

    def _step(self, by: int, *, unlabelled: bool = False) -> None:
        key = self._samples.next_key(self._bench.key, by, unlabelled=unlabelled)
        if key:
            self._bench.show(key)
        elif self._bench.project is not None:
            self.hint.emit("There is no further sample that way.")

    def annotate_paint(self) -> None:
        """Paint from now on."""
        self._use_tool("paint")

    def annotate_erase(self) -> None:
        """Erase from now on."""
        self._use_tool("erase")

    def annotate_fill(self) -> None:
        """Fill areas from now on."""
        self._use_tool("fill")

    def annotate_pick(self) -> None:
        """Pick a class from the image from now on."""
        self._use_tool("pick")

    def annotate_move(self) -> None:
        """Move and zoom from now on."""
        self._use_tool("move")

    def annotate_box(self) -> None:
        """Draw boxes from now on."""
        self._use_tool("box")

    def annotate_polygon(self) -> None:
        """Draw polygons from now on."""
        self._use_tool("polygon")

    def annotate_point(self) -> None:
        """Set points from now on."""
        self._use_tool("point")

    def annotate_select(self) -> None:
        """Select and change shapes from now on."""
        self._use_tool("select")

    def _use_tool(self, tool: str) -> None:
        if tool in REGION_TOOLS and not self._viewer.regions.ready:
            self.hint.emit("Boxes, polygons and points are drawn in flat pictures only.")
            return
        mode = self._annotation.mode if tool == "move" else "mark" if tool in REGION_TOOLS else "paint"
        if mode != self._annotation.mode:
            self._annotation.show_mode(mode)
        self._viewer.set_tool(tool)
        self.tool_changed.emit(tool)

    @Slot(str)
    def _change_mode(self, mode: str) -> None:
        if mode == "mark":
            self._viewer.regions.set_label(self._annotation.chosen_class)
        elif self._viewer.tool in REGION_TOOLS:
            self._use_tool("move")

    @Slot(object)
    def _set_regions(self, regions: Sequence[Region]) -> None:
        self._bench.set_regions(self._viewer.key, regions)

    @Slot(int)
    def _paint_with(self, value: int) -> None:
        self._viewer.set_class(value)
        if self._viewer.tool in ("move", "pick", "erase"):
            self._use_tool("paint")

    @Slot(int)
    def _show_paint_value(self, value: int) -> None:
        if self._annotation.mode == "paint":
            self._annotation.classes.show_value(value)

    @Slot(object)
    def _set_target(self, target: str | float) -> None:
        chosen = self._samples.selected_keys()
        several = len(chosen) > 1
        self._bench.set_target(target, chosen if several else ())
        if self._annotation.advance.isChecked() and not several:
            self._step(1)

    @Slot(str)
    def _add_class(self, name: str) -> None:
        if self._bench.project is not None:
            self._bench.set_classes((*self._bench.project.classes, name))

    @Slot(object)
    def add_feature(self, feature: object) -> None:
        """Keep a feature that the user drew on the sequence that is shown."""
        sample = self._bench.sample
        if isinstance(sample, SequenceSample) and isinstance(feature, Feature) and feature not in sample.features:
            self._bench.set_features((*sample.features, feature))

    def annotate_accept(self) -> None:
        """Keep the prediction of the sample that is shown as its label."""
        self.accept([])

    @Slot(list)
    def accept(self, what: Sequence[object]) -> None:
        """Keep the predictions of these samples (the one that is shown, where none are named) as labels."""
        kept = self._bench.accept([str(getattr(entry, "key", entry)) for entry in what])
        self.message.emit(
            f"{kept} predictions kept as labels." if kept != 1 else "The prediction was kept as the label."
        )

    def annotate_remove(self) -> None:
        """Take the label of the chosen samples away."""
        self._bench.set_target(None, self._samples.selected_keys())
