"""Where a delivered file may be and whether it is the file that was declared.

A study reads only inside its own folder of raw data: no absolute path, no "..", no symbolic link that leaves it.
"""

from __future__ import annotations

import re
from pathlib import Path

from dww_analysis.errors import SourceError
from dww_analysis.opened import note
from dww_analysis.storage.save import sha256_of


def delivered_path(folder: str | Path, file: str) -> Path:
    """The path of a declared `file` inside `folder`; a `SourceError` when it is not there or leads elsewhere."""
    folder = Path(folder)
    if "\0" in file or Path(file).is_absolute() or ".." in Path(file).parts:
        raise _outside(file, "the name points outside the study's folder")
    path = folder / file
    try:
        there = path.exists()
    except OSError as error:  # a folder that may not be entered, a name that is too long
        raise SourceError.of(
            found="the file cannot be reached",
            where=file[:80],
            expected=f"a file in {folder.name}/ of the raw data that may be read",
            action="check the name and the permissions of the folder",
        ) from error
    if not there:
        raise SourceError.of(
            found="the file is not there",
            where=file,
            expected=f"a file in {folder.name}/ of the raw data" + _nearby(folder, file),
            action="put the delivered file there, or correct `file` in sources.yaml",
        )
    if not path.resolve().is_relative_to(folder.resolve()):
        raise _outside(file, "a symbolic link leads outside the study's folder")
    if not path.is_file():
        raise SourceError.of(
            found="it is not a file", where=file, expected="a file", action="correct `file` in sources.yaml"
        )
    note(path)
    return path


def verify_checksum(path: str | Path, declared: str | None) -> str:
    """The SHA-256 of the file; a `SourceError` when sources.yaml declares another one."""
    try:
        found = sha256_of(path)
    except OSError as error:
        raise SourceError.of(
            found="the file cannot be opened",
            where=Path(path).name,
            expected="a readable file",
            action="check the permissions of the file",
        ) from error
    if declared is not None and declared.lower().removeprefix("sha256:") != found:
        raise SourceError.of(
            found=f"the file has changed: its checksum is {found}",
            where=Path(path).name,
            expected=f"{declared}, as sources.yaml declares"
            if re.fullmatch(r"(sha256:)?[0-9a-fA-F]{64}", declared)
            else "the checksum in sources.yaml (64 hexadecimal digits)",
            action="put the delivered file back; if it is a new delivery, declare its checksum in sources.yaml",
        )
    return found


def _outside(file: str, found: str) -> SourceError:
    return SourceError.of(
        found=found,
        where=file,
        expected="a file inside the study's own folder",
        action="copy the file into the folder, or correct `file`",
    )


def _nearby(folder: Path, file: str) -> str:
    from difflib import get_close_matches

    names = [p.name for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
    near = get_close_matches(Path(file).name, names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
