"""Examines the computer: what it has, what is wrong, and how to mend it."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from biofm_desktop import __version__
from biofm_desktop.paths import cache_dir, config_dir, projects_dir

from .events import Failed, Finished
from .faults import Fault
from .files import free_bytes, read_json
from .jobs import SelfTestJob
from .runners import Child, thread_count
from .settings import load_settings, settings_path

_GIB = 2**30
_LIBRARIES = (
    *("numpy", "torch", "torchvision", "napari", "PySide6-Essentials", "pyqtgraph", "tifffile", "nibabel"),
    *("pydicom", "biopython", "safetensors"),
)
_CHILD_SECONDS = 180.0

#: Libraries that Qt's window needs on Linux, and the Debian or Ubuntu package of each.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}

#: Asked of another process: a display that cannot be reached makes Qt abort.
_ASK_QT = """
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext
app = QGuiApplication([])
size = app.primaryScreen().size() if app.primaryScreen() else None
print(app.platformName(), f"{size.width()} x {size.height()}" if size else "no screen", sep=", ")
surface, context = QOffscreenSurface(), QOpenGLContext()
surface.create()
if context.create() and context.makeCurrent(surface):
    names = context.functions()
    print(names.glGetString(0x1F01), names.glGetString(0x1F02), sep=", OpenGL ")
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``blocked`` means that the program cannot work, ``way_out`` says what to do."""

    name: str
    value: str
    state: Literal["good", "warning", "blocked"] = "good"
    way_out: str = ""


def examine(*, quick: bool = False) -> Iterator[Finding]:
    """Look at everything; ``quick`` leaves out the child process and with it the imports of torch."""
    yield Finding("program", f"BioFM Desktop {__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield from _libraries()
    yield Finding("processor", f"{os.cpu_count()} cores; jobs that name no number use {thread_count()} threads")
    yield _memory()
    yield from _folders()
    yield from _network()
    yield from _display()
    card = _graphics_card()
    yield card or Finding("graphics card", "none that nvidia-smi knows")
    if not quick:
        yield from _child(card)


def _libraries() -> Iterator[Finding]:
    versions, missing = [], []
    for name in _LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    yield Finding("libraries", ", ".join(versions))
    if missing:
        yield Finding("missing", ", ".join(missing), "blocked", "Run the set-up again: bash installers/setup.sh")


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    value = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB free"
    if memory.available < 2 * _GIB:
        return Finding("memory", value, "warning", "Close other programs, or take small batches and image sizes")
    return Finding("memory", value)


def _folders() -> Iterator[Finding]:
    settings = load_settings()
    projects = Path(settings.projects) if settings.projects else projects_dir()
    for name, path in (("projects", projects), ("settings", config_dir()), ("downloads", cache_dir())):
        yield _folder(name, path)


def _folder(name: str, path: Path) -> Finding:
    standing = next(p for p in (path, *path.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=standing):
            pass
    except OSError as error:
        way_out = f"Give yourself the right to write into {standing}, or set BIOFM_{_VARIABLES[name]}"
        state: Literal["warning", "blocked"] = "blocked" if name == "projects" else "warning"
        return Finding(name, f"{path}: cannot be written ({error.strerror})", state, way_out)
    free = free_bytes(path)
    value = f"{path}, {free / _GIB:.1f} GiB free"
    if free < _GIB:
        return Finding(name, value, "warning", "Free some space, or choose another folder in the settings")
    return Finding(name, value)


_VARIABLES = {"projects": "PROJECTS_DIR", "settings": "CONFIG_DIR", "downloads": "CACHE_DIR"}


def _network() -> Iterator[Finding]:
    if settings_path().exists():
        try:
            read_json(settings_path())
        except Fault as fault:
            yield Finding("settings file", fault.message, "warning", "Delete it; the defaults are used meanwhile")
    settings = load_settings()
    value = "never used (offline)" if settings.offline else "used for published weights only"
    if settings.mirror and not Path(settings.mirror).is_dir():
        way_out = "Name the folder again in the settings"
        yield Finding("network", f"{value}; the mirror folder {settings.mirror} is missing", "warning", way_out)
    else:
        yield Finding("network", value + (f"; mirror folder {settings.mirror}" if settings.mirror else ""))


def _display() -> Iterator[Finding]:
    linux = sys.platform.startswith("linux")
    there = [f"{name}={os.environ[name]}" for name in ("DISPLAY", "WAYLAND_DISPLAY") if os.environ.get(name)]
    missing = missing_libraries() if linux else []
    if missing:
        packages = sorted({PACKAGES.get(name, name) for name in missing})
        way_out = f"sudo apt-get install {' '.join(packages)}"
        yield Finding("Qt's libraries", f"missing: {', '.join(missing)}", "blocked" if there else "warning", way_out)
    if linux and not there:
        way_out = "The command line works without; for the window use a desktop session, ssh -X or xvfb-run"
        yield Finding("display", "none in this session", "warning", way_out)
        return
    yield from _ask_qt(", ".join(there))


def _ask_qt(there: str) -> Iterator[Finding]:
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", _ASK_QT], check=False, capture_output=True, text=True, timeout=60
        )
    except subprocess.TimeoutExpired:
        yield Finding(
            "display", f"{there}: no answer within a minute", "blocked", "Log in again, or restart the computer"
        )
        return
    lines = asked.stdout.splitlines()
    if not lines:
        said = asked.stderr.strip().splitlines()
        value = f"{there}: the window cannot open" + (f" ({said[0][:200]})" if said else "")
        yield Finding(
            "display", value, "blocked", "See that the display can be reached (xauth, ssh -X) and log in again"
        )
        return
    yield Finding("display", f"{there}, {lines[0]}" if there else lines[0])
    if len(lines) > 1:
        yield Finding("OpenGL", lines[1])
    else:
        way_out = "Update the graphics driver; on Linux: sudo apt-get install libgl1-mesa-dri"
        yield Finding("OpenGL", "not available; images cannot be shown", "blocked", way_out)


def missing_libraries() -> list[str]:
    """Return the system libraries that Qt's X11 platform lacks here; empty where that cannot be said."""
    found = importlib.util.find_spec("PySide6")
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    plugins = [Path(folder) / "Qt/plugins/platforms/libqxcb.so" for folder in folders]
    if shutil.which("ldd") is None:
        return []
    missing: set[str] = set()
    for plugin in plugins:
        if plugin.is_file():
            asked = subprocess.run(["ldd", str(plugin)], check=False, capture_output=True, text=True, timeout=20)
            missing |= {line.split()[0] for line in asked.stdout.splitlines() if line.rstrip().endswith("not found")}
    return sorted(missing)


def _graphics_card() -> Finding | None:
    if shutil.which("nvidia-smi") is None:
        return None
    words = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        asked = subprocess.run(words, check=False, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return Finding("graphics card", "nvidia-smi does not answer", "warning", "Update or restart the NVIDIA driver")
    if asked.returncode or not asked.stdout.strip():
        said = (asked.stdout + asked.stderr).strip().splitlines()
        return Finding("graphics card", said[0] if said else "unknown", "warning", "Update the NVIDIA driver")
    return Finding("graphics card", "; ".join(f"{line} (name, driver, memory)" for line in asked.stdout.splitlines()))


def _child(card: Finding | None) -> Iterator[Finding]:
    """Let a child learn a little: torch, its optimisers and the pipe are in order when it does."""
    child, began = Child(), time.perf_counter()
    try:
        child.start()
        if not child.wait_warm(_CHILD_SECONDS):
            way_out = "Run the set-up again: bash installers/setup.sh; see also the free memory"
            yield Finding("training process", "it did not start", "blocked", way_out)
            return
        started = time.perf_counter() - began
        last = list(child.run(SelfTestJob(device="cpu")))[-1]
    finally:
        child.close()
    if isinstance(last, Failed):
        yield Finding("training process", last.message, "blocked", "Run the set-up again: bash installers/setup.sh")
    elif isinstance(last, Finished):
        yield Finding("training process", f"starts in {started:.1f} s and learns")
        devices = last.result.get("devices", [])
        if card is not None and card.state == "good" and devices == ["cpu"]:
            way_out = "Update the NVIDIA driver, or install a torch built for it; until then the processor is used"
            yield Finding(
                "torch computes on", "the processor alone, though there is a graphics card", "warning", way_out
            )
        else:
            yield Finding("torch computes on", ", ".join(devices))
