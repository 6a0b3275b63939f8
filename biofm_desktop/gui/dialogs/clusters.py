"""The clusters dialog: one form for what SLURM is told, for each of the user's profiles."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QPushButton, QWidget

from biofm_desktop.engine.clusters import ClusterProfile, check_profile, save_profiles
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import from_json
from biofm_desktop.gui.widgets.dialog_parts import Choice, stacked, two_buttons
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.options_form import OptionsForm

_FIRST = "cluster"
_ABOUT = (
    "A training can run on a cluster with SLURM: in the Train panel, the arrow beside the crossed-out screen. Data and "
    "project must lie in a folder that the cluster's nodes see too."
)


class ClustersDialog(QDialog):
    """Makes, changes and deletes profiles; what the user accepts is stored and told."""

    profiles_changed = Signal(object)

    def __init__(self, profiles: Sequence[ClusterProfile], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("clusters.dialog")
        self.setWindowTitle("Clusters")
        self.setMinimumWidth(560)
        self._profiles = [asdict(profile) for profile in profiles] or [asdict(ClusterProfile(name=_FIRST))]
        self._shown = 0
        self._list = named(QComboBox(), "clusters.list", "Profile", "Which profile the fields below show")
        self._new = named(QPushButton("New"), "clusters.new", "New profile", "Make another profile, like this one")
        self._delete = named(QPushButton("Delete"), "clusters.delete", "Delete profile", "Forget this profile")
        self.form = OptionsForm(ClusterProfile, "clusters")
        self._fault = named(plain_label(), "clusters.fault", "What is wrong", "What is wrong with a profile")
        self._fault.setProperty("role", "error")
        self._fault.setMinimumHeight(2 * self._fault.fontMetrics().lineSpacing())  # it comes and goes without a jolt
        about = plain_label(_ABOUT)
        found = plain_label(_found())
        for label in (about, found):
            label.setProperty("role", "faint")
        buttons = two_buttons(
            self,
            Choice("clusters.accept", "Keep", "Keep these profiles"),
            Choice("clusters.cancel", "Cancel", "Change nothing"),
        )
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._list, 1)
        line.addWidget(self._new)
        line.addWidget(self._delete)
        stacked(self, [about, row, self.form, self._fault, found, buttons], spacing=10)
        self._list.activated.connect(self._choose)
        self._new.clicked.connect(self._add)
        self._delete.clicked.connect(self._remove)
        self.form.changed.connect(self._note)
        buttons.accepted.connect(self._keep)
        self._show(0)

    def showEvent(self, event: QShowEvent) -> None:
        """Take the height that wrapped texts need; they would press the form's lines together."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        form, whole = self.form.layout(), self.layout()
        assert form is not None
        assert whole is not None
        form.activate()
        self.form.setMinimumHeight(form.totalHeightForWidth(self.form.width()))
        self.setMinimumHeight(whole.totalHeightForWidth(self.minimumWidth()))

    def _show(self, place: int) -> None:
        """Show the profile at this place of the list."""
        self._shown = place
        self._fill()
        self.form.blockSignals(True)
        self.form.reset()
        self.form.set_values(self._profiles[place])
        self.form.blockSignals(False)
        self._delete.setEnabled(len(self._profiles) > 1 or self._profiles[0] != asdict(ClusterProfile(name=_FIRST)))

    def _fill(self) -> None:
        self._list.clear()
        self._list.addItems([profile["name"] or "(no name)" for profile in self._profiles])
        self._list.setCurrentIndex(self._shown)

    def _note(self) -> None:
        """Take over what the fields hold, once all of it makes sense."""
        self._tell("")
        QTimer.singleShot(0, self, self._fit)  # a line may have come that says what is wrong with a field
        try:
            self._profiles[self._shown] = self.form.values()
        except Fault:
            return  # marked at its field
        self._list.setItemText(self._shown, self._profiles[self._shown]["name"] or "(no name)")
        self._delete.setEnabled(True)

    def _choose(self, place: int) -> None:
        if self._sound():
            self._show(place)
        else:
            self._list.setCurrentIndex(self._shown)

    def _add(self) -> None:
        if not self._sound():
            return
        taken, number = {profile["name"] for profile in self._profiles}, 2
        while (name := f"{self._profiles[self._shown]['name'][:36]}-{number}") in taken:
            number += 1
        made = replace(from_json(ClusterProfile, self._profiles[self._shown]), name=name)
        self._profiles.append(asdict(made))
        self._show(len(self._profiles) - 1)

    def _remove(self) -> None:
        del self._profiles[self._shown]
        self._profiles = self._profiles or [asdict(ClusterProfile(name=_FIRST))]
        self._tell("")
        self._show(min(self._shown, len(self._profiles) - 1))

    def _sound(self) -> bool:
        """Say whether the shown profile can be kept; else say what is wrong with it."""
        if not self.form.check():
            return False
        try:
            check_profile(from_json(ClusterProfile, self.form.values()))
        except Fault as fault:
            self._tell(fault.message)
            return False
        return True

    def _keep(self) -> None:
        if not self._sound():
            return
        untouched: list[dict[str, Any]] = [asdict(ClusterProfile(name=_FIRST))]
        made = [from_json(ClusterProfile, values) for values in self._profiles if self._profiles != untouched]
        try:
            save_profiles(made)
        except Fault as fault:
            self._tell(fault.message)
            return
        self.profiles_changed.emit(made)
        self.accept()

    def _tell(self, words: str) -> None:
        self._fault.setText(words)


def _found() -> str:
    place = shutil.which("sbatch")
    if place:
        return f"SLURM is on this computer ({place})."
    return "SLURM is not on this computer: profiles can be written, jobs are sent from a login node of the cluster."
