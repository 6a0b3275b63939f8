"""Distillation: which run teaches, which model learns from it, and how."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from biofm_desktop.engine.jobs import DistillJob, FitOptions
from biofm_desktop.engine.jobs.distill import Teacher
from biofm_desktop.engine.models import MODELS
from biofm_desktop.gui.widgets.named import named, plain_label, plain_tip
from biofm_desktop.gui.widgets.options_form import OptionsForm

from .study import StudyDialog

_HINT = (
    "A model, mostly a smaller one, learns to answer as a trained run does: from your labels, and from samples without "
    "one as well. The splits of the teacher are kept. The result is a run like any other."
)


class DistillDialog(StudyDialog):
    """Asks for teacher, student and options; ``start_requested`` gives the teacher's folder, the student's name and the
    options of the distillation and of the training. ``folder_chosen`` names a run of elsewhere that shall teach."""

    start_requested = Signal(str, str, dict, dict)
    folder_chosen = Signal(str)

    def __init__(self, title: str, options: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__("distill", f"Distillation: {title}", parent)
        self._teachers: list[Teacher] = []
        self._teacher = self._combo("distill.teacher", "Teacher", "The run whose answers are learnt")
        tip = "Name the folder of a run that is not of this project"
        self._browse = named(QPushButton("Folder …"), "distill.folder", "Teacher from a folder", tip)
        self._browse.setAutoDefault(False)
        self._student = self._combo("distill.student", "Student", "The model that learns")
        self._help = plain_label()
        self._help.setProperty("role", "faint")
        self.how = OptionsForm(DistillJob, "distill")
        self.fit = OptionsForm(FitOptions, "distill.options")
        self.fit.set_values(options)
        self._browse.clicked.connect(self._ask_folder)
        self._teacher.currentIndexChanged.connect(lambda _: self._offer_students())
        self._student.currentIndexChanged.connect(lambda _: self._show_help())
        asked = self._scrolled()
        self.lay_out(_HINT, [self._form(), asked], asked)
        self.offer_teachers(())
        self.resize(700, 640)

    def offer_teachers(self, teachers: Sequence[Teacher], chosen: Path | None = None) -> None:
        """Offer these runs, the latest first; one of them chosen."""
        self._teachers = list(reversed(teachers))
        self._teacher.blockSignals(True)
        self._teacher.clear()
        for place, teacher in enumerate(self._teachers):
            self._teacher.addItem(teacher.in_words())
            tip = f"{MODELS[teacher.model].title}\n{teacher.folder}" if teacher.model in MODELS.names else ""
            self._teacher.setItemData(place, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
        folders = [teacher.folder for teacher in self._teachers]
        latest = 0 if folders else -1
        self._teacher.setCurrentIndex(folders.index(chosen) if chosen in folders else latest)
        self._teacher.blockSignals(False)
        self._teacher.setEnabled(bool(teachers))
        self._teacher.setPlaceholderText("Train a run first, or name a folder")
        self._offer_students()

    def ask(self) -> None:
        """Ask for the distillation, where all options are well."""
        forms = (self.how, self.fit)
        if self._teacher.currentIndex() < 0:
            self.show_state("Train a run that can teach first, or name the folder of one.", busy=False, role="error")
        elif all([form.check() for form in forms]):  # noqa: C419 - every form marks its own
            teacher = self._teachers[self._teacher.currentIndex()]
            self.start_requested.emit(str(teacher.folder), self._student.currentData(), *(f.values() for f in forms))

    def _offer_students(self) -> None:
        """Offer the models that fit the teacher's task; the one chosen before stays."""
        place, before = self._teacher.currentIndex(), self._student.currentData()
        students = self._teachers[place].students() if place >= 0 else []
        self._student.blockSignals(True)
        self._student.clear()
        for row, entry in enumerate(students):
            self._student.addItem(entry.title, entry.name)
            self._student.setItemData(row, entry.help, Qt.ItemDataRole.ToolTipRole)
        self._student.setCurrentIndex(max(0, self._student.findData(before)) if students else -1)
        self._student.blockSignals(False)
        self._student.setEnabled(bool(students))
        self._show_help()

    def _show_help(self) -> None:
        words = self._student.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        self._help.setText(words)
        self._help.setVisible(bool(words))

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "The folder of a run that teaches")
        if name:
            self.folder_chosen.emit(name)

    def _combo(self, name: str, title: str, tip: str) -> QComboBox:
        combo = named(QComboBox(), name, title, tip)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(24)
        return combo

    def _form(self) -> QWidget:
        asked, line = QWidget(), QHBoxLayout()
        line.addWidget(self._teacher, 1)
        line.addWidget(self._browse)
        form = QFormLayout(asked)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        label = plain_label("&Teacher")
        label.setBuddy(self._teacher)
        label.setMinimumHeight(28)  # that of the button beside it
        form.addRow(label, line)
        form.addRow("St&udent", self._student)
        form.addRow("", self._help)
        return asked

    def _scrolled(self) -> QScrollArea:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.how)
        rule = QFrame()
        rule.setFrameShape(QFrame.Shape.HLine)
        column.addWidget(rule)
        column.addWidget(self.fit)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("distill.scroll")
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(140)
        scroll.setWidget(inner)
        return scroll
