"""What tests of the window get: tiny data, a window that is closed afterwards, and real OpenGL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent

from biofm_desktop.engine.project import Project
from biofm_desktop.engine.samples import Dataset, Feature, ImageSample, LazyImage, SequenceSample
from biofm_desktop.gui.app import make_window
from biofm_desktop.gui.main_window import MainWindow


@pytest.fixture
def images_folder(tmp_path: Path) -> Path:
    """A folder with three images of 40 x 60 pixels and their masks (one bright square each)."""
    random = np.random.default_rng(0)
    for number in range(3):
        image = random.integers(0, 60, (40, 60), np.uint8)
        mask = np.zeros((40, 60), np.uint8)
        mask[5:15, 5 + 10 * number : 15 + 10 * number] = 1
        image[mask > 0] += 150
        for folder, pixels in (("images", image), ("labels", mask)):
            path = tmp_path / "nuclei" / folder / f"cell_{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    return tmp_path / "nuclei"


@pytest.fixture
def sequences_file(tmp_path: Path) -> Path:
    """A table of six short DNA sequences with a class each."""
    path = tmp_path / "promoters.csv"
    rows = [f"{'ACGTTGCA' * 5},{'promoter' if n % 2 else 'other'}" for n in range(6)]
    path.write_text("sequence,label\n" + "\n".join(rows) + "\n")
    return path


def picture(key: str, *, target: str | None = None, mask: bool = False) -> ImageSample:
    """Return a small image."""
    pixels = np.arange(2400, dtype=np.uint16).reshape(40, 60)
    label = LazyImage.of((pixels > 1200).astype(np.uint8)) if mask else None
    return ImageSample(key=key, pixels=LazyImage.of(pixels), target=target, mask=label)


def letters(key: str, *, target: str | float | None = None) -> SequenceSample:
    """Return a short sequence with a feature."""
    return SequenceSample(key=key, letters="ACGT" * 20, target=target, features=(Feature(3, 9, "gene", "abc"),))


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Make a project around samples that are in memory."""

    def make(*samples: ImageSample | SequenceSample, classes: tuple[str, ...] = (), instances: bool = False) -> Project:
        data = Dataset("made up", samples, classes=classes, instances=instances)
        return Project(tmp_path / "project", [tmp_path / "data"], data, None)

    return make


@pytest.fixture(scope="module")
def shared_window(qapp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One window for all tests of a file, as napari takes seconds to build."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("shared")
        patch.setenv("BIOFM_CONFIG_DIR", str(home / "config"))
        patch.setenv("BIOFM_CACHE_DIR", str(home / "cache"))
        patch.setenv("NAPARI_CONFIG", str(home / "napari.yaml"))
        made = make_window(None)
        assert isinstance(made, MainWindow)
        made.show()
        yield made
        made.jobs.close(save=False)
        made.close()
        made.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(shared_window: MainWindow) -> Iterator[MainWindow]:
    """The window of this file, with nothing open in it."""
    yield shared_window
    shared_window.bench.set_project(None)
    if shared_window.desk.dialog is not None:
        shared_window.desk.dialog.accept()
