"""Logs of one record a line: the lines of a text file, decoded like every other delivered text."""

from __future__ import annotations

from pathlib import Path

from dww_analysis.errors import SourceError
from dww_analysis.opened import note
from dww_analysis.storage.bounds import MAX_TEXT_BYTES, refuse_above
from dww_analysis.storage.text import decode


def read_lines(path: str | Path, encoding: str | None = None) -> list[str]:
    """The lines of a text file, without line ends; a `SourceError` when it is absent, empty or not text."""
    path = Path(path)
    note(path)
    try:
        size = path.stat().st_size
        refuse_above(size, MAX_TEXT_BYTES, "bytes of text", path.name, "deliver the log in parts")
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError.of(
            found="the file cannot be opened",
            where=path.name,
            expected="a readable file",
            action="check the file and its permissions",
        ) from error
    if raw[:2] in (b"\x1f\x8b", b"PK"):
        raise SourceError.of(
            found="the file is an archive",
            where=path.name,
            expected="a text file with one record a line",
            action="unpack it first",
        )
    text, _ = decode(raw, path.name, encoding)
    if not text.strip():
        raise SourceError.of(
            found="the file is empty",
            where=path.name,
            expected="one record a line",
            action="deliver it again",
        )
    return text.split("\n")  # not splitlines: texts inside a record may hold other line separators
