"""An archive with one table inside, read as that table.

What a computer adds to an archive (`__MACOSX`, `.DS_Store`, `Thumbs.db`) and what is no table (a manual, a picture)
does not count. Several tables are refused with their names, except in exports of Castor (`castor.py`).
"""

from __future__ import annotations

import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from dww_analysis.errors import Problem, SourceError
from dww_analysis.storage.archives import by_name, open_archive, read_member, several_tables, unpacking
from dww_analysis.storage.bounds import MAX_TEXT_BYTES, MAX_UNPACKED_BYTES, refuse_above
from dww_analysis.storage.castor import read_castor
from dww_analysis.storage.needs import OptionNeeded
from dww_analysis.storage.suffixes import BY_SUFFIX, TEXTS
from dww_analysis.storage.tables import Table
from dww_analysis.storage.text import DELIMITERS

_LOOKED_AT = 1 << 14  # bytes of a text that say whether it is a table
_JUNK = ("__macosx", "thumbs.db", "desktop.ini")


def tables_in(archive: zipfile.ZipFile) -> list[str]:
    """The members that can be tables, by their names; what computers add to an archive is left out."""
    return [
        m.filename
        for m in archive.infolist()
        if not m.filename.endswith("/")
        and not _is_junk(m.filename)
        and PurePosixPath(m.filename).suffix.lower() in BY_SUFFIX
        and BY_SUFFIX[PurePosixPath(m.filename).suffix.lower()] != "zip"
    ]


def _is_junk(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/").lower()).parts
    return any(part in _JUNK or part.startswith((".", "~$")) for part in parts)


def read_archive(
    path: Path,
    read_table: Callable[..., Table],
    *,
    format: str = "auto",
    member: str | None = None,
    **options: Any,
) -> Table:
    """The table inside a ZIP: the only one, the one that `member` names, or that of the participants of Castor.

    `read_table` reads the table when it is unpacked.
    """
    with open_archive(path) as archive:
        names, prose = _without_prose(archive, tables_in(archive), path.name)
        if not names:
            raise _no_table(archive, path.name)
        chosen = names[0] if len(names) == 1 and member is None else None
        if chosen is None and all(n.lower().endswith(".csv") for n in names):
            return read_castor(archive, names, path.name, member, format=format, **options)
        chosen = chosen or _chosen(names, member, path.name)
        table = _read_one(archive, chosen, path, read_table, format, options)
    return replace(table, notes=(*table.notes, f"no table beside it: {', '.join(prose)}")) if prose else table


def _without_prose(archive: zipfile.ZipFile, names: list[str], where: str) -> tuple[list[str], list[str]]:
    """The tables, and texts beside them (read me first) whose lines are no rows; a text that is alone stays."""
    prose = [n for n in names if n.lower().endswith(".txt") and _is_prose(archive, n, where)]
    tables = [n for n in names if n not in prose]
    return (tables, prose) if tables else (names, [])


def _is_prose(archive: zipfile.ZipFile, name: str, where: str) -> bool:
    """Whether no delimiter splits the first lines of a text alike."""
    with unpacking(archive, name, where) as handle:
        start = handle.read(_LOOKED_AT)
    if b"\0" in start:  # UTF-16, or no text: the reader says
        return False
    lines = start.decode("utf-8", "replace").splitlines()
    lines = [line for line in (lines[:-1] if len(start) == _LOOKED_AT else lines) if line.strip()]
    return not any(_splits_alike(lines, delimiter) for delimiter in DELIMITERS)


def _splits_alike(lines: list[str], delimiter: str) -> bool:
    counts = Counter(line.count(delimiter) for line in lines)
    most, agreeing = counts.most_common(1)[0] if counts else (0, 0)
    return most > 0 and len(lines) > 1 and agreeing >= 0.8 * len(lines)


def _no_table(archive: zipfile.ZipFile, where: str) -> SourceError:
    held = sorted({PurePosixPath(n).suffix.lower() or "no suffix" for n in archive.namelist()[:1000]})
    more = "an archive inside the archive" if ".zip" in held else ", ".join(held[:8]) or "nothing"
    return SourceError.of(
        found=f"the archive holds no table (it holds {more})",
        where=where,
        expected="a ZIP with one table: .csv, .xlsx, .sav, ...",
        action="unpack it and give the table",
    )


def _chosen(names: list[str], member: str | None, where: str) -> str:
    if member is not None:
        return by_name(names, member, where)
    raise several_tables(names, where)


def _read_one(
    archive: zipfile.ZipFile,
    name: str,
    path: Path,
    read_table: Callable[..., Table],
    format: str,
    options: dict[str, Any],
) -> Table:
    """The table of one member, unpacked beside nothing else; files with labels are looked for beside the archive."""
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
            Problem(
                found=p.found.replace(inside, shown),
                where=p.where.replace(inside, shown),
                expected=p.expected,
                action=p.action,
            )
            for p in error.problems
        ]
        or str(error)
    )
    if isinstance(error, OptionNeeded) and isinstance(made, OptionNeeded):
        made.needs = error.needs
    return made
