"""Columns of text as numbers, dates or text: a column changes its kind only when nothing is lost by it.

Every decision is made on the distinct values of a column, so that a million rows cost little more than a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+|(?:\d+\.\d+)[eE][+-]?\d+)\Z")
_DECIMAL_COMMA = re.compile(r"-?(?:\d+(?:,\d*)?|,\d+)\Z")
_THOUSANDS_COMMA = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?\Z")
_COMMA_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+\Z")
_LEADING_ZERO = re.compile(r"-?0\d")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?\Z")
_DUTCH_DATE = re.compile(r"\d{1,2}-\d{1,2}-\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?\Z")
_MAX_DIGITS = 15  # more cannot be held exactly as a number


def typed_column(
    column: Any,
    decimal: str | None,
    absent: tuple[str, ...] = (),
    dates: bool = True,
    *,
    thousands: str | None = None,
    comma_file: bool = False,
    not_yet: tuple[str, ...] = (),
) -> tuple[pd.Series, str]:
    """A column of text as numbers, dates or text, and its type.

    It becomes a number only when every filled cell is one and nothing is lost: no leading zeros, at most 15 digits.
    `decimal` is "." or ",", or None for "either, as the column shows". Cells in `absent` (e.g. "N/A") keep their
    text beside numbers and moments. `thousands`: the mark that is left out of numbers. In a `comma_file` "1,234"
    may be thousands, so that a column of nothing else stays text. Cells in `not_yet` are no moment.
    """
    encoded = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    encoded = encoded.dictionary_encode()
    if hasattr(encoded, "num_chunks"):  # depends on the version of arrow
        encoded = encoded.chunk(0)
    distinct = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    filled = [cell.strip() for cell in distinct]
    cells = [c for c in filled if c and c not in absent]
    if comma_file and decimal is None and thousands is None and doubtful_thousands(cells):
        decimal = "."
    convert, kind = _conversion(cells, decimal, dates, thousands)
    if kind == "number":
        return _numbers(filled, codes, convert, absent), kind
    if kind == "text" and dates and not_yet:
        moments = [c for c in cells if c not in not_yet]
        if moments:
            convert, kind = _date_conversion(moments)
            filled = ["" if c in not_yet else c for c in filled] if kind != "text" else filled
    if kind in ("date", "datetime"):
        return _moments(filled, codes, convert, absent), kind
    texts = pd.Series([c if c.strip() else None for c in distinct], dtype="str")
    return texts.take(codes).reset_index(drop=True), "text"


def _moments(
    filled: list[str], codes: np.ndarray, convert: Callable[[str], Any], absent: tuple[str, ...]
) -> pd.Series:
    """Moments; beside texts for "no answer" they are Timestamps in a column of objects."""
    times = np.array([convert(c) if c and c not in absent else "NaT" for c in filled], dtype="datetime64[s]")
    if not any(c in absent for c in filled if c):
        return pd.Series(times[codes])
    values = np.empty(len(filled), dtype=object)
    values[:] = [c if c in absent else pd.Timestamp(t) for c, t in zip(filled, times, strict=True)]
    return pd.Series(values[codes], dtype=object)


def doubtful_thousands(cells: list[str]) -> bool:
    """Whether whole numbers stand beside commas that may all be marks between thousands, as in "1,234"."""
    with_comma = [c for c in cells if "," in c]
    return (
        bool(with_comma)
        and all(_COMMA_THOUSANDS.match(c) for c in with_comma)
        and all(_is_number(c, _NUMBER) for c in cells if "," not in c)
    )


def _numbers(
    filled: list[str], codes: np.ndarray, convert: Callable[[str], Any], absent: tuple[str, ...]
) -> pd.Series:
    values: list[Any] = [None if not c else c if c in absent else convert(c) for c in filled]
    present = np.bincount(codes, minlength=len(values)) > 0 if len(codes) else np.zeros(len(values), bool)
    used = [value for value, there in zip(values, present, strict=True) if there]
    if any(isinstance(value, str) for value in used):
        return pd.Series(np.array([np.nan if v is None else v for v in values], dtype=object)[codes])
    if None not in used and all(float(v).is_integer() for v in used) and not any("." in c for c in filled):
        return pd.Series(np.array([0 if v is None else int(v) for v in values], dtype="int64")[codes])
    return pd.Series(np.array([np.nan if v is None else v for v in values], dtype="float64")[codes])


def _conversion(
    cells: list[str], decimal: str | None, dates: bool, thousands: str | None = None
) -> tuple[Callable[[str], Any], str]:
    """How to convert every one of the distinct `cells`, and to what."""
    if not cells:
        return str, "text"
    if thousands is not None and thousands != decimal:
        mark = decimal or ("." if thousands == "," else ",")
        grouped = re.compile(
            rf"-?(?:\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+)(?:{re.escape(mark)}\d*)?\Z"
        )
        if all(grouped.match(c) and not _LEADING_ZERO.match(c) for c in cells):
            return lambda c: float(c.replace(thousands, "").replace(mark, ".")), "number"
    if decimal != "," and all(_is_number(c, _NUMBER) for c in cells):
        return float, "number"
    if decimal != "." and all(_is_number(c, _DECIMAL_COMMA) for c in cells):
        return lambda c: float(c.replace(",", ".")), "number"
    both_marks = decimal == "," or (decimal is None and any("." in c and "," in c for c in cells))
    if both_marks and all(_is_number(c, _DECIMAL_COMMA) or _THOUSANDS_COMMA.match(c) for c in cells):
        return lambda c: float(c.replace(".", "").replace(",", ".")), "number"
    if dates:
        return _date_conversion(cells)
    return str, "text"


def _is_number(cell: str, pattern: re.Pattern[str]) -> bool:
    return (
        pattern.match(cell) is not None
        and not _LEADING_ZERO.match(cell)
        and ("." in cell or "," in cell or len(cell.lstrip("-")) <= _MAX_DIGITS)
    )


def _date_conversion(cells: list[str]) -> tuple[Callable[[str], Any], str]:
    for pattern, convert in ((_ISO_DATE, _from_iso), (_DUTCH_DATE, _from_dutch)):
        if all(pattern.match(c) for c in cells):
            try:
                for cell in cells:
                    np.datetime64(convert(cell), "s")
            except ValueError:
                return str, "text"
            return convert, "datetime" if any(":" in c for c in cells) else "date"
    return str, "text"


def _from_iso(cell: str) -> str:
    return cell.replace(" ", "T").split(".")[0]


def _from_dutch(cell: str) -> str:
    date, _, time = cell.partition(" ")
    day, month, year = date.split("-")
    hours, *rest = time.split(":") if time else [""]
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{hours:0>2}:" + ":".join(rest) if time else "")
