"""Small made-up data for tests of the project; the real readers are tested elsewhere."""

import numpy as np

from biofm_desktop.engine.project import Project
from biofm_desktop.engine.samples import Dataset, ImageSample, LazyImage, SequenceSample


def images(mask=True, shape=(6, 8), count=3):
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    label = LazyImage.of((pixels > 20).astype(np.uint8)) if mask else None
    axes = "ZYX"[-len(shape) :]
    return Dataset(
        "cells",
        tuple(ImageSample(key=f"slide_{i}", pixels=LazyImage.of(pixels), axes=axes, mask=label) for i in range(count)),
    )


def sequences():
    targets = ("promoter", "other", None)
    return Dataset(
        "dna", tuple(SequenceSample(key=f"s{i}", letters="ACGT" * 5, target=t) for i, t in enumerate(targets))
    )


def reopened(project):
    """Look at what is on the disk, as another program would."""
    return Project.open(project.folder, write=False)
