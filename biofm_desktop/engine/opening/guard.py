"""The walls around a reader: no network, no other program, no code of the user's, nothing written, memory bounded.

They are Python's audit events, which see what Python code does; a fault inside a C library is met by the limits and by
the parent, which believes nothing that a reader says.
"""

import functools
import mmap
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psutil

#: Where a reader notes which file it reads, for its parent to name when it ends; in the reader's own folder.
NOTE, NOTE_BYTES = "at", 4096

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: What no reader of a file needs. A pair of sockets within the process stays: asyncio, which zarr uses, lives on one.
_NEVER = (
    "socket.bind",
    "socket.connect",
    "socket.get",
    "socket.send",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "os.kill",
    "pty.",
    "ftplib.",
    "http.client.",
    "urllib.",
    "smtplib.",
    "sqlite3.",
    "webbrowser.",
    "winreg.",
)
#: What changes files: the place of each path among the event's arguments.
_CHANGES = {
    "os.chmod": (0,),
    "os.chown": (0,),
    "os.link": (0, 1),
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rename": (0, 1),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.truncate": (0,),
    "os.utime": (0,),
    "shutil.rmtree": (0,),
    "tempfile.mkdtemp": (0,),
    "tempfile.mkstemp": (0,),
}
_LISTS = ("os.listdir", "os.scandir")
#: Modules whose classes a library of ours may unpickle, as `crossing.unpack_load` does.
_PICKLES = ("biofm_desktop", "numpy", "pathlib", "functools", "collections")
_SYSTEM = (
    "/dev/null",
    "/dev/urandom",
    "/etc/localtime",
    "/etc/mime.types",
    "/usr/share/zoneinfo/",
    "/sys/devices/system/cpu/",
    "/sys/fs/cgroup/",
    *(f"/proc/{name}" for name in ("cpuinfo", "meminfo", "stat", "vmstat", "zoneinfo", "self/", f"{os.getpid()}/")),
)


class Guard:
    """Refuses what a reader must not do, by raising `PermissionError` where it is tried.

    ``own`` are the folders of the reader, the only ones that it may write to.
    """

    def __init__(self, own: Sequence[Path]) -> None:
        self._own = _prefixes(own)
        homes = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), *sys.path}
        package = Path(__file__).resolve().parents[2]
        self._program = (*_prefixes([package, *(Path(home) for home in homes if home)]), *self._own)
        self._roots: tuple[str, ...] = ()
        self._note = _shared(own[0] / NOTE)
        self._checks: dict[str, Callable[..., None]] = {
            "open": self._open,
            "exec": self._exec,
            "import": self._import,
            "pickle.find_class": self._find_class,
            "ctypes.dlopen": self._library,
        }
        self._checks |= dict.fromkeys(_LISTS, self._list)

    def install(self) -> None:
        """Watch from now on; there is no way back."""
        sys.addaudithook(self.hear)

    def reading(self, paths: Sequence[Path]) -> None:
        """Allow reading these: a folder whole, a file with those beside it."""
        tops = [path if path.is_dir() else path.parent for path in paths]
        self._roots = _prefixes(tops) + tuple(os.path.realpath(path) for path in paths)
        self._tell("")

    def hear(self, event: str, values: tuple[Any, ...]) -> None:
        """Check one audit event."""
        check = self._checks.get(event)
        if check is not None:
            check(*values)
        elif event in _CHANGES:
            for place in _CHANGES[event]:
                self._write(event, values[place])
        elif event.startswith(_NEVER) and not _within_this_computer(event, values):
            raise PermissionError(13, f"a reader may not do this: {event}")

    def _open(self, path: Any, mode: str | None, flags: int) -> None:
        if isinstance(path, int):
            return
        if flags & _WRITES or (mode is not None and any(sign in mode for sign in "wax+")):
            self._write("open", path)
        else:
            self._read(path)

    def _write(self, event: str, path: Any) -> None:
        if path is None or isinstance(path, int):
            return
        if not (_full(path) + os.sep).startswith(self._own) and _full(path) != os.devnull:
            raise PermissionError(13, f"a reader may not write ({event})", os.fsdecode(path))

    def _read(self, path: Any) -> None:
        full = _full(path)
        if full.startswith(self._roots) or (full + os.sep).startswith(self._roots):
            self._tell(full)
        elif not (full + os.sep).startswith(self._program) and not full.startswith(_SYSTEM):
            raise PermissionError(13, "a reader may not read outside what was opened", os.fsdecode(path))

    def _list(self, path: Any) -> None:
        if path is not None and not isinstance(path, int):
            self._read(path)

    def _exec(self, code: Any) -> None:
        if isinstance(code, CodeType) and self._roots and code.co_filename.startswith(self._roots):
            raise PermissionError(13, "a reader may not run code of a user's folder", code.co_filename)

    def _import(self, module: str, file: Any, *_: Any) -> None:
        if file is not None and not _full(file).startswith(self._program):
            raise PermissionError(13, "a reader may not import from here", str(file))

    def _find_class(self, module: str, name: str) -> None:
        if module.partition(".")[0] not in _PICKLES:
            raise PermissionError(13, f"a reader may not unpickle {module}.{name}")

    def _library(self, name: Any) -> None:
        if isinstance(name, (str, bytes)) and os.sep in os.fsdecode(name):
            self._import("", name)

    def _tell(self, path: str) -> None:
        data = os.fsencode(path)[: NOTE_BYTES - 1] + b"\0"
        self._note[: len(data)] = data


def _prefixes(folders: Sequence[Path]) -> tuple[str, ...]:
    """Return each folder as given and as it truly lies, ending in a separator."""
    ways = {str(way) for folder in folders for way in (folder.absolute(), folder.resolve())}
    return tuple(way.rstrip(os.sep) + os.sep for way in sorted(ways))


def _within_this_computer(event: str, values: tuple[Any, ...]) -> bool:
    """Say whether Windows makes a pair of sockets, which goes by its own address."""
    own = os.name == "nt" and event in ("socket.bind", "socket.connect")
    return own and isinstance(values[1], tuple) and values[1][0] in ("127.0.0.1", "::1")


def _full(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - not resolved: that asks the disk at each event


def _shared(path: Path) -> mmap.mmap:
    path.write_bytes(bytes(NOTE_BYTES))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), NOTE_BYTES)


def note_of(folder: Path) -> str:
    """Return what a reader with this folder read last; empty where it has not begun."""
    with suppress(OSError):
        return os.fsdecode((folder / NOTE).read_bytes().partition(b"\0")[0])
    return ""


@functools.cache
def this_process() -> "psutil.Process":
    """Return what the system knows of this process."""
    import psutil

    return psutil.Process()


def limit(seconds: float, memory: int) -> None:
    """Bound the memory and the processor time of this process from now on, where the system can; no core dumps."""
    if sys.platform != "win32":
        # Within a second nothing has changed: thumbnails are asked for by hundreds.
        _limit(int(time.monotonic()), seconds, memory)


@functools.lru_cache(maxsize=1)
def _limit(_moment: int, seconds: float, memory: int) -> None:
    import resource

    wanted = this_process().memory_info().vms + memory
    # Several threads use it up faster than the clock; the parent's clock counts, this is for an orphan.
    used = int(sum(os.times()[:2]) + seconds * (os.cpu_count() or 1)) + 1
    for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, wanted), (resource.RLIMIT_CPU, used)):
        most = resource.getrlimit(kind)[1]
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))
