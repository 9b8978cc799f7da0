"""Workbooks: tables as sheets with a header that stays in view, the same bytes every time.

Text stays text: nothing becomes a formula, a number or a link. A missing value is an empty cell; what is not finite is
written out (inf), for a spreadsheet has no number for it.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

WIDEST, NARROWEST = 44, 8  # characters of a column
MOST_DECIMALS = 6
CREATED = datetime(2000, 1, 1)  # of every workbook: its content says from when it is
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Sheet:
    """One table. notes: column -> what stands behind its heading when it is pointed at; foot: at the foot of each
    printed page."""

    name: str
    table: pd.DataFrame
    notes: Mapping[str, str] = field(default_factory=dict)
    foot: str = ""


def workbook_bytes(sheets: Sequence[Sheet], title: str) -> bytes:
    """An .xlsx of these sheets. ValueError for names that a spreadsheet cannot have."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, OPTIONS) as book:
        book.set_properties({"title": title, "created": CREATED})
        formats = _Formats(book)
        for sheet in sheets:
            _write(book.add_worksheet(sheet.name), sheet, formats)
    return made.getvalue()


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any):
        self.book = book
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": False, "valign": "top"})
        self.text = book.add_format({"num_format": "@", "valign": "top"})
        self._numbers: dict[str, Any] = {}

    def number(self, decimals: int) -> Any:
        """A number with so many decimals."""
        shown = "0" + ("." + "0" * decimals if decimals else "")
        if shown not in self._numbers:
            self._numbers[shown] = self.book.add_format({"num_format": shown})
        return self._numbers[shown]


def _write(page: Any, sheet: Sheet, formats: _Formats) -> None:
    table = sheet.table
    page.freeze_panes(1, 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.repeat_rows(0)
    page.set_footer("&L" + sheet.foot.replace("&", "&&") + "&R&P / &N")
    for j, name in enumerate(map(str, table.columns)):
        page.write_string(0, j, name, formats.head)
        if sheet.notes.get(name):
            page.write_comment(0, j, sheet.notes[name], {"author": "", "x_scale": 2, "y_scale": 1})
        cells = [_plain(v) for v in table.iloc[:, j]]
        style = formats.number(_decimals(cells))
        for i, value in enumerate(cells, 1):
            _cell(page, i, j, value, style, formats.text)
        longest = max((len(str(v)) for v in cells if isinstance(v, str)), default=0)
        page.set_column(j, j, min(max(longest, len(name) + 1, NARROWEST), WIDEST))
    if len(table):
        page.autofilter(0, 0, len(table), max(table.shape[1] - 1, 0))


def _cell(page: Any, i: int, j: int, value: Any, number: Any, text: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(i, j, value)
    elif isinstance(value, float):
        page.write_number(i, j, value, number)
    else:
        page.write_string(i, j, value, text)


def _plain(value: Any) -> str | float | bool | None:
    """A cell as a spreadsheet has it; None where nothing is there."""
    if value is None or value is pd.NA or value is pd.NaT or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return bool(value)
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        number = float(value)
        return None if math.isnan(number) else number if math.isfinite(number) else str(number)
    return str(value)


def _decimals(cells: Sequence[Any]) -> int:
    """As many as the number with the most has, so that a column shows all its digits below each other."""
    found = [_own_decimals(v) for v in cells if isinstance(v, float)]
    return max(found, default=0)


def _own_decimals(value: float) -> int:
    text = f"{value:.{MOST_DECIMALS}f}".rstrip("0")
    return len(text.partition(".")[2])
