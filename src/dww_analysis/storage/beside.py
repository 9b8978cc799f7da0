"""Files that lie beside a delivered file and say what its columns mean: opened with one refusal for all."""

from __future__ import annotations

from pathlib import Path

from dww_analysis.errors import SourceError
from dww_analysis.storage.bounds import MAX_LSS_BYTES, refuse_above


def read_beside(path: Path, what: str) -> bytes:
    """The bytes of a file with labels; `what` it should be, in words. Refused when absent, closed or too large."""
    try:
        refuse_above(path.stat().st_size, MAX_LSS_BYTES, "bytes", path.name, "export the structure again")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        absent = isinstance(error, FileNotFoundError)
        raise SourceError.of(
            found="the structure file is not there" if absent else "the structure file cannot be opened",
            where=path.name,
            expected=f"{what} beside the answers",
            action="check options: structure" if absent else "check the permissions of the file",
        ) from error
