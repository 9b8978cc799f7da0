"""Excel workbooks (.xlsx) as tables, with bounds: nothing is unpacked before its claimed size has been looked at.

One sheet is one table. A formula counts as its stored result; one without a result is refused, because the value that
people saw is not in the file.
"""

from __future__ import annotations

import warnings
import zipfile
from itertools import islice
from pathlib import Path
from typing import Any

from dww_analysis.errors import Problem, SourceError, raise_all
from dww_analysis.storage.archives import open_archive, unpacking
from dww_analysis.storage.bounds import (
    MAX_ROWS,
    MAX_SHARED_MARKS,
    MAX_SHARED_STRINGS_BYTES,
    MAX_SHEET_CELLS,
    refuse_above,
    refuse_cells,
)
from dww_analysis.storage.cells import is_empty
from dww_analysis.storage.columns import Reading
from dww_analysis.storage.grids import chosen_sheet, grid_table, named_sheet
from dww_analysis.storage.tables import Table

Rows = list[tuple[Any, ...]]


def read_workbook(path: Path, *, format: str = "auto", **options: Any) -> Table:
    """The table of one sheet (by name or by number from 1) of an .xlsx file; by default the only filled sheet.
    options: those of a sheet (`register`). SourceError for what is no such file, is too large, or has no sheet of
    that name."""
    reading = Reading(format="auto" if format == "xlsx" else format, **options)
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts of a workbook that hold no answers
            name, rows, note = _sheet(path, reading.sheet)
    except SourceError:
        raise
    except Exception as error:  # openpyxl lets any parser error through; all mean one thing to the user
        raise SourceError.of(
            found="the workbook is damaged or is no workbook",
            where=path.name,
            expected="an .xlsx file of Excel",
            action="open it in Excel and save it again as .xlsx",
        ) from error
    return grid_table(rows, path.name, name, reading, "xlsx", note)


def _sheet(path: Path, wanted: str | int | None) -> tuple[str, Rows, str]:
    """The name and the rows of the sheet that is meant, formulas as their results, and a note."""
    book, results = _open(path, data_only=False), None
    try:
        names = [str(s.title) for s in book.worksheets]
        hidden = [str(s.title) for s in book.worksheets if s.sheet_state != "visible"]
        chosen = names if wanted is None else [named_sheet(wanted, names, path.name)]
        sheets = {n: _filled_rows(_rows(book[n], path.name)) for n in chosen}
        name, note = chosen_sheet(sheets, hidden, path.name)
        rows = sheets[name]
        if any(_is_formula(cell) for row in rows for cell in row):
            results = _open(path, data_only=True)
            rows = _with_results(rows, _rows(results[name], path.name), path.name, name)
    finally:
        book.close()
        if results is not None:
            results.close()
    return name, rows, note


def _check_archive(path: Path) -> None:
    """Refuse archives that would not stay small, and XML that defines its own entities."""
    with open_archive(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith((".xml", ".rels")):
                _check_member(archive, member, path.name)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> None:
    with unpacking(archive, member.filename, where) as handle:
        start = handle.read(4096)
        if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
            raise SourceError.of(
                found="the workbook defines XML entities",
                where=where,
                expected="a workbook of Excel",
                action="save it again in Excel",
            )
        if not member.filename.lower().endswith("sharedstrings.xml"):
            return
        refuse_above(member.file_size, MAX_SHARED_STRINGS_BYTES, "bytes of texts", where, _SMALLER)
        count = start.count(b"<")
        while part := handle.read(1 << 20):
            count += part.count(b"<")
            refuse_above(count, MAX_SHARED_MARKS, "marks around its texts", where, _SMALLER)


_SMALLER = "check where the file comes from; export a large table as .sav or .csv instead"


def _open(path: Path, data_only: bool) -> Any:
    import openpyxl

    return openpyxl.load_workbook(path, read_only=True, data_only=data_only, keep_links=False)


def _rows(sheet: Any, where: str) -> Rows:
    """All rows of a sheet, whatever size it claims; more rows or cells than the bounds are refused."""
    sheet.reset_dimensions()
    rows, cells = [], 0
    for row in islice(sheet.iter_rows(values_only=True), MAX_ROWS + 1):
        rows.append(row)
        cells += len(row)
        if cells > MAX_SHEET_CELLS:
            refuse_cells(cells, where, MAX_SHEET_CELLS)
    if len(rows) > MAX_ROWS:
        raise SourceError.of(
            found=f"a row is numbered above {MAX_ROWS:,}",
            where=where,
            expected="a sheet of Excel",
            action="open it in Excel and save it again",
        )
    return rows


def _filled_rows(rows: Rows) -> Rows:
    """The rows without empty ones at the end; none when all are empty."""
    while rows and all(map(is_empty, rows[-1])):
        rows.pop()
    return rows


def _is_formula(cell: Any) -> bool:
    return (isinstance(cell, str) and cell.startswith("=")) or type(cell).__name__ in (
        "ArrayFormula",
        "DataTableFormula",
    )


def _with_results(formulas: Rows, results: Rows, where: str, sheet: str) -> Rows:
    merged, without = [], []
    for i, row in enumerate(formulas):
        known = results[i] if i < len(results) else ()
        cells = [known[j] if _is_formula(c) and j < len(known) else c for j, c in enumerate(row)]
        without += [i + 1 for j, c in enumerate(row) if _is_formula(c) and cells[j] is None]
        merged.append(tuple(cells))
    raise_all(
        [
            Problem(
                found="a formula without a stored result",
                where=f"{where}, sheet {sheet!r}, row {row}",
                expected="a value",
                action="open the file in Excel, copy the column and paste it as values, and save",
            )
            for row in sorted(set(without))[:10]
        ],
        SourceError,
    )
    return merged
