"""What a delivered file may be at most. Every bound is looked at before the work that it bounds.

The numbers are far above what a study delivers and low enough for a laptop. A file beyond one of them is refused
with its size, the bound and what to do.
"""

from __future__ import annotations

from dww_analysis.errors import SourceError

MAX_COLUMNS = 16_384  # of a table, as Excel itself
MAX_ROWS = 1_048_576  # of a sheet, as Excel itself
MAX_CELLS = 100_000_000  # of a text table: a million rows of a hundred columns
MAX_SHEET_CELLS = 20_000_000  # of a sheet, where a cell takes some 100 bytes
MAX_UNPACKED_BYTES = 1 << 30  # of a whole archive
MAX_TEXT_BYTES = 1 << 29  # of one text file, packed or not
MAX_SHARED_MARKS = 20_000_000  # of a workbook: XML tags around its distinct texts, four a text
MAX_SHARED_STRINGS_BYTES = 1 << 28  # of the member that holds them
MAX_MEMBERS = 10_000  # of an archive
MAX_LSS_BYTES = 50_000_000  # of a LimeSurvey structure


def refuse_above(found: float, bound: int, what: str, where: str, action: str) -> None:
    """A `SourceError` when there are more than `bound` of `what`."""
    if found > bound:
        raise SourceError.of(
            found=f"{found:,.0f} {what}", where=where, expected=f"at most {bound:,}", action=action
        )


def refuse_width(columns: int, where: str) -> None:
    """A `SourceError` for more than `MAX_COLUMNS` columns."""
    refuse_above(
        columns,
        MAX_COLUMNS,
        "columns",
        where,
        "check the delimiter and the header; export the answers with one row a person",
    )


def refuse_cells(cells: int, where: str, bound: int | None = None) -> None:
    """A `SourceError` for more than `bound` cells, or `MAX_CELLS`."""
    refuse_above(
        cells,
        MAX_CELLS if bound is None else bound,
        "cells",
        where,
        "check where the file comes from; export only the columns that the study uses",
    )
