"""Colours of letters, features and the ground, for light and dark palettes, chosen for colour-blind eyes too."""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPalette

_NUCLEOTIDES = {"A": "#2bb486", "C": "#2f6fd0", "G": "#f0b000", "T": "#b3264a", "U": "#b3264a"}
#: By what they do in a protein: the aliphatic, aromatic, small polar, positive, negative and bending ones.
_AMINO_ACIDS = {
    **dict.fromkeys("AVILM", "#2f6fd0"),
    **dict.fromkeys("FWY", "#9a6fd8"),
    **dict.fromkeys("STNQ", "#009e73"),
    **dict.fromkeys("KRH", "#d0455c"),
    **dict.fromkeys("DE", "#d06fb4"),
    **dict.fromkeys("GP", "#e08a2e"),
    "C": "#f0b000",
}
_OTHER = "#8c8c94"
_KINDS = {
    **dict.fromkeys(("cds", "mat_peptide", "domain", "protein"), "#3f7fd4"),
    **dict.fromkeys(("gene", "mrna", "transcript"), "#2ba084"),
    **dict.fromkeys(("exon", "helix"), "#c85c93"),
    **dict.fromkeys(("promoter", "regulatory", "enhancer", "tata_box"), "#dd9a1c"),
    **dict.fromkeys(("terminator", "polya_signal"), "#d0604a"),
    **dict.fromkeys(("rep_origin", "origin", "oriT"), "#a07818"),
    **dict.fromkeys(("repeat_region", "mobile_element", "ltr"), "#8a70d0"),
    **dict.fromkeys(("trna", "rrna", "ncrna", "misc_rna"), "#44a4c8"),
    **dict.fromkeys(("source", "region", "misc_feature"), "#868d99"),
    **dict.fromkeys(("primer_bind", "primer"), "#b056b8"),
}
_REST = ("#3f7fd4", "#2ba084", "#c85c93", "#dd9a1c", "#8a70d0", "#44a4c8", "#d0604a", "#86a03a")


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """Return ``share`` of one colour on the other."""
    mix = [share * a + (1 - share) * b for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)]  # type: ignore[index]
    return QColor(*(round(value) for value in mix))


def luminance(colour: QColor) -> float:
    """Return the relative luminance (WCAG) from 0 to 1."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours (WCAG), 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(ink: QColor, ground: QColor, least: float = 4.5) -> QColor:
    """Return the ink, darkened or lightened until it can be read on the ground."""
    end = QColor("black") if luminance(ground) > 0.18 else QColor("white")
    for step in range(21):
        tried = mixed(end, ink, step / 20)
        if contrast(tried, ground) >= least:
            return tried
    return end


@dataclass(frozen=True)
class Colours:
    """All colours of the view."""

    ground: QColor
    text: QColor
    faint: QColor
    line: QColor
    accent: QColor
    hit: QColor
    dark: bool

    @classmethod
    def of(cls, palette: QPalette) -> "Colours":
        """Derive them from a widget's palette."""
        ground, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
        dark = luminance(ground) < 0.18
        if contrast(ground, text) < 4.5:
            text = QColor("#f0f0f0" if dark else "#202020")
        accent = readable(palette.color(QPalette.ColorRole.Highlight), ground, 3.0)
        hit = QColor("#ffd54a" if dark else "#e8a400")
        return cls(ground, text, mixed(text, ground, 0.66), mixed(text, ground, 0.16), accent, hit, dark)

    def block(self, alphabet: str, letter: str) -> QColor:
        """Return the colour of a letter shown as a block."""
        return _block(self.ground.rgb(), alphabet == "protein", letter.upper())

    def cell(self, alphabet: str, letter: str) -> QColor:
        """Return the ground below a written letter."""
        return _cell(self.ground.rgb(), self.dark, alphabet == "protein", letter.upper())

    def blocks(self, alphabet: str) -> NDArray[np.uint32]:
        """Return the pixel of each letter's block, by the letter's byte."""
        return _pixels(self.ground.rgb(), self.dark, alphabet == "protein", block=True)

    def cells(self, alphabet: str) -> NDArray[np.uint32]:
        """Return the pixel of the ground below each letter, by the letter's byte."""
        return _pixels(self.ground.rgb(), self.dark, alphabet == "protein", block=False)

    def ink(self, alphabet: str, letter: str) -> QColor:
        """Return the colour of a written letter."""
        return _ink(self.ground.rgb(), self.dark, alphabet == "protein", letter.upper())

    def feature(self, kind: str) -> QColor:
        """Return the colour of a kind of feature; equal in every session."""
        return _feature(self.ground.rgb(), self.dark, kind.lower())[0]

    def feature_edge(self, kind: str) -> QColor:
        """Return the colour of a feature's outline."""
        return _feature(self.ground.rgb(), self.dark, kind.lower())[1]

    def feature_ink(self, kind: str) -> QColor:
        """Return the colour of a feature's name."""
        return _feature(self.ground.rgb(), self.dark, kind.lower())[2]


def _hue(protein: bool, letter: str) -> QColor:
    return QColor((_AMINO_ACIDS if protein else _NUCLEOTIDES).get(letter, _OTHER))


@lru_cache(maxsize=16)
def _pixels(ground: int, dark: bool, protein: bool, block: bool) -> NDArray[np.uint32]:
    letters = [chr(code).upper() for code in range(256)]
    colours = [_block(ground, protein, one) if block else _cell(ground, dark, protein, one) for one in letters]
    return np.array([colour.rgb() for colour in colours], np.uint32)


@lru_cache(maxsize=512)
def _block(ground: int, protein: bool, letter: str) -> QColor:
    return mixed(_hue(protein, letter), QColor.fromRgb(ground), 0.85)


@lru_cache(maxsize=512)
def _cell(ground: int, dark: bool, protein: bool, letter: str) -> QColor:
    return mixed(_hue(protein, letter), QColor.fromRgb(ground), 0.24 if dark else 0.2)


@lru_cache(maxsize=512)
def _ink(ground: int, dark: bool, protein: bool, letter: str) -> QColor:
    return readable(_hue(protein, letter), _cell(ground, dark, protein, letter))


@lru_cache(maxsize=512)
def _feature(ground: int, dark: bool, kind: str) -> tuple[QColor, QColor, QColor]:
    base = QColor.fromRgb(ground)
    hue = QColor(_KINDS.get(kind) or _REST[zlib.crc32(kind.encode("utf-8", "replace")) % len(_REST)])
    fill = mixed(hue, base, 0.64 if dark else 0.62)
    ink = readable(QColor("#ffffff" if dark else "#101014"), fill)
    return fill, readable(fill, base, 3.0), ink
