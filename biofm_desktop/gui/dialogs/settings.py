"""The settings dialog: one form for everything that the user chooses once."""

from dataclasses import asdict

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.options import from_json
from biofm_desktop.engine.settings import Settings, save_settings, settings_path
from biofm_desktop.gui.widgets.named import named
from biofm_desktop.gui.widgets.options_form import OptionsForm


class SettingsDialog(QDialog):
    """Shows the settings; what the user accepts is stored and told."""

    settings_changed = Signal(object)
    failed = Signal(object)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings.dialog")
        self.setWindowTitle("Settings")
        self.setMinimumWidth(520)
        self.form = OptionsForm(Settings, "settings")
        self.form.set_values(asdict(settings))
        where = QLabel(f"Stored in {settings_path()}")
        where.setProperty("role", "faint")
        where.setWordWrap(True)
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults)
        for kind, name, tip in (
            (kinds.Ok, "settings.accept", "Keep these settings"),
            (kinds.Cancel, "settings.cancel", "Change nothing"),
            (kinds.RestoreDefaults, "settings.reset", "Show the defaults"),
        ):
            named(self.buttons.button(kind), name, tip, tip)
        self.buttons.accepted.connect(self._keep)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(kinds.RestoreDefaults).clicked.connect(self.form.reset)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 18, 18, 14)
        whole.setSpacing(14)
        for part in (self.form, where, self.buttons):
            whole.addWidget(part)

    def _keep(self) -> None:
        try:
            settings = from_json(Settings, self.form.values())
            save_settings(settings)
        except Fault as fault:
            self.failed.emit(fault)
            return
        self.settings_changed.emit(settings)
        self.accept()
