"""ZIP archives, with bounds; and an archive with one table inside read as that table.

What a computer adds to an archive (`__MACOSX`, `.DS_Store`, `Thumbs.db`) and what is no table (a manual, a picture)
does not count. Several tables are refused with their names, except in exports of Castor (`castor.py`).
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from dww_analysis.errors import Problem, SourceError
from dww_analysis.storage.bounds import MAX_MEMBERS, MAX_TEXT_BYTES, MAX_UNPACKED_BYTES, refuse_above
from dww_analysis.storage.needs import Need, OptionNeeded
from dww_analysis.storage.tables import Table

_JUNK = ("__macosx", "thumbs.db", "desktop.ini")
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
            "the file may not be read", path.name, "a readable file", "check the permissions of the file"
        ) from error
    except _UNREADABLE as error:
        raise SourceError.of(
            "the archive is cut off or damaged", path.name, "a whole file", "ask for the file again"
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
            f"the archive says it unpacks to {claimed / 1e6:,.0f} MB",
            where,
            f"at most {max_bytes / 1e6:,.0f} MB",
            "check where the file comes from; export a large table as .sav or .csv instead",
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise SourceError.of(
            "the archive is protected by a password", where, "an open file", "save it without a password"
        )


@contextmanager
def unpacking(archive: zipfile.ZipFile, name: str, where: str) -> Iterator[IO[bytes]]:
    """One member, open for reading; a `SourceError` when it is damaged."""
    try:
        with archive.open(name) as handle:
            yield handle
    except _UNREADABLE as error:
        raise SourceError.of(
            "the archive is cut off or damaged", where, "a whole file", "ask for the file again"
        ) from error


def read_member(
    archive: zipfile.ZipFile, name: str, where: str, max_bytes: int = MAX_UNPACKED_BYTES
) -> bytes:
    """The bytes of one member, refused when it is damaged or larger than `max_bytes`."""
    with unpacking(archive, name, where) as handle:
        content = handle.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise SourceError.of(
            "the archive unpacks to too much", where, "a file of moderate size", "export as .csv"
        )
    return content


def tables_in(archive: zipfile.ZipFile) -> list[str]:
    """The members that can be tables, by their names; what computers add to an archive is left out."""
    from dww_analysis.storage.register import BY_SUFFIX

    return [
        m.filename
        for m in archive.infolist()
        if not m.is_dir()
        and not _is_junk(m.filename)
        and PurePosixPath(m.filename).suffix.lower() in BY_SUFFIX
        and BY_SUFFIX[PurePosixPath(m.filename).suffix.lower()] != "zip"
    ]


def _is_junk(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/").lower()).parts
    return any(part in _JUNK or part.startswith((".", "~$")) for part in parts)


def read_archive(path: Path, *, format: str = "auto", member: str | None = None, **options: Any) -> Table:
    """The table inside a ZIP: the only one, the one that `member` names, or that of the participants of Castor."""
    with open_archive(path) as archive:
        names = tables_in(archive)
        if not names:
            raise _no_table(archive, path.name)
        chosen = names[0] if len(names) == 1 and member is None else None
        if chosen is None and all(n.lower().endswith(".csv") for n in names):
            from dww_analysis.storage.castor import read_castor

            return read_castor(archive, names, path.name, member, format=format, **options)
        chosen = chosen or _chosen(names, member, path.name)
        return _read_one(archive, chosen, path, format, options)


def _no_table(archive: zipfile.ZipFile, where: str) -> SourceError:
    held = sorted({PurePosixPath(n).suffix.lower() or "no suffix" for n in archive.namelist()[:1000]})
    more = "an archive inside the archive" if ".zip" in held else ", ".join(held[:8]) or "nothing"
    return SourceError.of(
        f"the archive holds no table (it holds {more})",
        where,
        "a ZIP with one table: .csv, .xlsx, .sav, ...",
        "unpack it and give the table",
    )


def by_name(names: list[str], member: str, where: str) -> str:
    """The member that was declared, by its path or by its file name."""
    fits = [n for n in names if member in (n, PurePosixPath(n).name)]
    if len(fits) != 1:
        raise SourceError.of(
            f"there is no file {member!r} in the archive"
            if not fits
            else f"{len(fits)} files are {member!r}",
            where,
            "one of " + ", ".join(sorted(names)),
            "correct options: {member: ...} in sources.yaml",
        )
    return fits[0]


def _chosen(names: list[str], member: str | None, where: str) -> str:
    if member is not None:
        return by_name(names, member, where)
    raise several_tables(names, where)


def several_tables(names: list[str], where: str) -> OptionNeeded:
    """The refusal of an archive in which more than one table could be meant."""
    return OptionNeeded.to_choose(
        Problem(
            f"{len(names)} tables in the archive could be meant",
            where,
            "one table",
            "say which: options: {member: ...}, one of " + ", ".join(sorted(names)),
        ),
        Need("member", tuple(sorted(names)), None, "more than one table in the archive"),
    )


def _read_one(archive: zipfile.ZipFile, name: str, path: Path, format: str, options: dict[str, Any]) -> Table:
    """The table of one member, unpacked beside nothing else; files with labels are looked for beside the archive."""
    from dww_analysis.storage.readers import read_table
    from dww_analysis.storage.register import BY_SUFFIX, TEXTS

    for beside in ("structure", "catalog"):
        if options.get(beside):
            options[beside] = str((path.parent / str(options[beside])).absolute())
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / ("table" + PurePosixPath(name).suffix.lower())
        bound = MAX_TEXT_BYTES if BY_SUFFIX[inside.suffix] in TEXTS else MAX_UNPACKED_BYTES
        shown = f"{path.name}:{PurePosixPath(name).name}"
        size = archive.getinfo(name).file_size
        refuse_above(size, bound, "bytes when it is unpacked", shown, "export only the columns that are used")
        inside.write_bytes(read_member(archive, name, path.name, bound))
        try:
            table = read_table(inside, **({} if format in ("auto", "zip") else {"format": format}), **options)
        except SourceError as error:
            raise _renamed(error, inside.name, shown) from error
    note = f"file {PurePosixPath(name).name!r} of the archive"
    return replace(table, notes=(*table.notes, note), recognised={**table.recognised, "member": name})


def _renamed(error: SourceError, inside: str, shown: str) -> SourceError:
    """The same refusal with the archive and the member in place of the unpacked file."""
    made = type(error)(
        [
            Problem(p.found.replace(inside, shown), p.where.replace(inside, shown), p.expected, p.action)
            for p in error.problems
        ]
        or str(error)
    )
    if isinstance(error, OptionNeeded) and isinstance(made, OptionNeeded):
        made.needs = error.needs
    return made
