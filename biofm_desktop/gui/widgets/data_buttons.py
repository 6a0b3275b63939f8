"""Buttons of what is done with data before a training: classes, augmentation, how many labels, pre-training."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from .named import named


class DataButtons(QWidget):
    """Tells which look at the data was asked for."""

    classes_requested = Signal()
    augmentation_requested = Signal()
    curve_requested = Signal()
    pretrain_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "How often each class occurs in training, validation and test; which are missing or very rare"
        self.classes = named(QPushButton("Classes …"), "train.classes", "Classes", tip)
        tip = "How samples are changed at random while training, shown on the sample in view; also while a run goes on"
        self.augmentation = named(QPushButton("Augmentation …"), "train.augmentation", "Augmentation", tip)
        tip = "Train with fewer and more labels, to see whether more of them would help"
        self.curve = named(QPushButton("Learning curve …"), "train.curve", "Learning curve", tip)
        tip = "Let the model learn from all samples, labelled or not, before it is taught: helps where labels are few"
        self.pretrain = named(QPushButton("Pre-train …"), "train.pretrain", "Pre-train", tip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for button, told in (
            (self.classes, self.classes_requested),
            (self.augmentation, self.augmentation_requested),
            (self.curve, self.curve_requested),
            (self.pretrain, self.pretrain_requested),
        ):
            column.addWidget(button)
            button.clicked.connect(told)
