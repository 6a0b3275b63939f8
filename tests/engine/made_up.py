"""Tiny made-up data that several tests share."""

from pathlib import Path

import numpy as np
from PIL import Image


def painted_folder(folder: Path, count: int = 6, size: int = 64, *, splits: bool = False, unlabelled: int = 0) -> Path:
    """Make ``images/`` and ``labels/`` with bright discs on a dark ground; the last ``unlabelled`` have no label."""
    chance = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    down, across = np.mgrid[:size, :size]
    rows = ["name,split"]
    for n in range(count):
        y, x = chance.integers(16, size - 16, 2)
        disc = (down - y) ** 2 + (across - x) ** 2 < 10**2
        picture = np.clip(disc * 160 + chance.normal(40, 10, disc.shape), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / "images" / f"disc{n}.png")
        if n < count - unlabelled:
            Image.fromarray(disc.astype(np.uint8)).save(folder / "labels" / f"disc{n}.png")
        rows.append(f"disc{n},{'test' if n % 3 == 2 else 'train'}")
    if splits:
        (folder / "index.csv").write_text("\n".join(rows) + "\n")
    return folder


def class_folder(folder: Path, count: int = 8, size: int = 32) -> Path:
    """Make class folders ``dark`` and ``light`` with that many pictures each."""
    chance = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 190)):
        (folder / name).mkdir(parents=True)
        for n in range(count):
            picture = np.clip(chance.normal(level, 20, (size, size)), 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(folder / name / f"{name}{n}.png")
    return folder


def sequence_table(path: Path, count: int = 40, length: int = 40, *, numbers: bool = False) -> Path:
    """Make a CSV of DNA: class ``yes`` holds TATAAA in the middle; ``numbers``: the label is the share of G and C."""
    chance = np.random.default_rng(0)
    rows = ["sequence,label"]
    for n in range(count):
        letters = "".join(chance.choice(list("ACGT"), length))
        if n % 2 and not numbers:
            letters = letters[: length // 2] + "TATAAA" + letters[length // 2 + 6 :]
        label = f"{(letters.count('G') + letters.count('C')) / length:.3f}" if numbers else ("yes" if n % 2 else "no")
        rows.append(f"{letters},{label}")
    path.write_text("\n".join(rows) + "\n")
    return path
