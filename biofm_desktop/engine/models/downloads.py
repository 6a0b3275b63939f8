"""Published weights onto this computer: from the mirror folder, the cache, or the network; resumed where cut off."""

import hashlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from biofm_desktop.engine.events import Event, Progress
from biofm_desktop.engine.faults import Fault, system_fault
from biofm_desktop.engine.files import at_point, remove
from biofm_desktop.paths import cache_dir

from .base import Weights

_CHUNK = 1 << 20
_TIMEOUT_S = 30


def file_name(weights: Weights) -> str:
    """Return the file's name, in the mirror folder as in the cache."""
    return weights.address.rsplit("/", 1)[-1]


def found(weights: Weights, mirror: str) -> Path | None:
    """Return the weights' file where the mirror folder or the cache has it."""
    places = ([Path(mirror)] if mirror else []) + [cache_dir() / "weights"]
    return next((place / file_name(weights) for place in places if (place / file_name(weights)).is_file()), None)


def fetch(weights: Weights, *, mirror: str = "", offline: bool = False) -> Generator[Event, None, Path]:
    """Bring the weights here, telling progress in bytes; return the checked file's path.

    A download that was cut off goes on where it stopped. Raises `Fault` where they cannot be had or their sha256 is not
    the published one.
    """
    path = found(weights, mirror)
    if path is None:
        if offline:
            raise Fault(
                file_name(weights),
                "it is not on this computer, and the network is switched off",
                f"Put the file from {weights.address} into the mirror folder named in the settings",
            )
        path = cache_dir() / "weights" / file_name(weights)
        yield from _download(weights, path)
    if not _sha256(path).startswith(weights.sha256):
        raise Fault(
            path,
            "its sha256 is not the published one; it is damaged or another file",
            "Delete it and download it again",
        )
    return path


def _download(weights: Weights, path: Path) -> Iterator[Event]:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        have = part.stat().st_size if part.exists() else 0
        rest = {"Range": f"bytes={have}-"} if have else {}
        request = Request(weights.address, headers=rest)  # noqa: S310 - an address of our own list
        with urlopen(request, timeout=_TIMEOUT_S) as answer, part.open("ab" if have else "wb") as file:  # noqa: S310
            if have and answer.status != 206:  # the server began anew
                have = 0
                file.truncate(0)
            total = have + int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(_CHUNK):
                at_point("download.write", part)
                file.write(chunk)
                have += len(chunk)
                yield Progress(have, total, f"Downloading {path.name}")
            file.flush()
            at_point("download.sync", part)
            os.fsync(file.fileno())
        if have < total:
            raise Fault(
                path.name,
                f"the connection ended after {have:,} of {total:,} bytes",
                "Start again: it goes on where it stopped",
            )
    except HTTPError as error:
        if error.code == 416:  # nothing is left to fetch, or the part is of another file
            part.unlink(missing_ok=True)
        raise Fault(
            weights.address,
            f"the server answered {error.code} ({error.reason})",
            "Try again later, or put the file into the mirror folder",
        ) from None
    except (URLError, TimeoutError, ConnectionError) as error:
        raise Fault(
            weights.address,
            "it cannot be reached",
            "Check the network, or put the file into the mirror folder named in the settings",
            detail=str(error),
        ) from None
    except OSError as error:
        raise system_fault(path, error) from error
    _take_up(part, path, weights)


def _take_up(part: Path, path: Path, weights: Weights) -> None:
    try:
        digest = _sha256(part)
    except OSError as error:
        raise system_fault(part, error) from error
    if not digest.startswith(weights.sha256):
        remove(part, room="download")
        raise Fault(
            path.name,
            "what arrived has another sha256 than published",
            "Try again; if it stays so, tell the maintainers",
        )
    try:
        at_point("download.rename", path)
        part.replace(path)
    except OSError as error:
        raise system_fault(path, error) from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
