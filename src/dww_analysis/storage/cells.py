"""The cells of spreadsheets: numbers, moments, texts, as the sheet has them or as text.

A sheet gives its cells a type of their own. Where all cells of a column agree, that type counts; where they do not,
and where numbers stand in a sheet as text, the column is read as text would be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd


def is_empty(cell: Any) -> bool:
    """Whether nothing is in the cell: None, NaN or blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell != cell


def as_text(cell: Any) -> str:
    """A cell as the text that a CSV of the same sheet would hold; empty for nothing."""
    if is_empty(cell):
        return ""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else _plain_number(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time(0) else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)


def _plain_number(cell: float) -> str:
    return np.format_float_positional(cell, trim="0") if np.isfinite(cell) else str(cell)


def typed_cells(cells: Sequence[Any], absent: tuple[str, ...] = ()) -> tuple[pd.Series, str] | None:
    """A column of cells that agree on their type, and that type; None when they have to be read as texts."""
    filled = [c for c in cells if not is_empty(c)]
    kinds = {type(c) for c in filled}
    if filled and kinds <= {int, float, bool}:
        return pd.Series([np.nan if is_empty(c) else _number(c) for c in cells], dtype="float64"), "number"
    if filled and kinds <= {dt.datetime, dt.date}:
        moments = np.array([None if is_empty(c) else _naive(c) for c in cells], dtype="datetime64[s]")
        midnight = all(not isinstance(c, dt.datetime) or c.time() == dt.time(0) for c in filled)
        return pd.Series(moments), "date" if midnight else "datetime"
    return None


def _number(cell: float) -> float:
    """A number as its text is read: a whole one beyond all floats is infinite."""
    try:
        return float(cell)
    except OverflowError:
        return float(str(cell))


def _naive(moment: dt.date) -> dt.date:
    return moment.replace(tzinfo=None) if isinstance(moment, dt.datetime) else moment
