"""The small dialogs of the menus: settings, theme, keys, sample data, log and about."""

from dataclasses import replace

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QDialog, QMainWindow

from biofm_desktop.engine.clusters import load_profiles
from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.settings import load_settings, save_settings
from biofm_desktop.paths import cache_dir

from .dialogs.about import AboutDialog
from .dialogs.clusters import ClustersDialog
from .dialogs.sample_data import SampleDialog
from .dialogs.settings import SettingsDialog
from .dialogs.shortcuts import ShortcutsDialog


class Popups(QObject):
    """Opens dialogs over the window, and tells what the user chose in them."""

    settings_changed = Signal(object)
    sample_chosen = Signal(object)
    failed = Signal(object)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window

    def show_dialog(self, dialog: QDialog) -> None:
        """Show a dialog; it is gone once it is closed."""
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_sample(self) -> None:
        """Let the user choose one of the sample data."""
        dialog = SampleDialog(self._window)
        dialog.chosen.connect(self.sample_chosen)
        self.show_dialog(dialog)

    def change_settings(self) -> None:
        """Show the settings."""
        dialog = SettingsDialog(load_settings(), self._window)
        dialog.settings_changed.connect(self.settings_changed)
        dialog.failed.connect(self.failed)
        self.show_dialog(dialog)

    def edit_clusters(self) -> None:
        """Show the clusters that trainings can run on."""
        self.show_dialog(ClustersDialog(load_profiles(), self._window))

    def change_theme(self) -> None:
        """Change between the dark and the light theme, and keep it."""
        before = load_settings()
        settings = replace(before, theme="light" if before.theme == "dark" else "dark")
        try:
            save_settings(settings)
        except Fault as fault:
            self.failed.emit(fault)
        self.settings_changed.emit(settings)

    def show_shortcuts(self) -> None:
        """List all keys."""
        actions = [action for action in self._window.findChildren(QAction) if "." in action.objectName()]
        self.show_dialog(ShortcutsDialog(actions, self._window))

    def show_logs(self) -> None:
        """Show the folder of the log."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(cache_dir() / "logs")))

    def about(self) -> None:
        """Say which program this is."""
        self.show_dialog(AboutDialog(self._window))
