"""The rules of the house that hold for every room."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from biofm_desktop.cli.parsers import COMMANDS, parse
from biofm_desktop.engine.exports import EXPORTS
from biofm_desktop.engine.formats import FORMATS, LAYOUTS
from biofm_desktop.engine.jobs import JOBS
from biofm_desktop.engine.models import MODELS
from biofm_desktop.engine.options import specs
from biofm_desktop.engine.tasks import TASKS

ROOT = Path(__file__).parent.parent
OURS = [path for folder in ("biofm_desktop", "tests", "installers") for path in sorted((ROOT / folder).rglob("*.py"))]
LEFT_OUT = {".git", ".venv", "__pycache__", "dist", "build"}
WINDOW_LIBRARIES = {"PySide6", "napari", "pyqtgraph", "qasync", "qtpy", "superqt", "qtawesome", "vispy"}
# Cut in two, so that this file does not name them itself.
REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "deb.debian" + ".org", "npmjs" + ".org", "pytorch.org" + "/whl")


def python(code: str, timeout: float = 60) -> str:
    """Return what a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:] or f"status {done.returncode}"
    return done.stdout.strip()


def imports(path: Path) -> Iterator[str]:
    """Give the top name of everything that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_imports_keep_to_the_walls() -> None:
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(script), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [p for p in OURS if "engine" in p.parts[:-1]], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_knows_no_window(path: Path) -> None:
    assert not WINDOW_LIBRARIES & set(imports(path))


@pytest.mark.parametrize("module", ["biofm_desktop.cli", "biofm_desktop.gui.app", "biofm_desktop.gui.main_window"])
def test_the_window_and_the_command_line_start_without_torch(module: str) -> None:
    heavy = "('torch', 'torchvision', 'triton')"
    assert python(f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_the_command_line_starts_without_the_window() -> None:
    assert (
        python("import sys, biofm_desktop.cli; print('napari' in sys.modules, 'PySide6' in sys.modules)")
        == "False False"
    )


def test_no_file_names_a_package_registry() -> None:
    for path in ROOT.rglob("*"):
        if path.is_file() and not LEFT_OUT & set(path.relative_to(ROOT).parts) and path.suffix not in (".png", ".pyc"):
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not [name for name in REGISTRIES if name in text], path


def test_files_stay_short_enough_to_read() -> None:
    too_long = {
        str(p.relative_to(ROOT)): n for p in OURS if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not too_long


def test_no_room_is_called_after_nothing() -> None:
    assert not [path for path in OURS if re.search(r"utils|helpers|manager|misc", path.stem)]


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b")
    assert not [path for path in OURS if marks.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("entry", [*TASKS, *MODELS, *FORMATS, *LAYOUTS, *EXPORTS], ids=lambda entry: entry.name)
def test_every_entry_of_a_list_has_a_name_for_commands_and_a_title_for_people(entry: object) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(getattr(entry, "name", "")))
    title = str(getattr(entry, "title", ""))
    assert title[:1].isalnum()
    assert title == title.strip()


@pytest.mark.parametrize("entry", [*TASKS, *MODELS], ids=lambda entry: entry.name)
def test_every_task_and_model_says_what_it_is_for(entry: object) -> None:
    assert len(str(getattr(entry, "help", "")).split()) >= 4


@pytest.mark.parametrize("entry", [*TASKS], ids=lambda entry: entry.name)
def test_every_option_has_a_title_and_a_default_that_it_allows(entry: type) -> None:
    for spec in specs(entry):
        assert spec.title
        assert spec.check(spec.default) == spec.default


def test_lists_hold_what_the_outside_asks_for_by_name() -> None:
    assert {"image-classification", "semantic-segmentation", "sequence-classification", "sequence-regression"} <= set(
        TASKS.names
    )
    images = {"biomed-cnn", "vgg16", "resnet18", "mobilenet-v2", "unet", "unet-mobilenet-v2"}
    assert images | {"sequence-cnn", "rnn", "lstm", "gru", "sequence-transformer"} <= set(MODELS.names)
    assert {"label-tiff", "csv"} <= set(EXPORTS.names)
    assert JOBS.names


@pytest.mark.parametrize(
    "page", ["README.md", *(f"resources/manual/{p.name}" for p in sorted((ROOT / "resources/manual").glob("*.md")))]
)
def test_commands_and_links_of_the_pages_are_real(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for line in re.findall(r"^    biofm (.+?)(?:  +#.*)?$", text, re.M):
        words = shlex.split(line)
        if words[0] in COMMANDS:
            assert parse(words) is not None, line
        else:  # a path, which opens the window
            assert re.search(r"[/_.]", words[0]), line
    for place in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / page).parent.joinpath(place).exists(), place
    for place in re.findall(r"(?:resources|installers)/[\w./-]+\w", text):
        assert (ROOT / place).exists(), place


def test_a_signal_can_say_true_a_million_times() -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference to True at each and dies after a few thousand."""
    code = """
from PySide6.QtCore import QObject, Signal
class Teller(QObject):
    told = Signal(bool)
teller, heard = Teller(), []
teller.told.connect(lambda value: heard.append(value) if len(heard) < 9 else None)
for _ in range(1_000_000):
    teller.told.emit(True)
print(len(heard))
"""
    assert python(code, timeout=120) == "9"
