"""Excel workbooks (.xlsx) as tables, with bounds: nothing is unpacked before its claimed size has been looked at.

One sheet is one table with its names in the first filled row. A formula counts as its stored result; one without a
result is refused, because the value that people saw is not in the file.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import Problem, SourceError, raise_all
from dww_analysis.storage.tables import Table, number_lines, variables_frame
from dww_analysis.storage.textfiles import settled_names

MAX_UNPACKED_BYTES = 1 << 30  # of a whole archive
MAX_ROWS = 1_048_576  # of a sheet, as Excel itself


def open_archive(path: Path, max_bytes: int = MAX_UNPACKED_BYTES) -> zipfile.ZipFile:
    """The zip archive at `path`; refused when damaged, encrypted or when its claimed contents exceed `max_bytes`."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SourceError.of(
            "the archive is cut off or damaged", path.name, "a whole file", "ask for the file again"
        ) from error
    claimed = sum(member.file_size for member in archive.infolist())
    if claimed > max_bytes:
        archive.close()
        raise SourceError.of(
            f"the archive says it unpacks to {claimed / 1e6:,.0f} MB",
            path.name,
            f"at most {max_bytes / 1e6:,.0f} MB",
            "check where the file comes from; export a large table as .sav or .csv instead",
        )
    if any(member.flag_bits & 0x1 for member in archive.infolist()):
        archive.close()
        raise SourceError.of(
            "the archive is protected by a password", path.name, "an open file", "save it without a password"
        )
    return archive


def read_member(
    archive: zipfile.ZipFile, name: str, where: str, max_bytes: int = MAX_UNPACKED_BYTES
) -> bytes:
    """The bytes of one member, refused when it is damaged or larger than it claimed to be."""
    import zlib

    try:
        with archive.open(name) as handle:
            content = handle.read(max_bytes + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise SourceError.of(
            "the archive is cut off or damaged", where, "a whole file", "ask for the file again"
        ) from error
    if len(content) > max_bytes:
        raise SourceError.of(
            "the archive unpacks to too much", where, "a file of moderate size", "export as .csv"
        )
    return content


def read_workbook(path: Path, sheet: str | int | None = None, duplicate_names: str = "stop") -> Table:
    """The table of one sheet (by name or by number from 1) of an .xlsx file; by default the only filled sheet."""
    _check_archive(path)
    book, results = _open(path, data_only=False), None
    try:
        name, rows = _filled_sheet(book, sheet, path.name)
        if any(_is_formula(cell) for row in rows for cell in row):
            results = _open(path, data_only=True)
            rows = _with_results(rows, _rows(results[name], path.name), path.name, name)
    finally:
        book.close()
        if results is not None:
            results.close()
    return _table(rows, path.name, name, duplicate_names)


def _check_archive(path: Path) -> None:
    """Refuse archives that would not stay small, and XML that defines its own entities."""
    with open_archive(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith((".xml", ".rels")):
                with archive.open(member) as handle:
                    start = handle.read(4096)
                if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                    raise SourceError.of(
                        "the workbook defines XML entities",
                        path.name,
                        "a workbook of Excel",
                        "save it again in Excel",
                    )


def _open(path: Path, data_only: bool) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=data_only, keep_links=False)
    except Exception as error:  # openpyxl lets any parser error through; all mean one thing to the user
        raise SourceError.of(
            "the workbook is damaged or is no workbook",
            path.name,
            "an .xlsx file of Excel",
            "open it in Excel and save it again as .xlsx",
        ) from error


def _rows(sheet: Any, where: str) -> list[tuple[Any, ...]]:
    """All rows of a sheet, whatever size it claims; more rows than Excel itself can hold are refused."""
    sheet.reset_dimensions()
    rows = list(islice(sheet.iter_rows(values_only=True), MAX_ROWS + 1))
    if len(rows) > MAX_ROWS:
        raise SourceError.of(
            f"a row is numbered above {MAX_ROWS:,}",
            where,
            "a sheet of Excel",
            "open it in Excel and save it again",
        )
    return rows


def _filled_sheet(book: Any, sheet: str | int | None, where: str) -> tuple[str, list[tuple[Any, ...]]]:
    names = [str(s.title) for s in book.worksheets]
    if isinstance(sheet, int) and 1 <= sheet <= len(names):
        sheet = names[sheet - 1]
    if sheet is not None and sheet not in names:
        raise SourceError.of(
            f"there is no sheet {sheet!r}",
            where,
            "one of " + ", ".join(repr(n) for n in names),
            "correct options: {sheet: ...} in sources.yaml",
        )
    try:
        filled = {
            n: rows
            for n in ([str(sheet)] if sheet else names)
            if (rows := _filled_rows(_rows(book[n], where)))
        }
    except SourceError:
        raise
    except Exception as error:  # as in _open: the sheets are parsed only here
        raise SourceError.of(
            "the workbook is damaged", where, "a whole .xlsx file", "open it in Excel and save it again"
        ) from error
    if not filled:
        raise SourceError.of("the file is empty", where, "a sheet with names and rows", "deliver it again")
    if len(filled) > 1:
        raise SourceError.of(
            f"{len(filled)} sheets hold data",
            where,
            "one table",
            "say which one: options: {sheet: ...}, one of " + ", ".join(repr(n) for n in filled),
        )
    return next(iter(filled.items()))


def _filled_rows(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows without empty ones at the end; none when all are empty."""
    while rows and all(_is_empty(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _is_formula(cell: Any) -> bool:
    return (isinstance(cell, str) and cell.startswith("=")) or type(cell).__name__ in (
        "ArrayFormula",
        "DataTableFormula",
    )


def _with_results(
    formulas: list[tuple[Any, ...]], results: list[tuple[Any, ...]], where: str, sheet: str
) -> list[tuple[Any, ...]]:
    merged, without = [], []
    for i, row in enumerate(formulas):
        known = results[i] if i < len(results) else ()
        cells = [known[j] if _is_formula(c) and j < len(known) else c for j, c in enumerate(row)]
        without += [i + 1 for j, c in enumerate(row) if _is_formula(c) and cells[j] is None]
        merged.append(tuple(cells))
    raise_all(
        [
            Problem(
                "a formula without a stored result",
                f"{where}, sheet {sheet!r}, row {row}",
                "a value",
                "open the file in Excel, copy the column and paste it as values, and save",
            )
            for row in sorted(set(without))[:10]
        ],
        SourceError,
    )
    return merged


def _table(rows: list[tuple[Any, ...]], where: str, sheet: str, duplicate_names: str) -> Table:
    first = next(i for i, row in enumerate(rows) if not all(_is_empty(c) for c in row))
    width = max(len(row) for row in rows)
    header = ["" if c is None else str(c).strip() for c in rows[first]]
    header += [""] * (width - len(header))
    body = [(i + 1, row) for i, row in enumerate(rows) if i > first and not all(_is_empty(c) for c in row)]
    if not body:
        raise SourceError.of(
            "the sheet has a header but no rows",
            f"{where}, sheet {sheet!r}",
            "rows",
            "deliver the file again",
        )
    cells = [[row[j] if j < len(row) else None for _, row in body] for j in range(width)]
    names, kept = settled_names(
        header, [all(_is_empty(c) for c in column) for column in cells], where, duplicate_names
    )
    data, types = {}, {}
    for name, position in zip(names, kept, strict=True):
        data[name], types[name] = _typed(cells[position])
    lines = np.array([number for number, _ in body], dtype="int64")
    frame = number_lines(pd.DataFrame(data, copy=False), lines)
    return Table(frame, variables_frame(names, types=types), "xlsx", (f"sheet {sheet!r}",), lines)


def _typed(cells: Sequence[Any]) -> tuple[pd.Series, str]:
    filled = [c for c in cells if not _is_empty(c)]
    kinds = {type(c) for c in filled}
    if filled and kinds <= {int, float, bool}:
        return pd.Series([np.nan if _is_empty(c) else float(c) for c in cells]), "number"
    if filled and kinds <= {dt.datetime, dt.date}:
        moments = np.array([None if _is_empty(c) else c for c in cells], dtype="datetime64[s]")
        midnight = all(not isinstance(c, dt.datetime) or c.time() == dt.time(0) for c in filled)
        return pd.Series(moments), "date" if midnight else "datetime"
    return pd.Series([None if _is_empty(c) else _as_text(c) for c in cells], dtype="str"), "text"


def _as_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
