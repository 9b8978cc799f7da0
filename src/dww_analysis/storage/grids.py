"""Sheets of spreadsheets as tables: the rows of cells of one sheet, whatever program wrote it.

The names stand in the first filled row, below titles, or in several rows (`headers.py`); sheets of survey tools are
recognised by the same header rows as their text exports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dww_analysis.errors import Problem, SourceError
from dww_analysis.storage.bounds import refuse_width
from dww_analysis.storage.cells import as_text, is_empty
from dww_analysis.storage.columns import Body, Reading, assemble, understood
from dww_analysis.storage.headers import LOOKED_AT, find_header, refuse_second_row
from dww_analysis.storage.layouts import tool_layout
from dww_analysis.storage.needs import Need, OptionNeeded
from dww_analysis.storage.surveys import Layout
from dww_analysis.storage.tables import Table

Row = Sequence[Any]


def is_filled(row: Row) -> bool:
    """Whether anything is in the row."""
    return not all(map(is_empty, row))


def chosen_sheet(sheets: Mapping[str, Sequence[Row]], hidden: Sequence[str], where: str) -> tuple[str, str]:
    """The one filled sheet that is meant, and a note; more than one is refused with their names."""
    filled = [name for name, rows in sheets.items() if any(map(is_filled, rows))]
    seen = [name for name in filled if name not in hidden]
    if not filled:
        raise SourceError.of(
            found="the file is empty",
            where=where,
            expected="a sheet with names and rows",
            action="deliver it again",
        )
    if len(filled) == 1:
        return filled[0], ""
    if len(seen) == 1:
        return seen[0], f"hidden sheets left out: {', '.join(repr(n) for n in filled if n in hidden)}"
    tables = [name for name in seen if _is_table(sheets[name])]
    raise OptionNeeded.to_choose(
        Problem(
            found=f"{len(filled)} sheets hold data",
            where=where,
            expected="one table",
            action="say which one: options: {sheet: ...}, one of " + ", ".join(repr(n) for n in filled),
        ),
        Need("sheet", tuple(filled), tables[0] if len(tables) == 1 else None, "more than one filled sheet"),
    )


def _is_table(rows: Sequence[Row]) -> bool:
    return sum(sum(not is_empty(c) for c in row) >= 2 for row in rows[:LOOKED_AT]) >= 2


def named_sheet(sheet: str | int, names: Sequence[str], where: str) -> str:
    """The name of the sheet that was declared by name, or by number from 1; SourceError, with the names there are,
    for another."""
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        return names[sheet - 1]
    if str(sheet) not in names:
        raise SourceError.of(
            found=f"there is no sheet {sheet!r}",
            where=where,
            expected="one of " + ", ".join(repr(n) for n in names),
            action="correct options: {sheet: ...} in sources.yaml",
        )
    return str(sheet)


def grid_table(
    rows: Sequence[Row], where: str, sheet: str, reading: Reading, plain: str, note: str = ""
) -> Table:
    """The table in the rows of one sheet; `plain` is the name of the format of a sheet that no tool wrote."""
    numbered = [(i + 1, row) for i, row in enumerate(rows) if is_filled(row)]
    width = max(_width(row) for _, row in numbered)
    refuse_width(width, where)
    place = f"{where}, sheet {sheet!r}"
    numbered = _from_header(numbered, reading, place)
    records = [_texts(row, width) for _, row in numbered[:LOOKED_AT]]
    titles = ""
    if reading.header_line is None:
        start = find_header(records, [line for line, _ in numbered], place)
        numbered, records, titles = numbered[start.record :], records[start.record :], start.note
    layout = _layout(records, reading, place, plain)
    body = numbered[layout.header_rows :]
    if not body:
        raise SourceError.of(
            found="the sheet has a header but no rows",
            where=place,
            expected="rows",
            action="deliver the file again",
        )
    recognised = {"sheet": sheet, "header_line": numbered[0][0], "header_rows": layout.header_rows}
    notes = [f"sheet {sheet!r}", *filter(None, (note, titles))]
    return assemble(_body(body, width, where), layout, reading, notes, recognised)


def _layout(records: list[tuple[str, ...]], reading: Reading, where: str, plain: str) -> Layout:
    if reading.header_rows is None and tool_layout(records, "") is None:
        refuse_second_row(records, where)
    layout = understood(records, "", reading, where, plain)
    return replace(layout, format=plain) if layout.format in ("csv", "tsv") else layout


def _from_header(numbered: list[tuple[int, Row]], reading: Reading, where: str) -> list[tuple[int, Row]]:
    if reading.header_line is None:
        return numbered
    rest = [(line, row) for line, row in numbered if line >= reading.header_line]
    if not rest or rest[0][0] != reading.header_line:
        raise SourceError.of(
            found=f"row {reading.header_line} is blank or not there",
            where=where,
            expected="the names of the columns in the row that header_line says (counted from 1)",
            action="correct options: {header_line: ...} in sources.yaml",
        )
    return rest


def _width(row: Row) -> int:
    return next((j + 1 for j in range(len(row) - 1, -1, -1) if not is_empty(row[j])), 0)


def _texts(row: Row, width: int) -> tuple[str, ...]:
    return tuple(as_text(row[j]) if j < len(row) else "" for j in range(width))


def _body(body: list[tuple[int, Row]], width: int, where: str) -> Body:
    columns = [[row[j] if j < len(row) else None for _, row in body] for j in range(width)]
    return Body(columns, np.array([line for line, _ in body], dtype="int64"), where)
