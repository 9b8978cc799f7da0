"""What the machine can refuse: a full disk, a read-only file system, no permission, memory. Not the program's fault."""

from __future__ import annotations

import errno
from pathlib import Path

REFUSALS = {
    errno.ENOSPC: ("the disk is full", "make room on the disk, then run again: it goes on where it stopped"),
    errno.EDQUOT: ("your quota of disk space is used up", "make room or ask for more, then run again"),
    errno.EROFS: ("the file system is read-only", "work in a folder that may be written to (--root DIR)"),
    errno.EACCES: ("no permission", "ask for access to this place, or work in another folder (--root DIR)"),
    errno.EPERM: ("no permission", "ask for access to this place, or work in another folder (--root DIR)"),
}
_SAID = {  # how the system's own programs say it
    "No space left on device": errno.ENOSPC,
    "Disk quota exceeded": errno.EDQUOT,
    "Read-only file system": errno.EROFS,
    "Permission denied": errno.EACCES,
}
_NO_MEMORY = """\
this step: there is not enough memory
    expected: memory for as many steps as are done at a time
    what to do: run again with fewer steps at a time (--cores 1), or where there is more: it goes on where it stopped"""


def refusal_of(error: BaseException) -> str | None:
    """The message for an error of the machine, in four parts; None for any other error."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, OSError) and cause.errno in REFUSALS:
            return _message(cause.errno, Path(str(cause.filename)).name if cause.filename else "")
        if isinstance(cause, MemoryError):
            return _NO_MEMORY
        cause = cause.__cause__ or cause.__context__
    return None


def refusal_in(text: str) -> str | None:
    """The message when a program that was called said that the machine refused; None otherwise."""
    error = error_in(text)
    return None if error is None else refusal_of(error)


def error_in(text: str) -> OSError | None:
    """The same as an error to raise."""
    return next((OSError(code, said) for said, code in _SAID.items() if said in text), None)


def _message(code: int, file: str) -> str:
    found, action = REFUSALS[code]
    where = file or "the study's folders"
    return f"{where}: {found}\n    expected: a place where results can be written\n    what to do: {action}"
