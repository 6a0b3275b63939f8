"""The augmentations of a task as a list to tick and to set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QSpinBox,
    QWidget,
)

from biofm_desktop.engine.options import OptionSpec
from biofm_desktop.engine.tasks.augmentation import augmentations, off, suggested

from .named import named, plain_tip

_DIGITS = 4


class _Number(QDoubleSpinBox):
    """A number with as many digits as it has."""

    def textFromValue(self, value: float) -> str:
        """Return the number as text."""
        return f"{value:.{_DIGITS}g}"


@dataclass
class _Row:
    spec: OptionSpec
    box: QCheckBox
    editor: QWidget | None
    read: Callable[[], Any]
    write: Callable[[Any], None]

    def value(self) -> Any:
        """Return the value of the option: that of the editor, or what turns it off."""
        return self.read() if self.box.isChecked() else off(self.spec)


class AugmentationList(QWidget):
    """A row for each augmentation: a box that turns it on, and how strong it is. ``changed`` tells of any change."""

    changed = Signal()

    def __init__(self, task: type, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, _Row] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(2, 2, 8, 2)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(0, 1)
        for place, spec in enumerate(augmentations(task)):
            row = self._rows[spec.name] = self._make_row(spec)
            grid.addWidget(row.box, place, 0)
            if row.editor is not None:
                grid.addWidget(row.editor, place, 1)
        grid.setRowStretch(len(self._rows), 1)

    def values(self) -> dict[str, Any]:
        """Return the value of every augmentation."""
        return {name: row.spec.check(row.value()) for name, row in self._rows.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; other names are passed over."""
        self.blockSignals(True)
        for name, row in self._rows.items():
            value = values.get(name, row.spec.default)
            on = value != off(row.spec)
            row.write(value if on else suggested(row.spec))
            row.box.setChecked(on)
            if row.editor is not None:
                row.editor.setEnabled(on)
        self.blockSignals(False)
        self.changed.emit()

    def _make_row(self, spec: OptionSpec) -> _Row:
        box = named(QCheckBox(spec.title), f"augmentation.{spec.name}", spec.title, plain_tip(spec.help or spec.title))
        editor, read, write, told = _editor(spec)
        if editor is not None:
            named(editor, f"augmentation.{spec.name}_value", f"{spec.title}: how strong", plain_tip(spec.help))
            editor.setFixedWidth(112)
            box.toggled.connect(editor.setEnabled)
            told.connect(lambda *_: self.changed.emit())
        box.toggled.connect(lambda _: self.changed.emit())
        return _Row(spec, box, editor, read, write)


def _editor(spec: OptionSpec) -> tuple[QWidget | None, Callable[[], Any], Callable[[Any], None], Any]:
    """Return what sets the strength (None: nothing but on and off), how it is read and written, and its signal."""
    if spec.choices:
        combo = QComboBox()
        for choice in spec.choices:
            if choice != off(spec):
                combo.addItem(str(choice), choice)
        return combo, combo.currentData, lambda v: combo.setCurrentIndex(combo.findData(v)), combo.currentIndexChanged
    if spec.type is bool:
        return None, lambda: True, lambda _: None, None
    high = spec.high if spec.high is not None else 1e6
    if spec.type is int:
        spin = QSpinBox()
        spin.setRange(1, int(high))
        return _quiet(spin, spec), spin.value, spin.setValue, spin.valueChanged
    number = _Number()
    number.setDecimals(_DIGITS)
    number.setRange(0.0, high)
    number.setSingleStep(high / 20)
    return _quiet(number, spec), number.value, number.setValue, number.valueChanged


def _quiet(spin: QSpinBox | QDoubleSpinBox, spec: OptionSpec) -> QWidget:
    unit = "" if not spec.unit else spec.unit if spec.unit == "°" else f" {spec.unit}"
    spin.setSuffix(unit)
    spin.setKeyboardTracking(False)  # a number that is being typed is none yet
    spin.setAlignment(Qt.AlignmentFlag.AlignRight)
    spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.UpDownArrows)
    return spin
