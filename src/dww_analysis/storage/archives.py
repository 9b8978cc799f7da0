"""ZIP archives, with bounds: opened, their members read, one of several tables chosen."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from dww_analysis.errors import Problem, SourceError
from dww_analysis.storage.bounds import MAX_MEMBERS, MAX_UNPACKED_BYTES, refuse_above
from dww_analysis.storage.needs import Need, OptionNeeded

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    OverflowError,
)


def open_archive(path: Path, max_bytes: int = MAX_UNPACKED_BYTES) -> zipfile.ZipFile:
    """The zip archive at `path`; refused when damaged, encrypted or when its claimed contents exceed `max_bytes`."""
    try:
        archive = zipfile.ZipFile(path)
    except PermissionError as error:
        raise SourceError.of(
            found="the file may not be read",
            where=path.name,
            expected="a readable file",
            action="check the permissions of the file",
        ) from error
    except _UNREADABLE as error:
        raise SourceError.of(
            found="the archive is cut off or damaged",
            where=path.name,
            expected="a whole file",
            action="ask for the file again",
        ) from error
    try:
        _check(archive, path.name, max_bytes)
    except SourceError:
        archive.close()
        raise
    return archive


def _check(archive: zipfile.ZipFile, where: str, max_bytes: int) -> None:
    members = archive.infolist()
    refuse_above(len(members), MAX_MEMBERS, "files in the archive", where, "give the table itself")
    claimed = sum(member.file_size for member in members)
    if claimed > max_bytes:
        raise SourceError.of(
            found=f"the archive says it unpacks to {claimed / 1e6:,.0f} MB",
            where=where,
            expected=f"at most {max_bytes / 1e6:,.0f} MB",
            action="check where the file comes from; export a large table as .sav or .csv instead",
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise SourceError.of(
            found="the archive is protected by a password",
            where=where,
            expected="an open file",
            action="save it without a password",
        )


@contextmanager
def unpacking(archive: zipfile.ZipFile, name: str, where: str) -> Iterator[IO[bytes]]:
    """One member, open for reading; a `SourceError` when it is damaged."""
    try:
        with archive.open(name) as handle:
            yield handle
    except _UNREADABLE as error:
        raise SourceError.of(
            found="the archive is cut off or damaged",
            where=where,
            expected="a whole file",
            action="ask for the file again",
        ) from error


def read_member(
    archive: zipfile.ZipFile, name: str, where: str, max_bytes: int = MAX_UNPACKED_BYTES
) -> bytes:
    """The bytes of one member, refused when it is damaged or larger than `max_bytes`."""
    with unpacking(archive, name, where) as handle:
        content = handle.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise SourceError.of(
            found="the archive unpacks to too much",
            where=where,
            expected="a file of moderate size",
            action="export as .csv",
        )
    return content


def by_name(names: list[str], member: str, where: str) -> str:
    """The member that was declared, by its path or by its file name; SourceError where none or several are called
    so."""
    fits = [n for n in names if member in (n, PurePosixPath(n).name)]
    if len(fits) != 1:
        raise SourceError.of(
            found=f"there is no file {member!r} in the archive"
            if not fits
            else f"{len(fits)} files are {member!r}",
            where=where,
            expected="one of " + ", ".join(sorted(names)),
            action="correct options: {member: ...} in sources.yaml",
        )
    return fits[0]


def several_tables(names: list[str], where: str) -> OptionNeeded:
    """The refusal of an archive in which more than one table could be meant."""
    return OptionNeeded.to_choose(
        Problem(
            found=f"{len(names)} tables in the archive could be meant",
            where=where,
            expected="one table",
            action="say which: options: {member: ...}, one of " + ", ".join(sorted(names)),
        ),
        Need("member", tuple(sorted(names)), None, "more than one table in the archive"),
    )
