"""A form as a workbook: drop-downs, dates that are dates, no macros. The same form gives the same bytes."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

from dww_analysis.reports.documents.form import Form, FormColumn, FormSheet

CREATED = datetime(2000, 1, 1)  # no clock in the file
LISTS = "_"  # the hidden sheet with what may be chosen
WIDTHS = {"long": 44, "text": 16, "date": 12, "number": 10}
INK, GREY, HEAD = "#1c2126", "#eceff2", "#d7e1e8"


def form_book(form: Form) -> bytes:
    """The workbook (.xlsx): instructions, a sheet for each of the form's with columns that take a list or a date, and
    the lists. The same form gives the same bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": form.title, "created": CREATED})
    _instructions(book, form)
    lists = _Lists(book)
    for sheet in form.sheets:
        _sheet(book, sheet, form, lists)
    lists.write()
    book.close()
    return buffer.getvalue()


def _instructions(book: Any, form: Form) -> None:
    page = book.add_worksheet(form.instructions_name)
    page.set_column(0, 0, 100)
    page.write_string(0, 0, form.title, book.add_format({"bold": True, "font_size": 16, "font_color": INK}))
    wrapped = book.add_format({"text_wrap": True, "font_size": 12, "valign": "top"})
    for row, text in enumerate(form.texts, start=2):
        page.write_string(row, 0, text, wrapped)
    page.set_paper(9)
    page.fit_to_pages(1, 0)


class _Lists:
    """Lists of words on a hidden sheet: a list inside a cell's rule may not be longer than 255 characters."""

    def __init__(self, book: Any):
        self.book, self.found = book, {}  # type: Any, dict[tuple[str, ...], int]

    def range_of(self, choices: tuple[str, ...]) -> str:
        column = self.found.setdefault(choices, len(self.found))
        letter = chr(ord("A") + column)
        return f"='{LISTS}'!${letter}$1:${letter}${len(choices)}"

    def write(self) -> None:
        page = self.book.add_worksheet(LISTS)
        for choices, column in self.found.items():
            for row, word in enumerate(choices):
                page.write_string(row, column, word)
        page.hide()


def _sheet(book: Any, sheet: FormSheet, form: Form, lists: _Lists) -> None:
    page = book.add_worksheet(sheet.name)
    head = book.add_format({"bold": True, "bg_color": HEAD, "border": 1, "text_wrap": True, "valign": "top"})
    styles: dict[str, dict[str, Any]] = {
        "long": {"text_wrap": True}, "text": {}, "number": {}, "date": {"num_format": "yyyy-mm-dd"},
        "given": {"bg_color": GREY},
    }  # fmt: skip
    formats = {
        name: book.add_format({"valign": "top", "border": 1, "border_color": "#b5bbc2", **more})
        for name, more in styles.items()
    }
    for at, column in enumerate(sheet.columns):
        page.set_column(at, at, max(WIDTHS[column.holds], len(column.heading) + 2))
        page.write_string(0, at, column.heading, head)
        _rule(page, at, column, len(sheet.rows), form, lists)
        style = formats["given" if column.given else column.holds]
        for row, cells in enumerate(sheet.rows, start=1):
            _cell(page, row, at, cells.get(column.ours, ""), column, style)
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _cell(page: Any, row: int, at: int, value: str | int, column: FormColumn, style: Any) -> None:
    if value == "":
        page.write_blank(row, at, None, style)
    elif isinstance(value, int):
        page.write_number(row, at, value, style)
    elif column.holds == "date":
        page.write_datetime(row, at, datetime.combine(date.fromisoformat(value), datetime.min.time()), style)
    else:
        page.write_string(row, at, value, style)


def _rule(page: Any, at: int, column: FormColumn, rows: int, form: Form, lists: _Lists) -> None:
    """What may be filled in, as far as a workbook can say it."""
    if column.choices and not column.given:
        title, message = form.choose
        page.data_validation(
            1, at, rows, at,
            {"validate": "list", "source": lists.range_of(column.choices), "error_title": title,
             "error_message": message},
        )  # fmt: skip
    elif column.holds == "date":
        page.data_validation(
            1, at, rows, at, {"validate": "date", "criteria": ">=", "value": date(2000, 1, 1), "error_type": "warning"}
        )  # fmt: skip
    elif column.holds == "number":
        page.data_validation(
            1, at, rows, at, {"validate": "decimal", "criteria": ">=", "value": 0, "error_type": "warning"}
        )  # fmt: skip
