"""Reads data-frame columns into plain arrays.

A column is numeric, logical or a factor (codes and labels); strings become factors with levels in code-point order,
categoricals keep their declared order, dates become days since the first of the data. The same reading serves fitting
and new rows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DesignError, FormulaError
from .contrasts import POLY, TREATMENT, Contrasts


@dataclass(frozen=True, eq=False)
class Factor:
    """Codes 0..k-1 into `levels`; -1 where missing or, in new data, not a known level."""

    codes: NDArray[np.intp]
    levels: tuple[Any, ...]  # texts; tuples of texts for a combination of factors
    logical: bool = False
    all_occur: bool = False  # known to have no unused level
    of_text: bool = False  # levels are texts in code-point order, an order that means nothing
    contrasts: Contrasts = TREATMENT  # how a term codes the levels

    def __len__(self) -> int:
        return len(self.codes)


class Labels(Sequence[str]):
    """The labels of a categorical as the tuple of texts they become where one of them is read: a search needs their
    number alone."""

    def __init__(self, categories: pd.Index) -> None:
        self._categories, self._number = categories, len(categories)

    def __len__(self) -> int:
        return self._number

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        labels = self._categories.tolist()
        if isinstance(self._categories.dtype, pd.StringDtype):
            return tuple(labels)
        return tuple(label_of(c) for c in labels)

    def __getitem__(self, at: Any) -> Any:
        return self._texts[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __eq__(self, other: object) -> bool:
        return self._texts == (other._texts if isinstance(other, Labels) else other)

    def __hash__(self) -> int:
        return hash(self._texts)


Value = Any  # a float array (n,) or (n, k), a bool array (n,), a Factor, or a constant
LOGICAL_LEVELS = ("FALSE", "TRUE")
DECIMAL = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
AS_NUMBERS = 'make it numbers: pd.to_numeric(column.str.strip().str.replace(",", "."))'
COPY_ON_WRITE = int(pd.__version__.split(".")[0]) >= 3  # a shallow copy then keeps what it shows


def number_label(x: float) -> str:
    """A number as R turns it into a level: at most 15 significant digits, whole numbers without a point."""
    return str(int(x)) if float(x).is_integer() and abs(x) < 1e15 else f"{x:.15g}"


def label_of(x: Any) -> str:
    """Any single value as the label of a level."""
    if isinstance(x, (bool, np.bool_)):
        return LOGICAL_LEVELS[int(x)]
    return number_label(float(x)) if isinstance(x, (int, float, np.number)) else str(x)


# ---- reading ---------------------------------------------------------------------------------------------------
def as_it_is_now(data: pd.DataFrame) -> pd.DataFrame:
    """A frame that later assignments to `data` do not reach; no values are copied where pandas copies on write."""
    return data.copy(deep=not COPY_ON_WRITE)


def find_column(data: pd.DataFrame, name: str) -> pd.Series:
    """The column of that name; an unknown name is refused with the nearest known ones."""
    try:
        column = data[name]
    except KeyError:
        near = difflib.get_close_matches(name, [str(c) for c in data.columns], n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else f" The data have: {some(data.columns)}."
        raise FormulaError(f"The model names {name!r}, which is not a column of the data.{hint}") from None
    if isinstance(column, pd.DataFrame):
        raise DesignError(
            f"The data have {column.shape[1]} columns named {name!r}; names must be unique; rename or drop one."
        )
    return column


def some(items: Iterable[Any], most: int = 12) -> str:
    texts = [str(i) for i in items]
    return ", ".join(texts[:most]) + (" ..." if len(texts) > most else "")


def read_columns(data: pd.DataFrame, names: Iterable[str]) -> dict[str, Value]:
    """The columns of these names, each once, as `read_column` reads them. An unknown name is refused."""
    found: dict[str, Value] = {}
    for name in names:
        value = _from_stored(_stored(data, name)) if name not in found else found[name]
        found[name] = read_column(find_column(data, name), name) if value is None else value
    return found


def _stored(data: pd.DataFrame, name: str) -> Any:
    """What a frame stores for a column, None where it does not show it. To make a series of it takes longer than to
    read it."""
    column_array = getattr(data, "_get_column_array", None)
    if column_array is None or name not in data.columns:
        return None
    place = data.columns.get_loc(name)
    return column_array(place) if isinstance(place, int) else None


def _from_stored(values: Any) -> Value | None:
    """A stored categorical or numbers, read; None for everything else."""
    if isinstance(values, pd.Categorical):
        return _from_categorical(values)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu" or _is_long(values):
        return None
    if values.dtype != np.float64:
        return values.astype(np.float64)
    shown = values.view()
    shown.flags.writeable = False  # they are the frame's own
    return shown


def read_column(column: pd.Series, name: str, first: pd.Timestamp | None = None) -> Value:
    """A float array, a bool array, or a Factor; missing as NaN or code -1. Dates count in days from `first`, or from
    the first of them. Mixed content is refused."""
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return _from_strings(column)
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_categorical(cast("pd.Categorical", column.array))
    if isinstance(dtype, np.dtype) and dtype.kind in "fiu":
        long = _is_long(column.to_numpy())
        return _from_long_numbers(column) if long else column.to_numpy(dtype=np.float64)
    if pd.api.types.is_bool_dtype(dtype):
        return _from_boolean(column)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        if pd.api.types.is_integer_dtype(dtype) and bool((column.abs() >= 2**53).any()):
            return _from_long_numbers(column)
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if is_dates(column):
        days: NDArray[np.float64] = _days(column, first).to_numpy(dtype=np.float64)
        return days
    if pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype):
        return _from_text(column, name)
    raise DesignError(f"Column {name!r} has type {dtype}; make it a number, a category or a text first.")


def is_dates(column: pd.Series) -> bool:
    """Whether a column holds dates or moments."""
    if pd.api.types.is_object_dtype(column.dtype):
        return pd.api.types.infer_dtype(column, skipna=True) in ("date", "datetime", "datetime64")
    return bool(pd.api.types.is_datetime64_any_dtype(column.dtype))


def first_day(column: pd.Series) -> pd.Timestamp:
    """The first of the dates of a column."""
    return pd.Timestamp(_moments(column).min())


def days_since(first: pd.Timestamp, values: Iterable[Any]) -> list[float]:
    """Days from `first` to dates in any notation that pandas reads."""
    return [(_plain(pd.Timestamp(v)) - first) / pd.Timedelta(days=1) for v in values]


def _days(column: pd.Series, first: pd.Timestamp | None) -> pd.Series:
    return (_moments(column) - (first_day(column) if first is None else first)) / pd.Timedelta(days=1)


def _moments(column: pd.Series) -> pd.Series:
    """Moments by the clock of where they were noted."""
    moments = pd.to_datetime(column)
    return moments if moments.dt.tz is None else moments.dt.tz_localize(None)


def _plain(moment: pd.Timestamp) -> pd.Timestamp:
    return moment if moment.tz is None else moment.tz_localize(None)


def _is_long(values: NDArray[Any]) -> bool:
    """Whether values are whole numbers too long to be told apart as floats."""
    if values.dtype.kind == "f" or values.dtype.itemsize < 8 or not len(values):
        return False
    return bool(values.max() >= 2**53 or (values.dtype.kind == "i" and values.min() <= -(2**53)))


def _from_long_numbers(column: pd.Series) -> Factor:
    """Such numbers are labels, as in long person codes."""
    codes, uniques = pd.factorize(column, sort=True)
    return Factor(codes.astype(np.intp), tuple(str(u) for u in uniques))


def _from_categorical(values: pd.Categorical) -> Factor:
    labels = cast("tuple[str, ...]", Labels(values.categories))
    return Factor(values.codes.astype(np.intp), labels, contrasts=POLY if values.ordered else TREATMENT)


def _from_boolean(column: pd.Series) -> Value:
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    codes = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isnan(codes).any():
        return codes.astype(bool)
    return Factor(np.where(np.isnan(codes), -1, codes).astype(np.intp), LOGICAL_LEVELS, logical=True)


def _from_text(column: pd.Series, name: str) -> Value:
    if pd.api.types.is_object_dtype(column.dtype):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
            return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
        if kind == "boolean":
            return _from_boolean(column.astype("boolean"))
        if kind not in ("string", "empty"):
            raise DesignError(
                f"Column {name!r} mixes kinds of values ({kind}); make it numbers, categories or text."
            )
    return _from_strings(column)


def _from_strings(column: pd.Series) -> Factor:
    codes, uniques = column.array.factorize()
    return _sorted_factor(codes, np.asarray(uniques, dtype=object))


def _sorted_factor(codes: NDArray[np.intp], labels: NDArray[np.object_]) -> Factor:
    order = np.argsort(labels, kind="stable")  # compares texts by code point
    rank = np.empty(len(labels) + 1, dtype=np.intp)
    rank[order] = np.arange(len(labels))
    rank[-1] = -1  # a missing code (-1) stays missing
    return Factor(rank[codes], tuple(labels[order].tolist()), all_occur=True, of_text=True)


def holds_decimals(value: Value) -> bool:
    """Whether a column of text holds numbers, some of them with decimals: no categories, but what was read as text.
    Blanks around numbers and in the place of one change nothing."""
    if not isinstance(value, Factor) or not value.of_text:
        return False
    texts = [text for level in value.levels if (text := str(level).strip())]
    return any("." in t or "," in t for t in texts) and all(DECIMAL.fullmatch(t) for t in texts)


def is_missing(value: Value) -> NDArray[np.bool_]:
    """(n,) rows where a read column is missing."""
    if isinstance(value, Factor):
        return value.codes < 0
    return np.isnan(value) if value.dtype != np.bool_ else np.zeros(len(value), dtype=bool)


def take_rows(value: Value, rows: NDArray[Any]) -> Value:
    """The rows of a read column."""
    return (
        replace(value, codes=value.codes[rows], all_occur=False) if isinstance(value, Factor) else value[rows]
    )


def drop_unused(factor: Factor) -> Factor:
    """The factor with the levels that occur, in their order; codes in the same rows."""
    if factor.all_occur:
        return factor
    used = np.bincount(factor.codes, minlength=len(factor.levels)) > 0
    if used.all():
        return factor
    new = np.cumsum(used) - 1
    levels = tuple(level for level, occurs in zip(factor.levels, used, strict=True) if occurs)
    return replace(factor, codes=new[factor.codes], levels=levels)


def to_factor(value: Value) -> Factor:
    """Any column as a factor: numbers sorted by size, as R's factor() does."""
    if isinstance(value, Factor):
        return value
    if value.dtype == np.bool_:
        return Factor(value.astype(np.intp), LOGICAL_LEVELS, logical=True)
    codes, uniques = pd.factorize(value, sort=True)
    return Factor(codes.astype(np.intp), tuple(number_label(u) for u in uniques))


def match_levels(factor: Factor, levels: tuple[Any, ...]) -> Factor:
    """The factor with the codes of other levels, by label, in the same rows; -1 for labels they do not have."""
    place = {label: i for i, label in enumerate(levels)}
    new = np.array([place.get(label, -1) for label in factor.levels] + [-1], dtype=np.intp)
    return Factor(new[factor.codes], levels, factor.logical, contrasts=factor.contrasts)
