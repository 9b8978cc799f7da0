"""One door to every delivered file: `read_table` recognises the format and returns a `Table`.

`FORMATS` (in `register.py`) is the table of formats. What a file is, is read from its first bytes; its name only
decides between kinds of text. A name that says something else than the bytes is refused, unless the format is declared.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.errors import SourceError, raise_all
from dww_analysis.opened import note
from dww_analysis.storage.register import (
    ALSO_CALLED,
    FORMATS,
    LAYOUTS,
    SPREADSHEETS,
    Format,
    option_problems,
)
from dww_analysis.storage.structures import with_structure
from dww_analysis.storage.suffixes import BY_SUFFIX, TEXTS
from dww_analysis.storage.tables import Table

_SAS_MAGIC = bytes.fromhex("000000000000000000000000c2ea8160b31411cfbd92080009c7318c181f1011")
_NOT_TABLES = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"PAR1", "a parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file (.xls, .doc), or one with a password"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "a Word document"),
)


def formats() -> pd.DataFrame:
    """The table of formats: columns format, suffixes, described (what it is) and options (of its reader), a row
    each."""
    rows = [
        (f.name, " ".join(f.suffixes), f.described, ", ".join(o.name for o in f.options))
        for f in FORMATS.values()
    ]
    return pd.DataFrame(rows, columns=["format", "suffixes", "described", "options"])


def read_table(path: str | Path, **options: Any) -> Table:
    """The data of a delivered file, with what the file says about its columns.

    `options`: format= overrules what is recognised; the others depend on the format: `formats()` lists them, and
    `storage.register.FORMATS` says what they mean. Returns a `Table` with `data`, `variables`, `format`, `notes`,
    `lines`, `recognised`. Raises a `SourceError` for a file that is empty, cut off, damaged or of an unknown kind;
    an `OptionNeeded` (a `SourceError` too) for one that an option would make readable.

    >>> t = read_table("wave0.sav")          # doctest: +SKIP
    >>> t.data["LEAD01"].head(), t.variables.loc[0, "value_labels"]   # doctest: +SKIP
    """
    path = Path(path)
    note(path)
    declared = options.pop("format", None) or "auto"
    declared = ALSO_CALLED.get(declared, declared) if isinstance(declared, str) else declared
    if declared != "auto" and declared not in FORMATS:
        raise SourceError.of(
            found=f"the format {declared!r} is not known",
            where=path.name,
            expected="one of " + ", ".join(FORMATS),
            action="correct `format`",
        )
    start = _first_bytes(path)
    found = _recognised(path, start)
    reader, layout = _settle(path, declared, found)
    raise_all(option_problems(reader.name, options, path.name), SourceError)
    given = {name: value for name, value in options.items() if value is not None}
    if reader.name == "zip":  # the table inside is read by this same door
        return reader.read(path, layout, read_table=read_table, **given)
    structure = given.pop("structure", None)
    return with_structure(reader.read(path, layout, **given), path.parent, structure)


def _first_bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError.of(
                found="it is not a file", where=path.name, expected="a file", action="give the file itself"
            )
        with open(path, "rb") as handle:
            start = handle.read(1024)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise SourceError.of(
            found="the file is not there" if missing else "the file cannot be opened",
            where=path.name,
            expected="a readable file",
            action="check the name and the folder" if missing else "check the permissions of the file",
        ) from error
    if not start:
        raise SourceError.of(
            found="the file is empty (0 bytes)",
            where=path.name,
            expected="a table of answers",
            action="deliver it again",
        )
    return start


def _recognised(path: Path, start: bytes) -> str:
    """The kind of file by its first bytes: a name of `FORMATS`, or "text"."""
    if start[:4] in (b"$FL2", b"$FL3"):
        return "zsav" if start[:4] == b"$FL3" else "sav"
    if start.startswith(_SAS_MAGIC):
        return "sas7bdat"
    if start.startswith(b"HEADER RECORD*******LIB"):
        return "xpt"
    if start.startswith(b"<stata_dta>") or (path.suffix.lower() == ".dta" and start[0] in range(102, 116)):
        return "dta"
    if b"SPSSPORT" in start.replace(b"\r", b"").replace(b"\n", b""):
        return "por"
    if start.startswith(b"PK"):
        return _kind_of_archive(path)
    for magic, kind in _NOT_TABLES:
        if start.startswith(magic):
            raise SourceError.of(
                found=f"the file is {kind}",
                where=path.name,
                expected="a table: " + ", ".join(FORMATS),
                action="open it in the program that made it and export the answers as .xlsx, .csv or .sav",
            )
    _refuse_markup(path, start)
    return "text"


_JSON = re.compile(rb'\{\s*"[^"]*"\s*:|\[\s*[{\[]')


def _refuse_markup(path: Path, start: bytes) -> None:
    opening = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if _JSON.match(opening):
        raise SourceError.of(
            found="the file is JSON, not a table",
            where=path.name,
            expected="a table: " + ", ".join(FORMATS),
            action="export the answers as .csv, .sav or .xlsx; a log of one record a line is a .jsonl of kind events",
        )
    if opening.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise SourceError.of(
            found="the file is a web page or XML, not a table",
            where=path.name,
            expected="a table: " + ", ".join(FORMATS),
            action="export the answers as .csv, .sav or .xlsx",
        )


def _kind_of_archive(path: Path) -> str:
    from dww_analysis.storage.archives import open_archive, read_member

    with open_archive(path) as archive:
        names = set(archive.namelist())
        if "mimetype" in names and "spreadsheet" in read_member(archive, "mimetype", path.name).decode(
            "ascii", "replace"
        ):
            return "ods"
    for inside, kind, action in _NOT_ARCHIVES:
        if any(name.startswith(inside) for name in names):
            raise SourceError.of(
                found=f"the file is {kind}",
                where=path.name,
                expected="a table: " + ", ".join(FORMATS),
                action=action,
            )
    return "xlsx" if any(name.startswith("xl/") for name in names) else "zip"


_NOT_ARCHIVES = (
    ("xl/workbook.bin", "a binary Excel workbook (.xlsb)", "save it in Excel as .xlsx"),
    ("word/", "a Word document", "export the answers as .csv, .sav or .xlsx"),
    ("ppt/", "a presentation", "export the answers as .csv, .sav or .xlsx"),
    ("Index/Document.iwa", "a file of Numbers", "export it from Numbers as .xlsx or .csv"),
    ("content.xml", "an OpenDocument file that is no spreadsheet", "save the answers as .xlsx or .csv"),
)


def _settle(path: Path, declared: str, found: str) -> tuple[Format, str]:
    """The reader, and the format or layout to read with."""
    if declared == "auto":
        claimed = BY_SUFFIX.get(path.suffix.lower())
        if claimed is not None and not _agrees(claimed, found):
            raise _other_kind(
                path, claimed, found, "rename the file, or declare its `format` in sources.yaml"
            )
        return (FORMATS["csv"], "auto") if found == "text" else (FORMATS[found], found)
    if declared in LAYOUTS and found in ("text", "zip", *SPREADSHEETS):
        return FORMATS["csv" if found == "text" else found], declared
    if not _agrees(declared, found) and found != "zip":
        raise _other_kind(path, declared, found, "correct or leave out `format` in sources.yaml")
    return FORMATS[declared if found == "text" else found], declared


def _agrees(claimed: str, found: str) -> bool:
    if found == "text":
        return claimed in TEXTS
    return claimed == found or {claimed, found} <= {"sav", "zsav"}


def _other_kind(path: Path, claimed: str, found: str, action: str) -> SourceError:
    what = "text" if found == "text" else f"{FORMATS[found].described} ({found})"
    return SourceError.of(
        found=f"the content is {what}",
        where=path.name,
        expected=f"{FORMATS[claimed].described} ({claimed})",
        action=action,
    )
