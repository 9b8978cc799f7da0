"""What a reader gets of a table that passed the gate: four significant digits, and no difference of a few persons.

Digits. Counts are exact; every other number that rests on answers has at most four significant digits, as the US Census
Bureau's disclosure board asks of released statistics. The full digits stay in data/derived for who may have them.

Two deliveries. Who lays an earlier publication beside a later one can take the difference: n and mean of both give the
mean of who came in between. A row in which a count differs by 1 to minimum - 1 persons from what was published before
therefore keeps its earlier numbers, until at least the minimum of persons came or went.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.tables import Table, register
from dww_analysis.privacy.gate import counts_of

DIGITS = 4
State = Mapping[str, Mapping[str, Mapping[str, Any]]]  # table -> key of a row -> column -> value


def significant(values: NDArray[np.float64], digits: int = DIGITS) -> NDArray[np.float64]:
    """Values rounded to so many significant digits; zero, NaN and infinity stay."""
    values = np.asarray(values, dtype="float64")
    usable = np.isfinite(values) & (values != 0)
    return np.array([float(f"{v:.{digits}g}") if ok else v for v, ok in zip(values, usable, strict=True)])


def rounded(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """`frame` with every number that rests on answers at four significant digits; counts and facts as they are."""
    result = frame.copy()
    declared = {c.name: c for c in table.columns}
    for name in map(str, frame.columns):
        column = declared.get(name)
        answers = column is None or (column.is_answer and column.kind == "number" and column.shows != "count")
        if answers and pd.api.types.is_float_dtype(frame[name]):
            result[name] = significant(frame[name].to_numpy(dtype="float64", na_value=np.nan))
    return result


def published_numbers(data: pd.DataFrame) -> pd.DataFrame:
    """The numbers of a figure: whole ones (counts, waves) as they are, others at four significant digits."""
    result = data.copy()
    for name in data.columns[[pd.api.types.is_float_dtype(d) for d in data.dtypes]]:
        values = data[name].to_numpy(dtype="float64", na_value=np.nan)
        result[name] = np.where(values == np.round(values), values, significant(values))
    return result


def as_published(
    tables: Mapping[str, pd.DataFrame], earlier: State, minimum: int
) -> tuple[dict[str, pd.DataFrame], int]:
    """Gated tables as they are published, and how many rows keep the numbers of the earlier publication."""
    result, kept = {}, 0
    for name, frame in tables.items():
        table = register()[name]
        result[name], n = _with_earlier(rounded(frame, table), table, earlier.get(name, {}), minimum)
        kept += n
    return result, kept


def state_of(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, dict[str, Any]]]:
    """What is published, to be laid beside the next publication: the rows of tables that rest on counts of persons."""
    return {
        name: _rows(frame, register()[name])
        for name, frame in tables.items()
        if register()[name].protected_by
    }


def _rows(frame: pd.DataFrame, table: Table) -> dict[str, dict[str, Any]]:
    plain = frame.astype("object").where(frame.notna(), None)
    return dict(zip(_keys(frame, table), plain.to_dict("records"), strict=True))


def _keys(frame: pd.DataFrame, table: Table) -> list[str]:
    cells = [[_name(v) for v in frame[c]] for c in table.key]
    return ["|".join(parts) for parts in zip(*cells, strict=True)]


def _name(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _with_earlier(
    frame: pd.DataFrame, table: Table, earlier: Mapping[str, Mapping[str, Any]], minimum: int
) -> tuple[pd.DataFrame, int]:
    counts = [c for c in table.protected_by if c in frame and c not in table.exact]
    if not earlier or not counts:
        return frame, 0
    now = {name: counts_of(frame, name) for name in counts}
    kept = 0
    result = frame.copy()
    for i, key in enumerate(_keys(frame, table)):
        before = earlier.get(key)
        if before is not None and any(_nearly(now[n][i], before.get(n), minimum) for n in counts):
            result = _put(result, i, before, table)
            kept += 1
    return result, kept


def _nearly(now: float, before: Any, minimum: int) -> bool:
    """Whether a count differs by fewer persons than the minimum, but differs."""
    return before is not None and 0 < abs(now - float(before)) < minimum


def _put(frame: pd.DataFrame, row: int, before: Mapping[str, Any], table: Table) -> pd.DataFrame:
    for name in frame.columns:
        if name in before and name not in table.key:
            value = before[name]
            if value is None and pd.api.types.is_numeric_dtype(frame[name]):
                frame[name] = frame[name].astype("float64")
                value = np.nan
            elif value is None:
                value = ""
            frame.loc[frame.index[row], name] = value
    return frame
