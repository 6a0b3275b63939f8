"""Where labels are made: classes, painting tools, and the label of the sample that is shown."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QDoubleValidator, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.samples import Dataset, ImageSample, Sample
from biofm_desktop.gui.theme import icon, theme_bus
from biofm_desktop.gui.widgets.named import named

from .class_list import ClassList

_SPLITS = {"": "Undecided", "train": "Training", "val": "Validation", "test": "Test"}


class AnnotationPanel(QWidget):
    """Knows three ways to label: *paint* a mask of an image, *mark* shapes in it, or give the whole sample a *class*.

    Where the data have numbers, a number takes the place of the class.
    """

    mode_changed = Signal(str)
    paint_value_chosen = Signal(int)
    shape_class_chosen = Signal(str)
    target_chosen = Signal(object)
    class_added = Signal(str)
    class_renamed = Signal(str, str)
    brush_changed = Signal(int)
    opacity_changed = Signal(float)
    new_object_requested = Signal()
    split_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode, self._numbers, self._instances = "class", False, False
        self._names: tuple[str, ...] = ()
        self.paint_mode = _segment("annotate.mode_paint", "Paint", "Paint the label of an image, pixel by pixel")
        self.mark_mode = _segment("annotate.mode_mark", "Mark", "Draw boxes, polygons and points in an image")
        self.class_mode = _segment("annotate.mode_class", "Class", "Give the whole sample one class")
        self._mode_buttons = {"paint": self.paint_mode, "mark": self.mark_mode, "class": self.class_mode}
        self._modes = QButtonGroup(self)
        for button in self._mode_buttons.values():
            self._modes.addButton(button)
        self.classes = ClassList()
        self.classes.setIconSize(QSize(18, 18))
        self.add_class = _button("annotate.add_class", "Add class", "Add a class to the list")
        self.tools, self.marks = QHBoxLayout(), QHBoxLayout()
        self.new_object = _button("annotate.new_object", "New object", "Paint the next object with a number of its own")
        self.brush = _slider("annotate.brush", "Width of the brush", 1, 100, 10)
        self.opacity = _slider("annotate.opacity", "How clearly the label is seen", 0, 100, 60)
        tip = "The number to learn of this sample; Enter keeps it"
        self.value = named(QLineEdit(), "annotate.value", "Number to learn", tip)
        self.value.setValidator(QDoubleValidator(self.value))
        self.value.setPlaceholderText("number")
        title, tip = "Go on to the next sample", "Show the next sample once this one has its class"
        self.advance = named(QCheckBox(title), "annotate.advance", title, tip)
        self.advance.setChecked(True)
        tip = "What this sample is used for in training"
        self.split = named(QComboBox(), "annotate.split", "Split of this sample", tip)
        for split, title in _SPLITS.items():
            self.split.addItem(title, split)
        self._lay_out()
        self._connect()
        self.show_mode("class")
        self._show_theme()

    def add_tools(self, painting: Sequence[QAction], marking: Sequence[QAction]) -> None:
        """Put the tools for painting and those for marking into the panel."""
        for row, actions in ((self.tools, painting), (self.marks, marking)):
            for action in actions:
                button = QToolButton()
                button.setDefaultAction(action)
                button.setIconSize(QSize(18, 18))
                named(button, f"{action.objectName()}_button", action.text().replace("&", ""), action.toolTip())
                row.addWidget(button)
            row.addStretch()

    @property
    def chosen_class(self) -> str:
        """Return the name of the class that is marked in the list; empty where none is."""
        value = self.classes.value()
        return self._names[value] if 0 <= value < len(self._names) else ""

    def number_keys(self, window: QWidget) -> list[QAction]:
        """Return actions for the keys 0 to 9, which choose a class."""
        actions = []
        for key in range(10):
            action = QAction(f"Class {key}", window, toolTip=f"Use the class with the number {key}")
            action.setObjectName(f"annotate.class_{key}")
            action.setShortcut(QKeySequence(str(key)))
            action.triggered.connect(lambda _=False, key=key: self.classes.press(key))
            actions.append(action)
        return actions

    def show_dataset(self, dataset: Dataset, classes: Sequence[str]) -> None:
        """Offer what fits a dataset: painting where there are masks or no labels yet, numbers where targets are."""
        pictures = [sample for sample in dataset if isinstance(sample, ImageSample)]
        images, masks = bool(pictures), any(picture.mask is not None for picture in pictures)
        regions = any(picture.regions for picture in pictures)
        self._numbers = any(isinstance(sample.target, float) for sample in dataset)
        self._instances = dataset.instances
        targets = any(sample.target is not None for sample in dataset)
        for button in self._mode_buttons.values():
            button.setVisible(images)
        self.mark_mode.setVisible(any(len(picture.spatial_shape) == 2 for picture in pictures))
        self.show_classes(classes)
        if regions and not masks:
            self.show_mode("mark")
        else:
            self.show_mode("paint" if masks or (images and not targets) else "class")

    def show_classes(self, classes: Sequence[str]) -> None:
        """Show the classes."""
        self._names = tuple(classes)
        self.classes.show_classes(classes, background=self.mode == "paint")

    def show_sample(self, sample: Sample | None) -> None:
        """Show the label of a sample."""
        self.setEnabled(sample is not None)
        if sample is None:
            return
        self.split.setCurrentIndex(max(0, self.split.findData(sample.split)))
        if self.mode == "class":
            target = sample.target
            self.classes.show_value(self._names.index(target) if target in self._names else -1)
            self.value.setText("" if target is None or isinstance(target, str) else f"{target:.10g}")

    def show_mode(self, mode: str) -> None:
        """Show the controls of a way to label (``paint``, ``mark`` or ``class``)."""
        self.mode = mode
        paint, single = mode == "paint", mode == "class"
        self._mode_buttons[mode].setChecked(True)
        for part, shown in ((self._paint_part, paint), (self._mark_part, mode == "mark"), (self._class_part, single)):
            part.setVisible(shown)
        self.new_object.setVisible(paint and self._instances)
        self.value.setVisible(single and self._numbers)
        self._value_title.setVisible(single and self._numbers)
        self.classes.setVisible(not (paint and self._instances) and not (single and self._numbers))
        self.add_class.setVisible(self.classes.isVisibleTo(self))
        self.classes.show_classes(self._names, background=paint)
        if paint:
            self.classes.show_value(min(1, len(self._names) - 1))
        elif mode == "mark":
            self.classes.show_value(min(0, len(self._names) - 1))
        self.mode_changed.emit(mode)

    def show_brush(self, size: int) -> None:
        """Show the width of the brush."""
        _show(self.brush, size)

    def _lay_out(self) -> None:
        whole, modes, paint, single = QVBoxLayout(self), QHBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self._paint_part, self._mark_part, self._class_part = QWidget(), QWidget(), QWidget()
        self._value_title = QLabel("Number of this sample")
        self._value_title.setProperty("role", "faint")
        whole.setContentsMargins(8, 8, 8, 8)
        whole.setSpacing(8)
        modes.setSpacing(0)
        for button in self._mode_buttons.values():
            modes.addWidget(button)
        for part, layout in ((self._paint_part, paint), (self._mark_part, self.marks), (self._class_part, single)):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(6)
            part.setLayout(layout)
        self.tools.setSpacing(2)
        self.marks.setSpacing(2)
        sliders = QFormLayout()
        sliders.setContentsMargins(0, 0, 0, 0)
        sliders.setHorizontalSpacing(10)
        sliders.addRow("Brush", self.brush)
        sliders.addRow("Label", self.opacity)
        paint.addLayout(self.tools)
        paint.addLayout(sliders)
        paint.addWidget(self.new_object)
        single.addWidget(self._value_title)
        single.addWidget(self.value)
        single.addWidget(self.advance)
        split = QFormLayout()
        split.setContentsMargins(0, 0, 0, 0)
        split.addRow("Use for", self.split)
        whole.addLayout(modes)
        whole.addWidget(self._paint_part)
        whole.addWidget(self._mark_part)
        whole.addWidget(self.classes, 1)
        whole.addWidget(self.add_class)
        whole.addWidget(self._class_part)
        whole.addLayout(split)
        self.classes.setMinimumHeight(64)

    def _connect(self) -> None:
        for mode, button in self._mode_buttons.items():
            button.clicked.connect(lambda _=False, mode=mode: self.show_mode(mode))
        self.classes.value_chosen.connect(self._tell_class)
        self.classes.renamed.connect(self.class_renamed)
        self.add_class.clicked.connect(self._ask_class)
        self.new_object.clicked.connect(self.new_object_requested)
        self.brush.valueChanged.connect(self.brush_changed)
        self.opacity.valueChanged.connect(lambda percent: self.opacity_changed.emit(percent / 100))
        self.value.returnPressed.connect(self._tell_number)
        self.split.activated.connect(lambda: self.split_chosen.emit(self.split.currentData()))
        theme_bus().changed.connect(self._show_theme)

    def _tell_class(self, value: int) -> None:
        if self.mode == "paint":
            self.paint_value_chosen.emit(value)
        elif self.mode == "mark":
            self.shape_class_chosen.emit(self._names[value])
        else:
            self.target_chosen.emit(self._names[value])

    def _tell_number(self) -> None:
        number, fine = self.value.locale().toDouble(self.value.text())
        if fine:
            self.target_chosen.emit(number)

    def _ask_class(self) -> None:
        name, fine = QInputDialog.getText(self, "Add class", "Name of the new class:")
        if fine and name.strip():
            self.class_added.emit(name.strip())

    def _show_theme(self) -> None:
        self.classes.show_classes(self._names, background=self.mode == "paint")
        self.add_class.setIcon(icon("plus"))


def _segment(name: str, text: str, tip: str) -> QPushButton:
    button = named(QPushButton(text), name, f"{text} mode", tip)
    button.setCheckable(True)
    return button


def _button(name: str, text: str, tip: str) -> QPushButton:
    return named(QPushButton(text), name, text, tip)


def _slider(name: str, tip: str, low: int, high: int, value: int) -> QSlider:
    slider = named(QSlider(Qt.Orientation.Horizontal), name, tip, tip)
    slider.setRange(low, high)
    slider.setValue(value)
    return slider


def _show(slider: QSlider, value: int) -> None:
    blocked = slider.blockSignals(True)
    slider.setValue(value)
    slider.blockSignals(blocked)
