"""The table of formats: what each is called, what it looks like from outside, which options its reader has.

One row a format, with the function that reads it; an option is a row of its own, with its type and its meaning, so
that configuration, messages and documentation follow from the same lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dww_analysis.errors import Problem
from dww_analysis.storage.suffixes import SUFFIXES
from dww_analysis.storage.tables import Table


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", _is_text),
    "character": (
        "one character, or tab, comma, semicolon",
        lambda v: isinstance(v, str) and (len(v) == 1 or v.lower() in ("tab", "comma", "semicolon", "pipe")),
    ),
    "number": ("a whole number from 1", _is_count),
    "text or number": ("a text, or a whole number from 1", lambda v: _is_text(v) or _is_count(v)),
    "yes or no": ("true or false", lambda v: isinstance(v, bool)),
    "texts": (
        "a list of texts",
        lambda v: isinstance(v, list | tuple) and all(isinstance(t, str) for t in v),
    ),
}


@dataclass(frozen=True)
class Option:
    """One option of a reader: its name, its type (a row of `KINDS`), what it means, and its choices if few."""

    name: str
    kind: str
    meaning: str
    choices: tuple[Any, ...] = ()
    at_most: int | None = None

    @property
    def expected(self) -> str:
        """What may be written, in words."""
        if self.choices:
            return "one of " + ", ".join(repr(c) for c in self.choices)
        return KINDS[self.kind][0] + (f" to {self.at_most:,}" if self.at_most else "")

    def takes(self, value: Any) -> bool:
        """Whether `value` may be written."""
        if not KINDS[self.kind][1](value) or (self.choices and value not in self.choices):
            return False
        return self.at_most is None or value <= self.at_most


ENCODING = Option("encoding", "text", "encoding of the texts, such as utf-8 or windows-1252")
_TABLE = (
    Option("header_line", "number", "line (row of the sheet) with the names of the columns", at_most=1000),
    Option("header_rows", "number", "rows that the names stand in; joined by ' - '", at_most=5),
    Option("decimal", "character", "decimal mark of numbers that are text", (".", ",")),
    Option("thousands", "character", "mark between thousands", (".", ",", " ", "'")),
    Option("duplicate_names", "text", "number: later columns of one name get .2, .3", ("stop", "number")),
    Option("dates", "yes or no", "false: texts that look like dates stay text"),
    Option("absent", "texts", "texts that stand for no answer beside numbers, such as NA"),
    Option("structure", "text", "file beside it with labels: LimeSurvey's .lss, REDCap's data dictionary"),
)
_TEXT = (Option("delimiter", "character", "what separates the columns"), ENCODING, *_TABLE)
_SHEET = (Option("sheet", "text or number", "name of the sheet, or its number from 1"), *_TABLE)
_CATALOG = Option("catalog", "text", "the .sas7bcat file beside it, with value labels")
_MEMBER = Option("member", "text", "which file of the archive")


@dataclass(frozen=True)
class Format:
    """One row of the table of formats."""

    name: str
    described: str
    read: Callable[..., Table]
    options: tuple[Option, ...]

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the names of its files end; empty for the layouts of tools."""
        return SUFFIXES.get(self.name, ())


def _statistics(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.statistics_files import read_statistics

    return read_statistics(path, format, **options)


def _workbook(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.workbooks import read_workbook

    return read_workbook(path, format=format, **options)


def _opendocument(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.opendocument import read_opendocument

    return read_opendocument(path, format=format, **options)


def _text(path: Path, format: str, **options: Any) -> Table:
    from dww_analysis.storage.textfiles import read_text

    return read_text(path, format=format, **options)


def _archive(path: Path, format: str, *, read_table: Callable[..., Table], **options: Any) -> Table:
    from dww_analysis.storage.packed import read_archive

    return read_archive(path, read_table, format=format, **options)


_ANY = tuple({o.name: o for o in (*_TEXT, *_SHEET, _CATALOG, _MEMBER)}.values())
LAYOUT_OPTIONS = tuple({o.name: o for o in (*_TEXT, *_SHEET, _MEMBER)}.values())
FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        Format("sav", "SPSS", _statistics, (ENCODING,)),
        Format("zsav", "SPSS, compressed", _statistics, (ENCODING,)),
        Format("por", "SPSS portable", _statistics, (ENCODING,)),
        Format("dta", "Stata", _statistics, (ENCODING,)),
        Format("sas7bdat", "SAS", _statistics, (ENCODING, _CATALOG)),
        Format("xpt", "SAS transport", _statistics, (ENCODING,)),
        Format("xlsx", "Excel", _workbook, _SHEET),
        Format("ods", "OpenDocument spreadsheet", _opendocument, _SHEET),
        Format("csv", "delimited text", _text, _TEXT),
        Format("tsv", "text separated by tabs", _text, _TEXT),
        Format("qualtrics", "Qualtrics, two or three header rows", _text, LAYOUT_OPTIONS),
        Format("limesurvey", "LimeSurvey", _text, LAYOUT_OPTIONS),
        Format("redcap", "REDCap, raw or labels", _text, LAYOUT_OPTIONS),
        Format("castor", "Castor EDC: a table, or a ZIP of them", _text, LAYOUT_OPTIONS),
        Format("formdesk", "Formdesk: decimal comma, dd-mm-yyyy", _text, LAYOUT_OPTIONS),
        Format("zip", "a ZIP with a table inside", _archive, _ANY),
    )
}
LAYOUTS = ("qualtrics", "limesurvey", "redcap", "castor", "formdesk")  # of text, sheets and ZIPs of them
SPREADSHEETS = ("xlsx", "ods")
ALSO_CALLED = {"excel": "xlsx"}


def options_of(format: str = "auto") -> tuple[Option, ...]:
    """The options of a format; of "auto" those of any format; of "lines" (logs of one record a line) the encoding."""
    if format == "lines":
        return (ENCODING,)
    name = ALSO_CALLED.get(format, format)
    return _ANY if name not in FORMATS else FORMATS[name].options


def option_problems(format: str, options: Mapping[str, Any], where: str) -> list[Problem]:
    """All that is wrong with the `options` that are written for a format: unknown names, values of another type."""
    known = {o.name: o for o in options_of(format)}
    return [
        problem
        for name, value in options.items()
        if (problem := _option_problem(str(name), value, known, format, where)) is not None
    ]


def _option_problem(
    name: str, value: Any, known: Mapping[str, Option], format: str, where: str
) -> Problem | None:
    if name not in known:
        of = "" if format == "auto" else f" for the format {format}"
        return Problem(
            found=f"the option {name[:40]!r} is not known{of}",
            where=where,
            expected="one of " + ", ".join(known),
            action=_nearest(name, known),
        )
    if known[name].takes(value):
        return None
    shown = repr(value)[:60]
    return Problem(
        found=f"the option {name!r} is {shown}",
        where=where,
        expected=f"{known[name].expected} ({known[name].meaning})",
        action="correct `options` in sources.yaml",
    )


def _nearest(name: str, known: Mapping[str, Option]) -> str:
    near = get_close_matches(name.lower(), [o.name for o in _ANY], n=1)
    if near and near[0] in known:
        return f"write {near[0]!r}"
    if near:
        having = [f.name for f in FORMATS.values() if near[0] in {o.name for o in f.options}]
        return f"leave it out: {near[0]!r} is an option of {', '.join(having)}"
    return "correct or leave out `options` in sources.yaml"
