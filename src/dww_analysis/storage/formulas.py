"""In which cells of a workbook a formula stands. Readers give its stored result, which looks like any other cell."""

from __future__ import annotations

from pathlib import Path

from dww_analysis.storage.grids import chosen_sheet, named_sheet
from dww_analysis.storage.workbooks import _filled_rows, _is_formula, _open, _rows


def formula_cells(path: Path, sheet: str | int | None = None) -> dict[str, list[int]]:
    """Column letter -> rows with a formula, of the sheet that `read_table` reads. The file is a workbook."""
    from openpyxl.utils import get_column_letter

    book = _open(path, data_only=False)
    try:
        names = [str(s.title) for s in book.worksheets]
        chosen = names if sheet is None else [named_sheet(sheet, names, path.name)]
        sheets = {n: _filled_rows(_rows(book[n], path.name)) for n in chosen}
        hidden = [str(s.title) for s in book.worksheets if s.sheet_state != "visible"]
        name, _ = chosen_sheet(sheets, hidden, path.name)
        found: dict[str, list[int]] = {}
        for row, cells in enumerate(sheets[name], start=1):
            for column, cell in enumerate(cells, start=1):
                if _is_formula(cell):
                    found.setdefault(get_column_letter(column), []).append(row)
    finally:
        book.close()
    return found
