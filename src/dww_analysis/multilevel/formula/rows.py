"""The rows of a design: which are complete, numbers given one a row, and columns that are held once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DesignError
from ..model import Array, RandomTerm
from .matrix import Columns
from .reading import Factor, Value, find_column, is_missing, read_column

LARGE = 100_000  # rows from which columns that X has already are not held a second time


def row_numbers(role: str, given: Any, data: pd.DataFrame) -> Array:
    """Weights or offset as floats, one a row of the data."""
    if isinstance(given, str):
        value = read_column(find_column(data, given), given)
        if isinstance(value, Factor):
            raise DesignError(f"The {role} column {given!r} is not numeric; make it numbers first.")
        return np.asarray(value, dtype=np.float64)
    if isinstance(given, pd.Series) and not given.index.equals(data.index):
        raise DesignError(
            f"The {role} series has another index than the data; pass a column name or align it first."
        )
    try:
        value = np.array(given, dtype=np.float64)  # a copy: the caller may change theirs
    except (TypeError, ValueError):
        raise DesignError(
            f"The {role} must be numbers, one per row of the data; pass a column name or an array."
        ) from None
    if value.shape != (len(data),):
        raise DesignError(
            f"The values for {role} have shape {value.shape}; expected one number for each of the {len(data)} rows. "
            "Pass a column name, or take the values of these rows."
        )
    return value


def complete_rows(columns: dict[str, Value], n: int) -> tuple[NDArray[Any], dict[str, int]]:
    """Positions of the rows in which no column is missing, and missing values by column. Refuses data without such a
    row."""
    incomplete = np.zeros(n, dtype=bool)
    missing = {}
    for name, value in columns.items():
        rows = is_missing(value)
        count = int(np.count_nonzero(rows))
        if count:
            missing[name] = count
            incomplete |= rows
    kept = np.flatnonzero(~incomplete) if missing else np.arange(n, dtype=np.int32 if n < 2**31 else np.intp)
    if not len(kept):
        counts = ", ".join(f"{k}: {v}" for k, v in missing.items())
        raise DesignError(
            f"No row is complete: of {n} rows, missing by column {counts}. Leave out the variable "
            "that is missing most, or look at how the tables were joined."
        )
    return kept, missing


def frame_of(columns: dict[str, Value], index: pd.Index, kept: NDArray[Any]) -> pd.DataFrame:
    """The complete rows with their index; factors as categoricals with the levels that occur."""
    out: dict[str, Any] = {}
    for name, value in columns.items():
        if isinstance(value, Factor) and not value.logical:
            out[name] = pd.Categorical.from_codes(value.codes, list(value.levels), validate=False)
        else:
            out[name] = value.codes.astype(bool) if isinstance(value, Factor) else value
    return pd.DataFrame(out, index=index if len(kept) == len(index) else index[kept], copy=False)


def held_once(
    fixed: Columns, random: tuple[RandomTerm, ...], columns: dict[str, Value]
) -> tuple[RandomTerm, ...]:
    """The random terms with their columns as views of X where X has them; numbers among the read `columns` likewise.
    Of few rows nothing is changed."""
    if len(fixed.X) < LARGE:
        return random
    for name, value in columns.items():
        if isinstance(value, np.ndarray) and value.dtype != np.bool_ and name in fixed.names:
            columns[name] = _view(fixed, (name,), value[:, None])[:, 0]
    return tuple(replace(term, Z=_view(fixed, term.names, term.Z)) for term in random)


def _view(fixed: Columns, names: tuple[str, ...], block: Array) -> Array:
    """The same numbers (n, q) as columns of X where they stand there at equal distances, the block itself elsewhere."""
    if not set(names) <= set(fixed.names):
        return block
    at = [fixed.names.index(name) for name in names]
    step = at[1] - at[0] if len(at) > 1 else 1
    if step < 1 or at != [at[0] + k * step for k in range(len(at))]:
        return block
    there = fixed.X[:, at[0] : at[-1] + 1 : step]
    return there if np.array_equal(there, block) else block
