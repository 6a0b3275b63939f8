"""The right side of the freeze dialog: rates, timed unfreezing, batch norm and adapters, with a timeline."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.fit_options import LayerOptions
from biofm_desktop.engine.models.opening_times import opening_epochs
from biofm_desktop.engine.models.rates import rate_factors
from biofm_desktop.engine.models.stages import stages_of
from biofm_desktop.engine.options import from_json
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.opening_timeline import OpeningTimeline
from biofm_desktop.gui.widgets.options_form import OptionsForm

_USUAL_EPOCHS = 10


class FreezePlan(QWidget):
    """Holds the options of single layers; `changed` says that one of them did."""

    changed = Signal()

    def __init__(self, names: Sequence[str], values: Mapping[str, Any], epochs: int) -> None:
        super().__init__()
        self._names, self._epochs = list(names), epochs or _USUAL_EPOCHS
        self._form = OptionsForm(LayerOptions, "freeze.options")
        self._form.unfold()
        self._form.set_values(values)
        self._timeline = named(
            OpeningTimeline(), "freeze.timeline", "When stages learn", "From which epoch on each stage learns"
        )
        self._fault = plain_label()
        self._fault.setProperty("role", "error")
        self._fault.setObjectName("freeze.plan_fault")
        scroll = QScrollArea(widgetResizable=True)
        scroll.setObjectName("freeze.plan_scroll")
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(4, 0, 8, 0)
        column.addWidget(self._form)
        column.addStretch(1)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._fault)
        layout.addWidget(self._timeline)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._form.changed.connect(self.changed)

    def values(self) -> dict[str, Any]:
        """Return the options; raise `Fault` for the first that is not allowed or means no layer."""
        values = self._form.values()
        options = from_json(LayerOptions, values)
        rate_factors(self._names, options)
        opening_epochs(self._names, options.unfreeze)
        return values

    def set_entry(self, option: str, name: str, sign: str, value: str) -> None:
        """Replace what an option of entries (``name=0.1``, ``name@3``) says of a part; empty takes it out."""
        entries = [entry for entry in self._form.values()[option] if entry.rpartition(sign)[0] != name]
        self._form.set_values({option: (*entries, f"{name}{sign}{value}") if value else tuple(entries)})

    def set_unfreezing(self, entries: Sequence[str]) -> None:
        """Let parts open by these entries, and no others."""
        self._form.set_values({"unfreeze": tuple(entries)})

    def plan(self, frozen: set[str]) -> tuple[dict[str, float], dict[str, int]]:
        """Return the rate of each layer and when those open that do later; what is wrong with it is shown."""
        try:
            options = from_json(LayerOptions, self._form.values())
            rates, opens = rate_factors(self._names, options), opening_epochs(self._names, options.unfreeze)
        except Fault as fault:
            self._fault.setText(fault.message)
            rates, opens = {}, {}
        else:
            self._fault.setText("")
        self._fault.setVisible(bool(self._fault.text()))
        self._show(opens, frozen)
        return rates, opens

    @property
    def sound(self) -> bool:
        """Say whether the options can be used."""
        return not self._fault.text()

    def _show(self, opens: Mapping[str, int], frozen: set[str]) -> None:
        stages: dict[str, list[int]] = {}
        for name, stage in zip(self._names, stages_of(self._names)):
            stages.setdefault(stage, []).append(opens.get(name, 0 if name in frozen else 1))
        first = {stage: min((epoch for epoch in epochs if epoch), default=0) for stage, epochs in stages.items()}
        self._timeline.show_stages(list(stages), first, self._epochs)
