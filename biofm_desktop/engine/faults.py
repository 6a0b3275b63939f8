"""The one error type: what is wrong, where, and the way out."""

import errno


class Fault(Exception):
    """Something the user can act on.

    ``what`` names the object (a file, a model, a tensor), ``place`` where in it (a line, a page, a layer; may be
    empty), ``fault`` what is wrong and ``way_out`` what to do next. ``detail`` holds a library's own words; it is shown
    only on request.
    """

    def __init__(self, what: object, fault: str, way_out: str = "", *, place: str = "", detail: str = "") -> None:
        self.what, self.fault, self.way_out = str(what), fault.rstrip("."), way_out.rstrip(".")
        self.place, self.detail = place, detail
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """Return the fault as one or two sentences: object, place, fault, way out."""
        head = f"{self.what}, {self.place}" if self.place else self.what
        return f"{head}: {self.fault}." + (
            f" {self.way_out}{'' if self.way_out.endswith('?') else '.'}" if self.way_out else ""
        )

    @property
    def mishap(self) -> bool:
        """Say whether the machine failed (a full or broken disk), so that the input is not to blame."""
        cause = self.__cause__
        return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM)

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.what, self.fault, self.way_out, self.place, self.detail))


def _rebuild(what: str, fault: str, way_out: str, place: str, detail: str) -> Fault:
    return Fault(what, fault, way_out, place=place, detail=detail)


_SYSTEM = {
    errno.ENOSPC: ("the disk is full", "Free some space or choose another folder; nothing was changed"),
    errno.EDQUOT: ("your disk quota is used up", "Free some space or choose another folder; nothing was changed"),
    errno.EACCES: ("you have no permission for it", "Choose another folder or ask for the right to it"),
    errno.EPERM: ("you have no permission for it", "Choose another folder or ask for the right to it"),
    errno.EROFS: ("the disk or folder is read-only", "Choose another folder"),
    errno.ENOENT: ("there is no such file or folder", "Check the name and that the drive is connected"),
    errno.EISDIR: ("it is a folder, not a file", "Choose a file"),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "Choose another folder"),
    errno.EFBIG: ("the file is too large for this disk", "Choose a folder on another disk; nothing was changed"),
    errno.EIO: ("the disk reported a read or write error", "Check the drive and its cable, then try again"),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "Choose a shorter name"),
}


def system_fault(what: object, error: OSError) -> Fault:
    """Return the plain sentence for an error of the operating system."""
    known = _SYSTEM.get(error.errno or 0)
    if known is None:
        known = (error.strerror or type(error).__name__, "Try again, or choose another place")
    return Fault(what, *known, detail=repr(error))
