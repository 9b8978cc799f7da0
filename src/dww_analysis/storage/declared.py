"""Saving and loading of declared tables: what is stored is what was declared, and types come back.

`save_table` and `load_table` are `save_frame` and `load_frame` with a declaration (`domain.tables`) beside them.
A table that is not as declared is refused with everything that is wrong; a CSV gives numbers, whole numbers, flags and
texts back as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis.domain.tables import Column, Table
from dww_analysis.errors import Problem, SourceError, raise_all
from dww_analysis.storage.save import load_frame, save_frame

FLAG_WORDS = {"True": True, "False": False, "true": True, "false": False, "1": True, "0": False}


def save_table(frame: pd.DataFrame, path: str | Path, table: Table) -> Path:
    """Save `frame` when it is as `table` declares; SourceError with every difference otherwise, nothing written."""
    return save_frame(typed(frame, table, Path(path).name), path)


def load_table(path: str | Path, table: Table) -> pd.DataFrame:
    """The table that `save_table` wrote, with the declared types; SourceError when the file is not as declared."""
    return typed(load_frame(path), table, Path(path).name)


def typed(frame: pd.DataFrame, table: Table, where: str) -> pd.DataFrame:
    """`frame` with the declared types.

    Texts are texts; whole numbers are int64, or float64 where a value is absent; numbers are float64; flags are bool,
    or nullable boolean where one is absent; moments are datetimes. Columns that the declaration does not name stay as
    they are where it allows `more`. SourceError lists: columns that are missing or unknown, values of another type,
    absent or unknown values, keys that occur twice. Messages hold columns and counts, no values.
    """
    problems = [*_columns(frame, table, where)]
    columns = dict(frame.items())
    for column in table.columns:
        if column.name not in columns:
            continue
        values, wrong = _READ[column.kind](columns[column.name])
        problems += _cells(values, wrong, column, table, where)
        columns[column.name] = values
    result = pd.DataFrame(columns, index=frame.index).set_axis(frame.columns, axis=1)
    key = [name for name in table.key if name in columns]
    if not problems and key and result.duplicated(key).any():
        n = int(result.duplicated(key).sum())
        problems.append(_problem(f"{n} rows repeat the key {', '.join(key)}", where, "one row for each key"))
    raise_all(problems, SourceError)
    return result


def _problem(found: str, where: str, expected: str) -> Problem:
    return Problem(
        found=found,
        where=where,
        expected=expected,
        action="make the table again; when it was just made, this is a fault of the program",
    )


def _columns(frame: pd.DataFrame, table: Table, where: str) -> Iterator[Problem]:
    missing = [n for n in table.names if n not in frame and n not in table.optional]
    unknown = [] if table.more else [str(n) for n in frame.columns if n not in table.names]
    if missing:
        yield _problem(f"no column {', '.join(missing)}", where, f"the columns of table {table.name}")
    if unknown:
        yield _problem(
            f"columns {', '.join(unknown)}, which are not declared", where, f"the columns of {table.name}"
        )


def _cells(values: pd.Series, wrong: int, column: Column, table: Table, where: str) -> Iterator[Problem]:
    place = f"{where}, column {column.name}"
    if wrong:
        yield _problem(f"{wrong} of {len(values)} values are not of kind {column.kind}", place, column.kind)
        return
    if not column.absent and (absent := _n_absent(values, column)):
        yield _problem(
            f"{absent} of {len(values)} values are absent", place, f"a value in every row of {table.name}"
        )
    if column.allowed:
        other = int((~values.isin([*column.allowed, ""]) & values.notna()).sum())
        if other:
            yield _problem(
                f"{other} of {len(values)} values are unknown", place, "one of " + ", ".join(column.allowed)
            )


def _n_absent(values: pd.Series, column: Column) -> int:
    absent = values.isna()
    return int((absent | (values == "") if column.kind == "text" else absent).sum())


def _plain(values: pd.Series, kinds: str) -> bool:
    """Whether a column is of numpy's own numbers of these kinds, of which nothing has to be read."""
    return isinstance(values.dtype, np.dtype) and values.dtype.kind in kinds


def _text(values: pd.Series) -> tuple[pd.Series, int]:
    """Texts as they are; a column that a CSV gave back as numbers holds names that look like numbers, or nothing."""
    if pd.api.types.is_float_dtype(values):
        values = values.map(lambda v: "" if v != v else f"{v:.10g}")
    return values.astype("str"), 0


def _number(values: pd.Series) -> tuple[pd.Series, int]:
    if _plain(values, "fiu"):
        return values.astype("float64"), 0
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers, int((numbers.isna() & values.notna() & (values.astype("object") != "")).sum())


def _whole(values: pd.Series) -> tuple[pd.Series, int]:
    if _plain(values, "i"):
        return values.astype("int64"), 0
    numbers, wrong = _number(values)
    cells = numbers.to_numpy()
    absent = np.isnan(cells)
    wrong += int((~absent & (cells != np.round(cells))).sum())
    return (numbers if wrong or absent.any() else numbers.astype("int64")), wrong


def _flag(values: pd.Series) -> tuple[pd.Series, int]:
    if pd.api.types.is_bool_dtype(values) and not values.isna().any():
        return values.astype("bool"), 0
    absent = values.isna() | (values.astype("object") == "")
    words = values[~absent].map(lambda v: FLAG_WORDS.get(f"{v:.0f}" if isinstance(v, float) else str(v)))
    known = pd.Series(pd.NA, index=values.index, dtype="boolean")
    known[words.index] = words.astype("boolean")
    wrong = int((known.isna() & ~absent).sum())
    return (known if known.isna().any() else known.astype("bool")), wrong


def _moment(values: pd.Series) -> tuple[pd.Series, int]:
    times = pd.to_datetime(values, errors="coerce")
    return times, int((times.isna() & values.notna()).sum())


_READ: Mapping[str, Callable[[pd.Series], tuple[pd.Series, int]]] = {
    "text": _text,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "moment": _moment,
}
