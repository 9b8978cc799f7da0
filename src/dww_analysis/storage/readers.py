"""One door to every delivered file: `read_table` recognises the format and returns a `Table`.

`FORMATS` is the table of formats. What a file is, is read from its first bytes; its name only decides between kinds
of text. A name that says something else than the bytes is refused, unless the format is declared.
"""

from __future__ import annotations

import inspect
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.opened import note
from dww_analysis.storage.tables import Table

_TEXT_NAMES = ("csv", "tsv", "qualtrics", "limesurvey", "formdesk")


@dataclass(frozen=True)
class Format:
    """One row of the table of formats."""

    name: str
    suffixes: tuple[str, ...]
    described: str
    read: Callable[..., Table]


def _statistics(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.statistics_files import read_statistics

    return read_statistics(path, format, **options)


def _workbook(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.workbooks import read_workbook

    return read_workbook(path, **options)


def _text(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.textfiles import read_text

    return read_text(path, format=format, **options)


def _castor(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.castor import read_castor

    return read_castor(path, **options)


FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        Format("sav", (".sav",), "SPSS", _statistics),
        Format("zsav", (".zsav",), "SPSS, compressed", _statistics),
        Format("por", (".por",), "SPSS portable", _statistics),
        Format("dta", (".dta",), "Stata", _statistics),
        Format("sas7bdat", (".sas7bdat",), "SAS", _statistics),
        Format("xpt", (".xpt",), "SAS transport", _statistics),
        Format("xlsx", (".xlsx", ".xlsm"), "Excel", _workbook),
        Format("csv", (".csv", ".txt", ".dat"), "delimited text", _text),
        Format("tsv", (".tsv", ".tab"), "text separated by tabs", _text),
        Format("qualtrics", (), "Qualtrics CSV or TSV, two or three header rows", _text),
        Format("limesurvey", (), "LimeSurvey CSV", _text),
        Format("castor", (), "Castor EDC: CSV, or a ZIP of them (option member=)", _castor),
        Format("formdesk", (), "Formdesk CSV: decimal comma, dd-mm-yyyy", _text),
    )
}
_BY_SUFFIX = {suffix: f.name for f in FORMATS.values() for suffix in f.suffixes}
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
    (b"{\\rtf", "a Word document"),
)


def formats() -> pd.DataFrame:
    """The table of formats: name, suffixes, what it is, options of its reader."""
    rows = [(f.name, " ".join(f.suffixes), f.described, ", ".join(_options(f))) for f in FORMATS.values()]
    return pd.DataFrame(rows, columns=["format", "suffixes", "described", "options"])


def read_table(path: str | Path, **options: Any) -> Table:
    """The data of a delivered file, with what the file says about its columns.

    `options`: format= overrules what is recognised; for text delimiter=, decimal=, encoding=, structure= (.lss),
    duplicate_names="number", dates=False; for workbooks sheet=, duplicate_names=; for SPSS, Stata and SAS encoding=,
    catalog=; for a ZIP of Castor member=. Returns a `Table` with `data`, `variables`, `format`, `notes`, `lines`.
    Raises a `SourceError` for a file that is empty, cut off, damaged or of an unknown kind.

    >>> t = read_table("wave0.sav")          # doctest: +SKIP
    >>> t.data["LEAD01"].head(), t.variables.loc[0, "value_labels"]   # doctest: +SKIP
    """
    path = Path(path)
    note(path)
    declared = options.pop("format", None) or "auto"
    if declared == "excel":
        declared = "xlsx"
    if declared != "auto" and declared not in FORMATS:
        raise SourceError.of(
            f"the format {declared!r} is not known",
            path.name,
            "one of " + ", ".join(FORMATS),
            "correct `format`",
        )
    start = _first_bytes(path)
    found = _recognised(path, start)
    name, layout = _settle(path, declared, found)
    _check_options(FORMATS[name], options, path)
    return FORMATS[name].read(path, layout, **options)


def _first_bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError.of("it is not a file", path.name, "a file", "give the file itself")
        with open(path, "rb") as handle:
            start = handle.read(1024)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise SourceError.of(
            "the file is not there" if missing else "the file cannot be opened",
            path.name,
            "a readable file",
            "check the name and the folder" if missing else "check the permissions of the file",
        ) from error
    if not start:
        raise SourceError.of(
            "the file is empty (0 bytes)", path.name, "a table of answers", "deliver it again"
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
                f"the file is {kind}",
                path.name,
                "a table: " + ", ".join(FORMATS),
                "export the answers in one of these formats",
            )
    _refuse_markup(path, start)
    return "text"


def _refuse_markup(path: Path, start: bytes) -> None:
    opening = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if opening.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        raise SourceError.of(
            "the file is a web page or XML, not a table",
            path.name,
            "a table: " + ", ".join(FORMATS),
            "export the answers as .csv, .sav or .xlsx",
        )


def _kind_of_archive(path: Path) -> str:
    from dww_analysis.storage.workbooks import open_archive

    with open_archive(path) as archive:
        names = archive.namelist()
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.lower().endswith(".csv") for name in names):
        return "castor"
    raise SourceError.of(
        "the archive holds no table",
        path.name,
        "a workbook or a ZIP of CSV files",
        "unpack it and give the table",
    )


def _settle(path: Path, declared: str, found: str) -> tuple[str, str]:
    """The format to read with, and the layout to give its reader."""
    suffix = path.suffix.lower()
    if declared == "auto":
        claimed = _BY_SUFFIX.get(suffix)
        if claimed is not None and not _agrees(claimed, found):
            raise _other_kind(
                path, claimed, found, "rename the file, or declare its `format` in sources.yaml"
            )
        return ("csv", "auto") if found == "text" else (found, found)
    fits = declared == found or (found == "text" and declared in (*_TEXT_NAMES, "castor"))
    fits = fits or {declared, found} <= {"sav", "zsav"}
    if not fits:
        raise _other_kind(path, declared, found, "correct or leave out `format` in sources.yaml")
    if declared == "castor" and found == "text":
        return "csv", "castor"
    return (found, found) if found in ("sav", "zsav") else (declared, declared)


def _agrees(claimed: str, found: str) -> bool:
    if found == "text":
        return claimed in _TEXT_NAMES
    return claimed == found or {claimed, found} <= {"sav", "zsav"}


def _other_kind(path: Path, claimed: str, found: str, action: str) -> SourceError:
    what = "text" if found == "text" else f"{FORMATS[found].described} ({found})"
    return SourceError.of(
        f"the content is {what}", path.name, f"{FORMATS[claimed].described} ({claimed})", action
    )


def _options(format: Format) -> list[str]:
    if format.read is _statistics:
        return ["encoding"] + (["catalog"] if format.name == "sas7bdat" else [])
    if format.read is _workbook:
        return ["sheet", "duplicate_names"]
    from dww_analysis.storage.textfiles import read_text

    text = [name for name in inspect.signature(read_text).parameters if name not in ("path", "format")]
    return [*text, "member"] if format.read is _castor else text


def _check_options(format: Format, options: Mapping[str, Any], path: Path) -> None:
    known = _options(format)
    unknown = [name for name in options if name not in known]
    if unknown:
        raise SourceError.of(
            f"the option {unknown[0]!r} is not known for the format {format.name}",
            path.name,
            "one of " + ", ".join(known),
            "correct `options` in sources.yaml",
        )
