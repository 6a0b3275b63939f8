"""The sequence panel: tools above, the sequence below."""

from dataclasses import replace

from numpy.typing import ArrayLike
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.samples import Feature, SequenceSample

from .feature_dialog import FeatureDialog
from .hits import HitFinder, Hits
from .search import Pattern
from .search_bar import SearchBar
from .tool_buttons import tool_button
from .view import SequenceView
from .words import about_selection, plain_tip, read_positions, span

_HERE = Qt.ShortcutContext.WidgetWithChildrenShortcut


class SequencePanel(QWidget):
    """Shows one sequence; tells what is selected and which feature the user adds."""

    selection_changed = Signal(int, int)
    feature_added = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sequence.panel")
        self.view = SequenceView()
        self.search_bar = SearchBar()
        self._finder = HitFinder(self)
        self._went = False
        self._finder.found.connect(self._show_hits)
        self._go_to, self._read_out = self._make_go_to(), _plain_label("sequence.selection", "Selection")
        self._seen = _plain_label("sequence.visible", "Letters that are seen")
        self._lay_out()
        self._add_actions()
        self.view.selection_changed.connect(self._tell_selection)
        self.view.menu_requested.connect(self._show_menu)
        self.view.scale_changed.connect(self._tell_seen)
        self.search_bar.pattern_changed.connect(self.search)
        self.search_bar.step_requested.connect(self.step)
        self.search_bar.closed.connect(self.view.setFocus)
        self.setFocusProxy(self.view)
        self._tell_selection(0, 0)

    # What is shown -----------------------------------------------------------------------------------------------

    def show_sample(self, sample: SequenceSample) -> None:
        """Show a sequence; the same one again (with other features) keeps zoom, selection and scores."""
        self.view.show_sample(sample)
        nucleotides = self.view.content is not None and self.view.content.nucleotides
        self.search_bar.both.setVisible(nucleotides)
        if self.search_bar.box.text() and not self.view.hits.size:
            self.search(self.search_bar.box.text(), self.search_bar.both.isChecked(), go=False)
        self._tell_selection(*self.view.selection, emit=False)

    def clear(self) -> None:
        """Show nothing."""
        self._finder.stop()
        self.view.clear()
        self.search_bar.tell_count("")
        self._tell_selection(0, 0, emit=False)

    def set_scores(self, scores: ArrayLike | None, name: str = "") -> None:
        """Show one value per letter (NaN: none) as a plot; None takes the plot away."""
        self.view.set_scores(scores, name)

    def select(self, start: int, end: int) -> None:
        """Select a half-open range and scroll to it."""
        self.view.select(start, end)

    def selection(self) -> tuple[int, int]:
        """Return the selected half-open range."""
        return self.view.selection

    def visible_range(self) -> tuple[int, int]:
        """Return the half-open range of letters that is seen."""
        return self.view.visible_range()

    def zoom_to(self, start: int, end: int) -> None:
        """Show a range as large as it can be."""
        self.view.zoom_to(start, end)

    # Search ------------------------------------------------------------------------------------------------------

    def search(self, text: str, both: bool = True, *, go: bool = True) -> None:
        """Search for IUPAC letters, on both strands if asked; goes to the first hit from the left edge on."""
        self._finder.stop()
        self.view.set_hits(Hits())
        content = self.view.content
        if content is None or not text.strip():
            self.search_bar.tell_count("")
            return
        try:
            pattern = Pattern.parse(text, content.sample.alphabet, both)
        except Fault as fault:
            self.search_bar.tell_count(fault.fault, fault.message)
            self.search_bar.count.setToolTip(plain_tip(fault.message))
            return
        self._went = not go
        self.search_bar.tell_count("searching…")
        self._finder.start(content.codes, pattern)

    def step(self, by: int) -> None:
        """Go to the hit ``by`` places on, round the ends."""
        hits, current = self.view.hits, self.view.current_hit
        if not len(hits):
            return
        if current < 0:
            current = hits.from_position(self.view.visible_range()[0]) - (by > 0)
        self._go_to_hit((current + by) % len(hits))

    def _show_hits(self, hits: Hits) -> None:
        self.view.set_hits(hits)
        if len(hits) and not self._went:
            self._go_to_hit(hits.from_position(self.view.visible_range()[0]))
        else:
            self._tell_count()

    def _go_to_hit(self, place: int) -> None:
        hits = self.view.hits
        self.view.set_hits(hits, place)
        self.view.select(*hits.range(place))
        self._tell_count()

    def _tell_count(self) -> None:
        hits, current = self.view.hits, self.view.current_hit
        if not len(hits):
            self.search_bar.tell_count("no hits")
            return
        many = f"{len(hits):,}{'' if hits.complete else '+'}"
        strand = (
            ""
            if current < 0 or not self.search_bar.both.isVisibleTo(self)
            else " (+)"
            if hits.strands[current] > 0
            else " (−)"
        )
        self.search_bar.tell_count(f"{current + 1:,} of {many}{strand}" if current >= 0 else f"{many} hits")

    # Features ----------------------------------------------------------------------------------------------------

    def ask_for_feature(self) -> None:
        """Open the dialog that makes a feature of the selection."""
        start, end = self.view.selection
        if self.view.content is None or end <= start:
            return
        protein = not self.view.content.nucleotides
        dialog = FeatureDialog(start, end, span(start, end), protein, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._add_feature(dialog.feature()))
        dialog.open()

    def _add_feature(self, feature: Feature) -> None:
        if self.view.content is not None:
            sample = self.view.content.sample
            self.show_sample(replace(sample, features=(*sample.features, feature)))
            self.feature_added.emit(feature)

    # Parts -------------------------------------------------------------------------------------------------------

    def _make_go_to(self) -> QLineEdit:
        box = QLineEdit()
        box.setObjectName("sequence.go_to")
        box.setAccessibleName("Go to position")
        box.setToolTip("A position, or a range such as 1200-1450, then Enter (Ctrl+G)")
        box.setPlaceholderText("Go to position")
        box.setMaximumWidth(130)
        box.returnPressed.connect(self._go)
        return box

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 5, 12, 5)
        tools.setSpacing(4)
        tools.addWidget(self.search_bar)
        tools.addWidget(self._go_to)
        buttons = (
            ("zoom_out", "Zoom out", "Zoom out", "Ctrl+-", "out", lambda: self.view.zoom(1 / 1.6)),
            ("zoom_in", "Zoom in", "Zoom in", "Ctrl++", "in", lambda: self.view.zoom(1.6)),
            ("zoom_fit", "Show all", "Show the whole sequence", "Ctrl+0", "fit", self.view.zoom_fit),
            (
                "zoom_selection",
                "Zoom to selection",
                "Zoom to the selection",
                "Ctrl+Shift+E",
                "selection",
                self._zoom_to_selection,
            ),
        )
        for name, title, help_text, shortcut, sign, slot in buttons:
            button = tool_button(self, f"sequence.{name}", title, help_text, shortcut, sign)
            button.clicked.connect(slot)
            tools.addWidget(button)
        tools.addStretch(1)
        below = QHBoxLayout()
        below.setContentsMargins(14, 3, 14, 4)
        below.addWidget(self._read_out, 1)
        below.addWidget(self._seen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(_line())
        column.addWidget(self.view, 1)
        column.addWidget(_line())
        column.addLayout(below)

    def _add_actions(self) -> None:
        shortcuts = (
            ("Ctrl+F", self._focus_search),
            ("F3", lambda: self.step(1)),
            ("Shift+F3", lambda: self.step(-1)),
            ("Alt+B", self.search_bar.both.toggle),
            ("Ctrl+G", self._focus_go_to),
            ("Ctrl++", lambda: self.view.zoom(1.6)),
            ("Ctrl+=", lambda: self.view.zoom(1.6)),
            ("Ctrl+-", lambda: self.view.zoom(1 / 1.6)),
            ("Ctrl+0", self.view.zoom_fit),
            ("Ctrl+Shift+E", self._zoom_to_selection),
        )
        for keys, slot in shortcuts:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(_HERE)
            shortcut.activated.connect(slot)
        self._add = self._action("add_feature", "Add feature from selection…", "Ctrl+Alt+F", self.ask_for_feature)
        self._copy = self._action("copy", "Copy", "Ctrl+C", self.view.copy)
        self._all = self._action("select_all", "Select all", "Ctrl+A", self._select_all)

    def _action(self, name: str, title: str, keys: str, slot: object) -> QAction:
        action = QAction(title, self)
        action.setObjectName(f"sequence.{name}")
        action.setToolTip(title)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(_HERE)
        action.triggered.connect(slot)
        # On the drawing widget, so that ctrl+C in the search box stays the box's own.
        self.view.addAction(action)
        return action

    # Slots -------------------------------------------------------------------------------------------------------

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("sequence.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self._add, self._copy, self._all])
        menu.popup(place)

    def _tell_selection(self, start: int, end: int, *, emit: bool = True) -> None:
        content = self.view.content
        words = about_selection(content, start, end) if content and content.length else ""
        self._read_out.setText(words)
        self._read_out.setToolTip(plain_tip(words))
        for action in (self._add, self._copy):
            action.setEnabled(end > start)
        if emit:
            self.selection_changed.emit(start, end)

    def _tell_seen(self) -> None:
        start, end = self.view.visible_range()
        self._seen.setText(f"showing {span(start, end)}" if end > start else "")

    def _select_all(self) -> None:
        self.view.select(0, self.view.scale.length, show=False)

    def _zoom_to_selection(self) -> None:
        start, end = self.view.selection
        if end > start:
            self.view.zoom_to(start, end)

    def _focus_search(self) -> None:
        self.search_bar.box.setFocus()
        self.search_bar.box.selectAll()

    def _focus_go_to(self) -> None:
        self._go_to.setFocus()
        self._go_to.selectAll()

    def _go(self) -> None:
        found = read_positions(self._go_to.text(), self.view.scale.length)
        if found is None:
            self._go_to.setToolTip(f"Type a position from 1 to {self.view.scale.length:,}, or two with a dash")
            self._go_to.selectAll()
            return
        self.view.select(*found)
        self.view.setFocus()


def _plain_label(name: str, title: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName(title)
    label.setTextFormat(Qt.TextFormat.PlainText)
    # Long words must not make the whole panel wide.
    label.setMinimumWidth(10)
    return label


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Plain)
    line.setFixedHeight(1)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    return line
