"""The button of studies: several trainings for one question."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from .named import named

_STUDIES = (
    ("cross_validate", "&Cross-validate …", "Train once for each fold: how good is it, and how sure is that figure"),
    ("search", "&Search for good options …", "Try many sets of options within a budget, and train with the best"),
    ("distill", "&Distill into another model …", "Let a smaller model learn what a trained one says"),
)


class StudyButton(QPushButton):
    """Opens a menu of the studies and tells which was asked for (see `asked`)."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Studies …", parent)
        tip = "Several trainings for one question: cross-validation, search for options, distillation"
        named(self, "train.studies", "Studies", tip)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name, text, words in _STUDIES:
            action = menu.addAction(text)
            action.setObjectName(f"train.studies.{name}")
            action.setToolTip(words)
            action.triggered.connect(lambda _=False, study=name: self.asked.emit(study))
        self.setMenu(menu)
