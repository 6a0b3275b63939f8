"""The dialog that names a new feature."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QWidget

from biofm_desktop.engine.samples import Feature

_KINDS = {
    "nucleotides": ("misc_feature", "gene", "CDS", "exon", "promoter", "terminator", "repeat_region", "primer_bind"),
    "protein": ("region", "domain", "site", "signal_peptide", "helix", "strand", "disulfide"),
}
_STRANDS = {"None": 0, "Forward": 1, "Reverse": -1}


class FeatureDialog(QDialog):
    """Asks for name, kind and strand of a feature from ``start`` to ``end``."""

    def __init__(self, start: int, end: int, where: str, protein: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = (start, end)
        self.setWindowTitle("Add feature")
        self.setObjectName("sequence.feature_dialog")
        self._name, self._kind, self._strand = QLineEdit(), QComboBox(), QComboBox()
        self._kind.setEditable(True)
        self._kind.addItems(_KINDS["protein" if protein else "nucleotides"])
        self._strand.addItems(list(_STRANDS) if not protein else ["None"])
        place = QLabel(where)
        place.setTextFormat(Qt.TextFormat.PlainText)
        form = QFormLayout(self)
        form.addRow("Place", place)
        rows: list[tuple[str, QWidget, str]] = [
            ("name", self._name, "The name shown on the feature"),
            ("kind", self._kind, "What it is; choose one or type another"),
            ("strand", self._strand, "The strand it is read on"),
        ]
        for word, field, help_text in rows:
            field.setObjectName(f"sequence.feature_{word}")
            field.setAccessibleName(f"Feature {word}")
            field.setToolTip(help_text)
            if word != "strand" or not protein:
                form.addRow(f"&{word.capitalize()}", field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setObjectName("sequence.feature_accept")
        self._ok.setText("Add")
        self._kind.editTextChanged.connect(lambda text: self._ok.setEnabled(bool(text.strip())))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    def feature(self) -> Feature:
        """Return the feature as filled in."""
        strand = _STRANDS[self._strand.currentText()]
        return Feature(*self._range, self._kind.currentText().strip(), self._name.text().strip(), strand)
