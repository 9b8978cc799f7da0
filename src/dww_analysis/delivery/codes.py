"""Codes as text: one spelling for a person, a team or an answer code, whatever the file made of it.

A code that one file stores as the number 12 and another as " 12" is the same code.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Source

_SPACES = re.compile(r"\s+")
_WHOLE = re.compile(r"[+-]?\d+\.0+")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MIDNIGHT = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?$")
FIRST_DAY = pd.Timestamp("1899-12-30")  # day 0 of a spreadsheet
SPREADSHEET_DAYS = (20_000, 80_000)  # numbers that are days: 1954 to 2119


def code_text(value: Any) -> str:
    """A delivered value as the text of its code: 3.0 and "3.0" -> "3", " 3 " -> "3", absent -> "".

    Characters without a width are no part of a code. A date is its ISO text, with the time when there is one.
    """
    if isinstance(value, str):
        text = _SPACES.sub(" ", _visible(unicodedata.normalize("NFC", value))).strip()
        return text.split(".")[0] if _WHOLE.fullmatch(text) else text
    if value is None or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | int | np.floating | np.integer):
        number = float(value)
        return str(int(number)) if number.is_integer() else f"{number:.10g}"
    return _MIDNIGHT.sub("", str(value).strip())


def _visible(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def day_of(text: str) -> str | None:
    """The ISO date that a text begins with, written 2024-01-04, 4-1-2024 or 04/01/2024; None without one."""
    match = _DATE.match(text)
    if match is None or (len(text) > match.end() and text[match.end()] not in "T "):
        return None
    year, month, day = match.group(1, 2, 3) if match[1] else match.group(6, 5, 4)
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def day_of_cell(text: str) -> str:
    """The ISO date of a cell, also where a spreadsheet made a number of it; the text itself where it is no date."""
    low, high = SPREADSHEET_DAYS
    if text.isdigit() and low <= int(text) <= high:
        return str((FIRST_DAY + pd.Timedelta(days=int(text))).date())
    return day_of(text) or text


def holds(column: pd.Series, values: Iterable[str]) -> dict[str, np.ndarray]:
    """For each of `values` the rows that hold it; a date is compared as a date, whatever the file made of it."""
    indices, texts = by_distinct(column, code_text)
    days = [day_of(text) for text in texts]
    found = {}
    for value in values:
        code = code_text(value)
        day = day_of(code) if len(code) <= len("2024-01-04") else None
        same = [text == code or (day is not None and d == day) for text, d in zip(texts, days, strict=True)]
        found[value] = np.array(same, dtype=bool)[indices]
    return found


def person_code(value: Any) -> str:
    """A person's code in one spelling: no spaces, nothing invisible, upper case; "" for a cell that is absent (None,
    NaN, blank)."""
    text = _visible(unicodedata.normalize("NFKC", code_text(value)))
    return _SPACES.sub("", text).upper()


def fold(text: str) -> str:
    """A name for comparing: no case, no accents, no punctuation but single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return _SPACES.sub(" ", plain).strip()


def name_reader(column: str, source: Source) -> Callable[[Any], str]:
    """How the words of a source's column become ours: by `recode`, for teams also by `team_aliases`.

    Words are compared without case, accents and punctuation; a word that nothing translates stays as it is.
    """
    words = dict(source.team_aliases) if column == "team" else {}
    words |= source.recode.get(column, {})
    if not words:
        return code_text
    by_fold = {fold(typed): meant for typed, meant in words.items()}
    return lambda value: by_fold.get(fold(code_text(value)), code_text(value))


def by_distinct(column: pd.Series, convert: Callable[[Any], str]) -> tuple[np.ndarray, list[str]]:
    """`convert` applied to the distinct values only: for each row an index into the list of results ("" = absent)."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    texts = [convert(value) for value in distinct.tolist()] + [""]
    results = list(dict.fromkeys(texts))
    position = {text: i for i, text in enumerate(results)}
    lookup = np.array([position[text] for text in texts], dtype="int64")
    return lookup[codes], results


def text_column(column: pd.Series, convert: Callable[[Any], str] = code_text) -> pd.Series:
    """A column of texts (missing where absent), converted by its distinct values, with index 0, 1, 2, ..."""
    if convert in (code_text, person_code) and _is_whole(column):
        numbers = column.to_numpy(dtype="float64", na_value=np.nan)
        absent = np.isnan(numbers)
        texts = pd.Series(np.where(absent, 0, numbers).astype("int64")).astype("str")
        return texts.mask(absent) if absent.any() else texts
    indices, results = by_distinct(column, convert)
    texts = pd.Series([text if text else None for text in results], dtype="str")
    return texts.take(indices).reset_index(drop=True)


def _is_whole(column: pd.Series) -> bool:
    """Whether a column holds whole numbers only, which need no look at each distinct value."""
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    with np.errstate(invalid="ignore"):
        return bool((np.isnan(numbers) | ((np.abs(numbers) < 2**53) & (np.floor(numbers) == numbers))).all())


def shown(numbers: Iterable[int], limit: int = 5) -> str:
    """Line numbers for a message: the first few, and how many more."""
    found = [int(n) for n in numbers]
    text = ", ".join(str(n) for n in found[:limit])
    return text + (f" and {len(found) - limit} more" if len(found) > limit else "")


def nearest(name: str, known: Iterable[str], cutoff: float = 60.0) -> str:
    """ "; did you mean ...?" with the known names that look most like `name`, or nothing."""
    from rapidfuzz import fuzz, process

    found = process.extract(
        name, list(known), scorer=fuzz.WRatio, processor=fold, score_cutoff=cutoff, limit=10
    )
    found.sort(key=lambda match: (-fuzz.ratio(fold(name), fold(match[0])), -match[1], match[0]))
    return "; did you mean " + " or ".join(repr(match[0]) for match in found[:2]) + "?" if found else ""
