"""The panel "Label next": what to label next and why, and the loop of correcting and learning."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.jobs import Suggestion
from biofm_desktop.engine.jobs.retrain import REPLAY
from biofm_desktop.gui.theme import theme_bus
from biofm_desktop.gui.widgets.fold import Fold
from biofm_desktop.gui.widgets.named import named, plain_label
from biofm_desktop.gui.widgets.proposal_list import ProposalModel, proposal_list

MEASURES = {
    "margin": "The two likeliest are close",
    "least-confidence": "The likeliest is not likely",
    "entropy": "All answers are possible",
}
SPREADS = {
    "clusters": "One of each group",
    "badge": "Different lessons (BADGE)",
    "core-set": "Unlike the labelled ones",
    "none": "Most unsure only",
}


class LabelNextPanel(QWidget):
    """Shows proposals; tells which sample to show and that others are wanted."""

    start_requested = Signal()
    stop_requested = Signal()
    show_sample = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ProposalModel()
        self.list = proposal_list(self.model)
        tip = "Look at all samples without a label and propose those that teach the model most"
        self._start = named(QPushButton("Propose"), "next.start", "Propose samples to label", tip)
        self._start.setProperty("primary", True)
        self._stop = named(QPushButton("Stop"), "next.stop", "Stop", "End the search")
        self._progress = named(QProgressBar(), "next.progress", "Progress", "How many samples were looked at")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(8)
        self._status = named(plain_label(), "next.status", "Status of the proposals", "What the search is doing")
        self._reason = named(plain_label(), "next.reason", "Reason", "Why the marked sample is proposed")
        self._loop = named(plain_label(), "loop.status", "Status of the loop", "What the model learns right now")
        self._marking = False
        self._make_options()
        self._tools = QHBoxLayout()
        self._tools.setSpacing(4)
        self._lay_out()
        self._start.clicked.connect(self.start_requested)
        self._stop.clicked.connect(self.stop_requested)
        self.list.clicked.connect(self._tell)
        self.list.selectionModel().currentChanged.connect(self._note)
        theme_bus().changed.connect(self.list.viewport().update)
        self.show_state(ready=False, running=False)
        self.show_loop("")

    # What the user chose

    @property
    def count(self) -> int:
        """Return how many samples to propose."""
        return self._count.value()

    @property
    def measure(self) -> str:
        """Return what counts as doubt."""
        return str(self._measure.currentData())

    @property
    def spread(self) -> str:
        """Return how the proposals are kept apart."""
        return str(self._spread.currentData())

    @property
    def replay(self) -> float:
        """Return how many earlier samples are rehearsed for each corrected one."""
        return self._replay.value()

    # What is shown

    def add_tools(self, actions: Sequence[QAction]) -> None:
        """Put the ways on below the list."""
        for action, words in zip(actions, ("Next", "Accept", "Learn")):
            button = QToolButton()
            action.setIconText(words)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            named(button, f"{action.objectName()}_button", action.text().replace("&", ""), action.toolTip())
            self._tools.addWidget(button)
        self._tools.addStretch(1)

    def show_proposals(self, proposals: Sequence[Suggestion], is_done: Callable[[str], bool]) -> None:
        """List these; ``is_done`` says which have a label by now."""
        self.model.is_done = is_done
        self.model.set_proposals(proposals)
        self._reason.setText("")
        self._reason.hide()

    def mark(self, key: str) -> None:
        """Mark a sample that was shown elsewhere."""
        row = self.model.row_of(key)
        self._marking = True
        self.list.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        self._marking = False

    def show_state(self, *, ready: bool, running: bool) -> None:
        """Enable what makes sense."""
        self._start.setEnabled(ready and not running)
        self._stop.setEnabled(running)
        self._progress.setVisible(running)

    def show_progress(self, share: float | None) -> None:
        """Show how much is done, from 0 to 1 (None: not known)."""
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0.0)))

    def show_status(self, words: str, role: str = "") -> None:
        """Say what the search is doing; ``role`` may be ``error`` or ``good``."""
        _say(self._status, words, role)

    def show_loop(self, words: str, role: str = "") -> None:
        """Say what waits to be learnt, or is being learnt."""
        _say(self._loop, words, role)

    # The widgets

    def _make_options(self) -> None:
        self._count = named(QSpinBox(), "next.count", "How many", "How many samples to propose")
        self._count.setRange(1, 500)
        self._count.setValue(20)
        self._measure = _combo("next.measure", "Doubt", "What counts as doubt", MEASURES)
        self._spread = _combo("next.spread", "Spread", "How the proposals are kept apart", SPREADS)
        tip = "So many earlier samples are learnt along with each correction, so that nothing is forgotten"
        self._replay = named(QDoubleSpinBox(), "loop.replay", "Replay", tip)
        self._replay.setRange(0, 50)
        self._replay.setDecimals(1)
        self._replay.setValue(REPLAY)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(0, 0, 0, 4)
        for title, field in (
            ("How many", self._count),
            ("Doubt", self._measure),
            ("Spread", self._spread),
            ("Replay", self._replay),
        ):
            form.addRow(title, field)
        buttons = QHBoxLayout()
        buttons.addWidget(self._start, 1)
        buttons.addWidget(self._stop, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.setSpacing(5)
        layout.addLayout(buttons)
        layout.addWidget(Fold("How to choose and learn", form, "next.options"))
        layout.addWidget(self._progress)
        layout.addWidget(self._status)
        self.list.setMinimumHeight(84)
        # Else the page asks for the list's usual height, and the buttons below it are scrolled out of sight.
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._reason)
        layout.addLayout(self._tools)
        layout.addWidget(self._loop)
        self._status.hide()
        self._reason.hide()

    def _tell(self, index: QModelIndex) -> None:
        self.show_sample.emit(self.model.proposals[index.row()].key)

    def _note(self, index: QModelIndex) -> None:
        if not index.isValid():
            self._reason.hide()
            return
        proposal = self.model.proposals[index.row()]
        self._reason.setText(f"{proposal.reason}. The model says: {proposal.prediction}")
        self._reason.show()
        if not self._marking:
            self.show_sample.emit(proposal.key)


def _combo(name: str, title: str, tip: str, choices: dict[str, str]) -> QComboBox:
    combo = named(QComboBox(), name, title, tip)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    for value, words in choices.items():
        combo.addItem(words, value)
    return combo


def _say(label: QWidget, words: str, role: str) -> None:
    label.setProperty("role", role)
    label.style().unpolish(label)
    label.style().polish(label)
    label.setText(words)  # type: ignore[attr-defined]
    label.setVisible(bool(words))
