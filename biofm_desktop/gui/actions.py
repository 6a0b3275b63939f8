"""Every action of the window, as a table: name, text, keys, help, icon and menu."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from .theme import icon

SEPARATOR = "-"
#: Methods that cannot be named after their action.
_SLOTS = {
    "action.settings": "change_settings",
    "action.clusters": "edit_clusters",
    "action.theme": "change_theme",
    "action.plots": "plots_shown",
    "action.shortcuts": "show_shortcuts",
    "action.logs": "show_logs",
    "action.save": "save_state",
    "action.restore": "restore_state",
}


@dataclass(frozen=True)
class ActionSpec:
    """One action: its object name, text, keys (the first is shown), what it does, icon and whether it is a switch."""

    name: str
    text: str
    keys: tuple[str, ...]
    tip: str
    icon: str
    checkable: bool = False

    @property
    def slot(self) -> str:
        """Return the name of the method that does it (``open_folder`` of ``action.open_folder``)."""
        return _SLOTS.get(self.name) or self.name.removeprefix("action.").replace(".", "_")


def _spec(name: str, text: str, keys: str, tip: str, icon: str, checkable: bool = False) -> ActionSpec:
    return ActionSpec(name, text, tuple(keys.split()), tip, icon, checkable)


#: Titles of the menus with their actions; ``-`` is a line, a name without a dot a menu that the window fills.
MENUS: dict[str, tuple[ActionSpec | str, ...]] = {
    "&File": (
        _spec("action.open", "&Open files…", "Ctrl+O", "Open images or sequences", "file-image-outline"),
        _spec(
            "action.open_folder",
            "Open &folder…",
            "Ctrl+Shift+O",
            "Open a folder of data or a project",
            "folder-open-outline",
        ),
        _spec(
            "action.open_sample",
            "Open sample &project",
            "Ctrl+Shift+P",
            "Try everything on small data",
            "flask-outline",
        ),
        "recent",
        SEPARATOR,
        _spec(
            "action.save",
            "Save a s&tate",
            "Ctrl+S",
            "Make a state to go back to; every correction is kept as it is made",
            "content-save-outline",
        ),
        _spec(
            "action.restore",
            "&Go back to a saved state…",
            "Ctrl+Alt+R",
            "Set all labels back to how they were saved",
            "backup-restore",
        ),
        SEPARATOR,
        _spec("action.export", "&Export…", "Ctrl+E", "Save predictions for other programs", "export-variant"),
        SEPARATOR,
        _spec("action.settings", "&Settings…", "Ctrl+,", "Theme, folders, network and device", "cog-outline"),
        SEPARATOR,
        _spec("action.quit", "&Quit", "Ctrl+Q", "Close the window", "exit-to-app"),
    ),
    "&Edit": (
        _spec("action.undo", "&Undo", "Ctrl+Z", "Take back the last correction", "undo"),
        _spec("action.redo", "&Redo", "Ctrl+Shift+Z Ctrl+Y", "Do the correction again", "redo"),
    ),
    "&View": (
        _spec(
            "action.fit", "&Fit image to window", "Ctrl+Home", "Show the whole image or sequence", "fit-to-page-outline"
        ),
        _spec(
            "action.layers",
            "&Layer controls",
            "Ctrl+Shift+Y",
            "Show or hide the layers with their contrast and colours",
            "layers-triple-outline",
            True,
        ),
        _spec(
            "action.theme",
            "Dark or light &theme",
            "Ctrl+Shift+T",
            "Change between the dark and the light theme",
            "theme-light-dark",
        ),
        SEPARATOR,
        "docks",
        _spec(
            "action.reset_layout",
            "&Reset layout",
            "Ctrl+Shift+R",
            "Put all panels back in their places",
            "view-dashboard-outline",
        ),
        SEPARATOR,
        "napari",
    ),
    "&Annotate": (
        _spec("samples.previous", "&Previous sample", "B PgUp", "Show the sample before this one", "chevron-left"),
        _spec("samples.next", "&Next sample", "N PgDown", "Show the sample after this one", "chevron-right"),
        _spec(
            "samples.next_unlabelled",
            "Next &unlabelled sample",
            "U",
            "Show the next sample that has no label",
            "skip-next-outline",
        ),
        SEPARATOR,
        _spec("annotate.paint", "&Paint", "Alt+1", "Paint the chosen class into the label", "brush"),
        _spec("annotate.erase", "&Erase", "Alt+2", "Erase from the label", "eraser"),
        _spec("annotate.fill", "&Fill", "Alt+3", "Fill a connected area with the chosen class", "format-color-fill"),
        _spec("annotate.pick", "P&ick", "Alt+4", "Choose the class under the pointer", "eyedropper"),
        _spec("annotate.move", "&Move", "Alt+5", "Move and zoom the image without painting", "cursor-move"),
        SEPARATOR,
        _spec("annotate.box", "&Box", "Alt+6", "Draw boxes around objects", "vector-rectangle"),
        _spec(
            "annotate.polygon",
            "P&olygon",
            "Alt+7",
            "Draw outlines corner by corner; a double-click ends one",
            "vector-polygon",
        ),
        _spec("annotate.point", "Po&int", "Alt+8", "Set points on objects", "circle-medium"),
        _spec(
            "annotate.select",
            "&Select shapes",
            "Alt+9",
            "Move, reshape or delete (Del) boxes and polygons; a class clicked now becomes theirs",
            "cursor-default-outline",
        ),
        SEPARATOR,
        _spec(
            "annotate.accept",
            "&Accept prediction as label",
            "Ctrl+Return",
            "Keep the prediction as this sample's label",
            "check-decagram-outline",
        ),
        _spec(
            "annotate.remove",
            "&Remove label",
            "Ctrl+Backspace",
            "Say that this sample has no class or number",
            "label-off-outline",
        ),
    ),
    "&Train": (
        _spec("action.suggest", "&Label these next", "Ctrl+J", "Propose samples to label next", "tag-plus-outline"),
        _spec(
            "suggest.next", "&Next proposed sample", "J", "Show the next sample to label", "arrow-right-bold-outline"
        ),
        _spec(
            "suggest.accept",
            "&Accept and go on",
            "K",
            "Keep the model's answer as the label and show the next proposed sample",
            "check-bold",
        ),
        _spec(
            "loop.next",
            "L&earn and go on",
            "L",
            "Let the model learn your corrections in the background; show the next proposed sample",
            "school",
        ),
        SEPARATOR,
        _spec("action.train", "&Set up training", "Ctrl+T", "Show the training panel", "school-outline"),
        _spec(
            "samples.pin",
            "P&in or unpin sample",
            "P",
            "Let each training predict this sample after every epoch; see Plots, Pinned",
            "pin-outline",
        ),
        _spec("action.plots", "Show &plots", "Ctrl+L", "Show the curves of the training", "chart-line"),
        SEPARATOR,
        _spec(
            "studies.cross_validate",
            "&Cross-validate…",
            "Ctrl+Shift+X",
            "Train once for each fold: how good is it, and how sure is that figure",
            "chart-bell-curve",
        ),
        _spec(
            "studies.search",
            "Search for good &options…",
            "Ctrl+Shift+B",
            "Try many sets of options within a budget, and train with the best",
            "tune-variant",
        ),
        _spec(
            "studies.distill",
            "&Distill into another model…",
            "Ctrl+Shift+D",
            "Let a smaller model learn what a trained one says",
            "beaker-outline",
        ),
        _spec(
            "action.clusters",
            "&Clusters…",
            "Ctrl+Alt+K",
            "Describe the clusters with SLURM that trainings can run on",
            "server-network",
        ),
    ),
    "&Predict": (
        _spec("action.predict", "&Predictions", "Ctrl+P", "Show the predictions panel", "creation-outline"),
        _spec(
            "action.toggle_prediction",
            "Show prediction over the &image",
            "Ctrl+Shift+H",
            "Show or hide the predicted layer",
            "layers-outline",
            True,
        ),
    ),
    "&Help": (
        _spec("action.shortcuts", "&Keyboard shortcuts", "F1", "List all keys", "keyboard-outline"),
        _spec(
            "action.logs",
            "Open &log folder",
            "Ctrl+Shift+L",
            "Show the folder of the program's log",
            "text-box-outline",
        ),
        _spec(
            "action.about", "&About BioFM Desktop", "Shift+F1", "Version, licence and libraries", "information-outline"
        ),
    ),
}


def specs() -> list[ActionSpec]:
    """Return all actions, in the order of the menus."""
    return [entry for entries in MENUS.values() for entry in entries if isinstance(entry, ActionSpec)]


def make_actions(window: QMainWindow, *doers: object) -> dict[str, QAction]:
    """Make all actions; each is connected to the method of its name of the window or of one of the other doers."""
    made: dict[str, QAction] = {}
    for spec in specs():
        action = QAction(spec.text, window, checkable=spec.checkable, checked=spec.checkable, toolTip=spec.tip)
        action.setObjectName(spec.name)
        action.setStatusTip(spec.tip)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        action.setToolTip(f"{spec.tip} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")
        action.setMenuRole(QAction.MenuRole.NoRole)
        doer = next(doer for doer in (*doers, window) if hasattr(doer, spec.slot))
        slot: Callable[..., object] = getattr(doer, spec.slot)
        (action.toggled if spec.checkable else action.triggered).connect(slot)
        made[spec.name] = action
    colour(made)
    return made


def colour(actions: dict[str, QAction]) -> None:
    """Give the actions icons in the colours of the theme."""
    for spec in specs():
        if spec.name in actions:
            actions[spec.name].setIcon(icon(spec.icon))


def fill_menus(window: QMainWindow, actions: dict[str, QAction]) -> dict[str, QMenu]:
    """Fill the menu bar; return the menus that the window fills itself, by their name in the table."""
    own: dict[str, QMenu] = {}
    for title, entries in MENUS.items():
        menu = window.menuBar().addMenu(title)
        menu.setObjectName(f"menu.{title.strip('&').lower()}")
        menu.setToolTipsVisible(True)
        for entry in entries:
            if isinstance(entry, ActionSpec):
                menu.addAction(actions[entry.name])
            elif entry == SEPARATOR:
                menu.addSeparator()
            else:
                own[entry] = menu.addMenu(
                    {"recent": "Open &recent", "docks": "&Panels", "napari": "&Layer viewer (napari)"}[entry]
                )
    return own
