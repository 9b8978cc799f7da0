"""OpenDocument spreadsheets (.ods) as tables. Repeated cells and rows are counted before they are written out.

The file is a ZIP with one XML document; its cells carry their value beside the text that is shown. A formula counts
as its stored value.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from dww_analysis.errors import SourceError
from dww_analysis.storage.archives import open_archive, read_member
from dww_analysis.storage.bounds import MAX_ROWS, MAX_SHEET_CELLS, refuse_above, refuse_cells, refuse_width
from dww_analysis.storage.cells import is_empty
from dww_analysis.storage.columns import Reading
from dww_analysis.storage.grids import chosen_sheet, grid_table, named_sheet
from dww_analysis.storage.tables import Table

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = (f"{{{_OASIS}{part}:1.0}}" for part in ("table", "office", "text"))
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_NUMBERS = ("float", "percentage", "currency")
_ACTION = "open it in LibreOffice or Excel and save it as .xlsx or .csv"


def read_opendocument(path: Path, *, format: str = "auto", **options: Any) -> Table:
    """The table of one sheet (by name or by number from 1) of an .ods file; by default the only filled sheet.
    options: those of a sheet (`register`). SourceError for what is no such file, is too large, or has no sheet of
    that name."""
    reading = Reading(format="auto" if format == "ods" else format, **options)
    sheets = _sheets(_content(path), path.name)
    note = ""
    if reading.sheet is not None:
        name = named_sheet(reading.sheet, list(sheets), path.name)
        sheets = {name: sheets[name]}
    name, note = chosen_sheet(sheets, (), path.name)
    return grid_table(sheets[name], path.name, name, reading, "ods", note)


def _content(path: Path) -> bytes:
    with open_archive(path) as archive:
        names = archive.namelist()
        if "META-INF/manifest.xml" in names:
            manifest = read_member(archive, "META-INF/manifest.xml", path.name, 1 << 24)
            if b"encryption-data" in manifest:
                raise SourceError.of(
                    found="the spreadsheet is protected by a password",
                    where=path.name,
                    expected="an open file",
                    action="save it without",
                )
        if "content.xml" not in names:
            raise _damaged(path.name)
        content = read_member(archive, "content.xml", path.name)
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:4096]:
        raise SourceError.of(
            found="the spreadsheet defines XML entities",
            where=path.name,
            expected="a spreadsheet",
            action=_ACTION,
        )
    return content


def _damaged(where: str) -> SourceError:
    return SourceError.of(
        found="the OpenDocument spreadsheet (.ods) is damaged or holds no table",
        where=where,
        expected="a whole .ods file",
        action=_ACTION,
    )


class _Sheets:
    """The sheets as they are filled, and how many cells they hold so far."""

    def __init__(self, where: str):
        self.rows: dict[str, list[list[Any]]] = {}
        self.where = where
        self.cells = 0
        self.blank = 0

    def begin(self, name: str) -> None:
        self.rows.setdefault(name, [])
        self.blank = 0

    def add(self, name: str, row: list[Any], times: int) -> None:
        """Rows that are blank are kept only when a filled one follows."""
        if not row:
            self.blank += times
            return
        rows = self.rows[name]
        self.cells += len(row) * times
        refuse_cells(self.cells, self.where, MAX_SHEET_CELLS)
        refuse_above(len(rows) + self.blank + times, MAX_ROWS, "rows", self.where, _ACTION)
        rows += [[] for _ in range(self.blank)] + [row] * times
        self.blank = 0


def _sheets(content: bytes, where: str) -> dict[str, list[list[Any]]]:
    sheets, name = _Sheets(where), ""
    try:
        for event, element in ElementTree.iterparse(io.BytesIO(content), events=("start", "end")):
            if event == "start" and element.tag == _TABLE + "table":
                name = element.get(_TABLE + "name", f"sheet {len(sheets.rows) + 1}")
                sheets.begin(name)
            elif event == "end" and element.tag == _TABLE + "table-row" and name:
                sheets.add(name, _row(element, where), _times(element, "rows"))
                element.clear()
    except (ElementTree.ParseError, ValueError, OverflowError) as error:
        raise _damaged(where) from error
    if not sheets.rows:
        raise _damaged(where)
    return sheets.rows


def _row(row: ElementTree.Element, where: str) -> list[Any]:
    """The cells of a row up to the last filled one."""
    cells: list[Any] = []
    blank = 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        value, times = _value(cell), _times(cell, "columns")
        if is_empty(value):
            blank += times
            continue
        refuse_width(len(cells) + blank + times, where)
        cells += [None] * blank + [value] * times
        blank = 0
    return cells


def _times(element: ElementTree.Element, what: str) -> int:
    times = int(element.get(f"{_TABLE}number-{what}-repeated", "1"))
    if times < 1:
        raise ValueError("a number of repetitions below one")
    return times


def _value(cell: ElementTree.Element) -> Any:
    kind = cell.get(_OFFICE + "value-type")
    if kind in _NUMBERS:
        return float(cell.get(_OFFICE + "value", ""))
    if kind == "boolean":
        return cell.get(_OFFICE + "boolean-value") == "true"
    if kind == "date":
        return _moment(cell.get(_OFFICE + "date-value", ""))
    if kind == "time":
        return cell.get(_OFFICE + "time-value", "")
    text = "\n".join("".join(_words(p)) for p in cell.findall(_TEXT + "p"))
    return text or cell.get(_OFFICE + "string-value") or None


def _moment(text: str) -> Any:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:  # a date that does not exist, or before the year 1
        return text
    return moment if "T" in text else moment.date()


def _words(paragraph: ElementTree.Element) -> Iterator[str]:
    yield paragraph.text or ""
    for part in paragraph:
        if part.tag == _TEXT + "s":
            yield " " * min(int(part.get(_TEXT + "c", "1")), 1000)
        elif part.tag in (_TEXT + "tab", _TEXT + "line-break"):
            yield "\t" if part.tag.endswith("tab") else "\n"
        else:
            yield from _words(part)
        yield part.tail or ""
