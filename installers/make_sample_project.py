"""Draw the sample project anew: pictures of cells and stretches of DNA that no microscope or sequencer ever saw.

``python installers/make_sample_project.py [FOLDER]`` writes it to ``resources/sample_project`` or to FOLDER. The same
seed gives the same pictures and letters.
"""

import csv
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqFeature import CompoundLocation, FeatureLocation, SeqFeature
from Bio.SeqRecord import SeqRecord
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

Random = np.random.Generator
Floats = NDArray[np.float64]

SIDE = 144  # pixels of a picture of nuclei
NUCLEI_SPLITS = ("train",) * 14 + ("val",) * 3 + ("test",) * 3 + ("",) * 4  # the last four have no labels: predict them
CELL_COUNTS = {"train": 24, "val": 6, "test": 8}  # pictures of each class
CELL_CLASSES = ("granular", "lobed", "round")
ROWS = 300  # stretches of DNA
BASES = np.array(list("ACGT"))
CODONS = (
    "GCT",
    "CGT",
    "AAC",
    "GAT",
    "TGC",
    "CAG",
    "GAA",
    "GGT",
    "CAT",
    "ATC",
    "CTG",
    "AAA",
    "TTC",
    "CCG",
    "TCT",
    "ACC",
    "TAC",
    "GTT",
)


def blob(
    random: Random, side: int, centre: tuple[float, float], radius: float, *, stretch: float = 1.0, wobble: float = 0.08
) -> Floats:
    """Return (side, side) values that are above 0 inside a wobbly ellipse and at most 1, at its centre."""
    y, x = np.mgrid[:side, :side] - np.array(centre)[:, None, None]
    tilt = random.uniform(0, np.pi)
    along, across = (x * np.cos(tilt) + y * np.sin(tilt)) / stretch, (y * np.cos(tilt) - x * np.sin(tilt)) * stretch
    angle = np.arctan2(across, along)
    edge = 1 + sum(random.normal(0, wobble / k) * np.cos(k * angle + random.uniform(0, 6.3)) for k in (2, 3, 4))
    inside: Floats = 1 - np.hypot(along, across) / (radius * edge)
    return inside


def texture(random: Random, side: int, grain: float) -> Floats:
    """Return (side, side) smooth noise with mean 0 and standard deviation 1."""
    noise = gaussian_filter(random.standard_normal((side, side)), grain)
    smooth: Floats = (noise - noise.mean()) / noise.std()
    return smooth


def nuclei_picture(random: Random) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a fluorescence picture and its labels: 1 for a nucleus, 2 for one that divides."""
    light = 14 + 8 * blob(random, SIDE, (random.uniform(30, 110), random.uniform(30, 110)), 150.0)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    taken = np.zeros((SIDE, SIDE), bool)
    for number in range(random.integers(16, 24)):
        divides = number % 5 == 4
        centre, radius = (random.uniform(0, SIDE), random.uniform(0, SIDE)), random.uniform(7.5, 11.5)
        shapes = [blob(random, SIDE, centre, radius, stretch=random.uniform(1.0, 1.25))]
        if divides:  # two narrow bright plates beside each other
            shift = 4.2 * np.array([np.cos(tilt := random.uniform(0, 6.3)), np.sin(tilt)])
            shapes = [plate(random, np.array(centre) + way * shift, tilt) for way in (1, -1)]
        inside = np.max(shapes, axis=0)
        if (taken & (inside > -0.25)).any():
            continue
        taken |= inside > 0
        brightness = random.uniform(165, 205) if divides else random.uniform(45, 105)
        grains = 1 + (0.05 if divides else 0.16) * texture(random, SIDE, 1.5)
        light += brightness * np.clip(inside * 5, 0, 1) * grains
        labels[inside > 0] = 2 if divides else 1
    seen = random.poisson(np.clip(gaussian_filter(light, 0.9), 0, None) * 1.5) / 1.5
    return np.clip(seen, 0, 255).astype(np.uint8), labels


def plate(random: Random, centre: Floats, tilt: float) -> Floats:
    """Return the inside (above 0) of one of the two bars of a dividing nucleus."""
    y, x = np.mgrid[:SIDE, :SIDE] - centre[:, None, None]
    away, along = y * np.cos(tilt) + x * np.sin(tilt), x * np.cos(tilt) - y * np.sin(tilt)
    inside: Floats = 1 - np.hypot(away / random.uniform(2.6, 3.2), along / random.uniform(7.0, 9.0))
    return inside


def cell_picture(random: Random, kind: str) -> NDArray[np.uint8]:
    """Return a stained cell, (48, 48, 3): its kind shows in the nucleus and in the grains."""
    side, centre = 48, (24 + random.uniform(-3, 3), 24 + random.uniform(-3, 3))
    colour = np.full((side, side, 3), (232.0, 222.0, 226.0)) + random.normal(0, 4, 3)

    def stain(inside: Floats, tint: Iterable[float]) -> None:
        cover = np.clip(inside * 8, 0, 1)[..., None]
        colour[:] = colour * (1 - cover) + np.array(tuple(tint)) * cover

    radius = random.uniform(13, 15) if kind == "round" else random.uniform(15, 18)
    stain(blob(random, side, centre, radius), np.array((196, 186, 222)) + random.normal(0, 6, 3))
    purple = np.array((108, 66, 150)) + random.normal(0, 8, 3)
    if kind == "round":
        stain(blob(random, side, centre, radius * random.uniform(0.74, 0.84)), purple)
    else:
        lobes = 2 if kind == "granular" else random.integers(3, 5)
        start = random.uniform(0, 6.3)
        for turn in start + np.arange(lobes) * (2.2 if lobes == 2 else 1.5):
            at = (centre[0] + 6.5 * np.sin(turn), centre[1] + 6.5 * np.cos(turn))
            stain(blob(random, side, at, random.uniform(5.0, 6.2), stretch=1.1), purple)
    if kind == "granular":
        for _ in range(55):
            way, far = random.uniform(0, 6.3), radius * 0.85 * np.sqrt(random.uniform(0, 1))
            at = (centre[0] + far * np.sin(way), centre[1] + far * np.cos(way))
            stain(blob(random, side, at, 1.3), np.array((214, 92, 84)) + random.normal(0, 10, 3))
    colour = gaussian_filter(colour, (0.7, 0.7, 0)) + random.normal(0, 2.0, colour.shape)
    stained: NDArray[np.uint8] = np.clip(colour, 0, 255).astype(np.uint8)
    return stained


def letters(random: Random, count: int, *, gc: float = 0.5) -> str:
    """Return random DNA of this length and share of G and C."""
    return "".join(random.choice(BASES, count, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]))


def promoter_row(random: Random, label: str) -> str:
    """Return 60 to 100 letters; a promoter has a TATA box some 30 letters before its end, and a GC-rich stretch."""
    length = int(random.integers(60, 101))
    if label == "other":
        return letters(random, length, gc=0.46)
    box = (
        "TATA"
        + "".join(random.choice(["A", "T"], 1))
        + "A"
        + "".join(random.choice(["A", "T"], 1))
        + "".join(random.choice(["A", "G"], 1))
    )
    after = int(random.integers(22, 31))
    return letters(random, length - after - len(box), gc=0.56) + box + letters(random, after, gc=0.5)


def plasmid(random: Random) -> SeqRecord:
    """Return a made-up ring of DNA with a promoter, two genes, one of them cut in two, and an origin."""
    parts: list[tuple[str, str, dict[str, str], str]] = []

    def gene(codons: int) -> str:
        return "ATG" + "".join(random.choice(CODONS, codons)) + "TAA"

    parts += [("misc_feature", letters(random, 60), {"note": "cloning site"}, "+")]
    parts += [
        (
            "promoter",
            letters(random, 24) + "TTGACA" + letters(random, 17, gc=0.3) + "TATAAT" + letters(random, 7),
            {"label": "P1"},
            "+",
        )
    ]
    parts += [("RBS", "AGGAGG" + letters(random, 6), {"label": "RBS"}, "+")]
    parts += [("CDS", gene(218), {"gene": "glo", "product": "made-up glowing protein"}, "+")]
    parts += [("terminator", "GCCGCCGGATTA" + "TTTTTTAATCCGGCGGC" + letters(random, 20), {"label": "T1"}, "+")]
    parts += [("rep_origin", letters(random, 520, gc=0.42), {"label": "ori"}, "+")]
    parts += [
        ("CDS", str(Seq(gene(265)).reverse_complement()), {"gene": "res", "product": "made-up resistance protein"}, "-")
    ]
    sequence, features = "", []
    for kind, dna, words, strand in parts:
        sequence += letters(random, 28)
        features.append(
            SeqFeature(
                FeatureLocation(len(sequence), len(sequence) + len(dna), 1 if strand == "+" else -1),
                kind,
                qualifiers=words,
            )
        )
        sequence += dna
    ends = [FeatureLocation(len(sequence) - 12, len(sequence), 1), FeatureLocation(0, 20, 1)]
    features.append(
        SeqFeature(CompoundLocation(ends), "misc_feature", qualifiers={"note": "crosses the origin of the ring"})
    )
    facts: dict[str, Any] = {
        "molecule_type": "DNA",
        "topology": "circular",
        "date": "01-JAN-2026",
        "data_file_division": "SYN",
        "organism": "synthetic construct",
    }
    return SeqRecord(
        Seq(sequence),
        "pSAMPLE1",
        "pSAMPLE1",
        "Made-up plasmid of the BioFM Desktop sample project",
        annotations=facts,
        features=features,
    )


def write_table(path: Path, rows: list[tuple[object, ...]]) -> None:
    """Write rows as CSV with one kind of line end on every system."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def save(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a PNG as small as it gets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, optimize=True)


def make(folder: Path) -> None:
    """Write the whole sample project into a folder, in place of an older one."""
    for part in ("nuclei", "cells"):
        shutil.rmtree(folder / part, ignore_errors=True)
    random = np.random.default_rng(2026)
    for number, split in enumerate(NUCLEI_SPLITS, 1):
        picture, labels = nuclei_picture(random)
        save(folder / f"nuclei/images/nuclei_{number:02}.png", picture)
        if split:
            save(folder / f"nuclei/labels/nuclei_{number:02}.png", labels)
    index = [(f"nuclei_{number:02}", split) for number, split in enumerate(NUCLEI_SPLITS, 1)]
    write_table(folder / "nuclei/index.csv", [("name", "split"), *index])
    write_table(folder / "nuclei/classes.csv", [("value", "name"), (0, "background"), (1, "nucleus"), (2, "dividing")])
    for split, count in CELL_COUNTS.items():
        for kind in CELL_CLASSES:
            for number in range(1, count + 1):
                save(folder / f"cells/{split}/{kind}/{kind}_{split}_{number:02}.png", cell_picture(random, kind))
    labels_of_rows = [("promoter", "other")[number % 2] for number in range(ROWS)]
    splits = [("train", "val", "test", "")[int(part)] for part in random.choice(4, ROWS, p=[0.68, 0.14, 0.12, 0.06])]
    rows = [
        (promoter_row(random, label), label if split else "", split)
        for label, split in zip(labels_of_rows, splits, strict=True)
    ]
    write_table(folder / "promoters.csv", [("sequence", "label", "split"), *rows])
    SeqIO.write(plasmid(random), folder / "plasmid.gb", "genbank")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent.parent / "resources/sample_project")
