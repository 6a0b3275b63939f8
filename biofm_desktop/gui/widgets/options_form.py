"""A form made from the options of a dataclass: a task or a model needs no gui file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import OptionSpec, specs
from biofm_desktop.gui.theme import theme_bus, theme_colours

from .fold import Fold
from .named import named, plain_label

WHOLE_MAX = 2**31 - 1
AUTO = "automatic"
MORE = "More options"


@dataclass
class _Field:
    """One option on the form: where its value is read and written, and the line that says what is wrong with it."""

    spec: OptionSpec
    widget: QWidget
    read: Callable[[], Any]
    write: Callable[[Any], None]
    fault: QLabel

    def check(self) -> str:
        """Show and return what is wrong with the value (empty: nothing)."""
        try:
            self.spec.check(self.read())
            words = ""
        except Fault as fault:
            words = f"{fault.fault[:1].upper()}{fault.fault[1:]}. {fault.way_out}."
        self.fault.setText(words)
        self.fault.setVisible(bool(words))
        if self.widget.property("wrong") != bool(words):
            self.widget.setProperty("wrong", bool(words))
            self.widget.style().unpolish(self.widget)
            self.widget.style().polish(self.widget)
        return words


class OptionsForm(QWidget):
    """The options of one dataclass as fields; advanced ones are folded away, group by group.

    Each field is found by the name ``area.option``. ``changed`` is emitted whenever a value changes.
    """

    changed = Signal()

    def __init__(self, of: type, area: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields: dict[str, _Field] = {}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        plain, folded = _form(), dict[str, QFormLayout]()
        outer.addLayout(plain)
        for spec in specs(of):
            form = folded.setdefault(spec.group or MORE, _form()) if spec.advanced else plain
            self._add(spec, form, f"{area}.{spec.name}")
        self._folds: dict[str, Fold] = {}
        for title, form in sorted(folded.items(), key=lambda pair: pair[0] == MORE):  # the odd ones come last
            word = "more" if title == MORE else title.lower().replace(" ", "_")
            self._folds[title] = Fold(title, form, f"{area}.{of.__name__.lower()}.{word}")
            outer.addWidget(self._folds[title])
        theme_bus().changed.connect(self._colour)
        self._colour()

    def values(self) -> dict[str, Any]:
        """Return the checked value of every option; raise `Fault` for the first that is not allowed."""
        return {name: field.spec.check(field.read()) for name, field in self._fields.items()}

    def changed_values(self) -> dict[str, Any]:
        """Return only those values that differ from their defaults; raise `Fault` as `values` does."""
        return {name: value for name, value in self.values().items() if value != self._fields[name].spec.default}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; names and values that the form cannot hold are passed over."""
        for name, value in values.items():
            if name in self._fields:
                try:
                    self._fields[name].write(self._fields[name].spec.check(value))
                except Fault:
                    continue

    def reset(self) -> None:
        """Show the defaults."""
        self.set_values({name: field.spec.default for name, field in self._fields.items()})

    def unfold(self) -> None:
        """Show what is folded away."""
        for fold in self._folds.values():
            fold.unfold()

    def check(self) -> bool:
        """Mark every field that is wrong, bring the first into view, and say whether all is well."""
        wrong = [field for field in self._fields.values() if field.check()]
        if wrong:
            if wrong[0].spec.advanced:
                self._folds[wrong[0].spec.group or MORE].unfold()
            wrong[0].widget.setFocus()
        return not wrong

    def _add(self, spec: OptionSpec, form: QFormLayout, name: str) -> None:
        widget, read, write, notify = _editor(spec)
        named(widget, name, spec.title, _tip(spec))
        fault = plain_label()
        fault.setVisible(False)
        fault.setProperty("role", "error")
        field = _Field(spec, widget, read, write, fault)
        self._fields[spec.name] = field
        write(spec.default)
        notify.connect(lambda *_: self._note(field))
        form.addRow(*_row(spec, widget))
        form.addRow(fault)

    def _colour(self) -> None:
        self.setStyleSheet(f"*[wrong='true'] {{ border: 1px solid {theme_colours().error}; }}")

    def _note(self, field: _Field) -> None:
        field.check()
        self.changed.emit()


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(8)
    form.setVerticalSpacing(4)
    return form


def _row(spec: OptionSpec, widget: QWidget) -> tuple[QWidget, QWidget]:
    label = plain_label(spec.title)
    label.setMinimumHeight(26)  # that of one line's field: texts stand on one line with it
    label.setBuddy(widget)
    label.setToolTip(widget.toolTip())
    if not spec.unit or isinstance(widget, QSpinBox):
        return label, widget
    both = QWidget()
    line = QHBoxLayout(both)
    line.setContentsMargins(0, 0, 0, 0)
    line.addWidget(widget)
    line.addWidget(plain_label(spec.unit, wrap=False))
    return label, both


def _tip(spec: OptionSpec) -> str:
    bounds = [
        f"{word} {bound:g}" for word, bound in (("at least", spec.low), ("at most", spec.high)) if bound is not None
    ]
    default = _as_text(spec.default) or "none"
    words = [spec.help, f"Default {default}" + (f", {' and '.join(bounds)}" if bounds else "") + "."]
    return "\n".join(word for word in words if word)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _editor(spec: OptionSpec) -> tuple[QWidget, Callable[[], Any], Callable[[Any], None], Any]:
    """Return the widget for an option, how it is read and written, and the signal of its changes."""
    if spec.choices:
        return _choice(spec)
    if spec.type is bool:
        box = QCheckBox()
        return box, box.isChecked, box.setChecked, box.toggled
    if spec.type is int and (spec.high is None or spec.high <= WHOLE_MAX):
        spin = QSpinBox()
        spin.setRange(
            -WHOLE_MAX if spec.low is None else int(spec.low), WHOLE_MAX if spec.high is None else int(spec.high)
        )
        spin.setSuffix(f" {spec.unit}" if spec.unit else "")
        if _chosen_at_zero(spec):
            spin.setSpecialValueText(AUTO)
        _quiet_wheel(spin)
        return spin, spin.value, spin.setValue, spin.valueChanged
    edit = QLineEdit()
    if spec.type is tuple:
        return edit, lambda: _parts(edit.text()), lambda value: edit.setText(_as_text(value)), edit.textChanged
    if _chosen_at_zero(spec):
        edit.setPlaceholderText(AUTO)
        return (
            edit,
            lambda: edit.text().strip() or 0,
            lambda v: edit.setText(_as_text(v) if v else ""),
            edit.textChanged,
        )
    return edit, lambda: edit.text().strip(), lambda value: edit.setText(_as_text(value)), edit.textChanged


def _chosen_at_zero(spec: OptionSpec) -> bool:
    """Say whether 0, the lowest and the default, stands for "the program chooses"; the help says so."""
    return spec.low == 0 and spec.default == 0 and "0:" in spec.help


def _choice(spec: OptionSpec) -> tuple[QWidget, Callable[[], Any], Callable[[Any], None], Any]:
    combo = QComboBox(sizeAdjustPolicy=QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(6)
    for choice in spec.choices:
        combo.addItem(_as_text(choice) or "none", choice)
    _quiet_wheel(combo)
    return (
        combo,
        combo.currentData,
        lambda value: combo.setCurrentIndex(spec.choices.index(value)),
        combo.currentIndexChanged,
    )


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


class _WheelGuard(QObject):
    """Leaves the wheel to the page unless the field has the keyboard: scrolling must not change values."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _quiet_wheel(widget: QWidget) -> None:
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    widget.installEventFilter(_WheelGuard(widget))
