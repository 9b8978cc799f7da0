"""Careless answering: flags, never deletions.

Flagged persons stay in the main analysis; a sensitivity analysis without them shows whether they matter
(Meade & Craig 2012; Curran 2016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.scales import Scale
from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import as_numbers

Array = NDArray[np.float64]
LEAST_HALVES = 3  # subscales that an even-odd correlation needs
SECONDS_PER_ITEM = 2.0  # faster than reading (Huang et al. 2012)
LEAST_ITEMS = 8  # of a questionnaire before equal answers in a row say anything
LEAST_RUN = 6  # equal answers in a row: fewer are what a person who agrees would give (Huang et al. 2012)
LONGSTRING_SHARE = 0.5  # same answer in a row over half of the items or more (Curran 2016)
EVEN_ODD_BELOW = 0.30


def careless_flags(
    items: pd.DataFrame,
    scales: Mapping[str, Sequence[str]] | None = None,
    seconds: pd.Series | None = None,
    reversed: Sequence[str] = (),
    answer_range: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Indices of careless answering of every row, and which of them raise a flag.

    items: answers as given (not reversed), columns in the order of the questionnaire.
    scales: (sub)scale -> its item columns, for the even-odd consistency. seconds: time spent on these items.
    reversed: items that are reversed before even and odd halves are correlated; they need `answer_range`, the lowest
    and the highest answer.
    Returns, with the index of `items`: n_answered, longstring (most equal answers in a row), even_odd
    (Spearman-Brown corrected correlation of the even and odd half scores over scales of two items or more; NaN for
    fewer than three scales or no variance), seconds_per_item, flag_longstring, flag_speed, flag_even_odd, careless
    (any of them). Fewer than 8 answers, and fewer than 6 equal ones in a row, raise no flag. A straight line through a
    questionnaire says something only if it has items of opposite direction.
    """
    return _flags(items, _turn(items, reversed, answer_range), scales, seconds)


def _flags(
    items: pd.DataFrame,
    turned: pd.DataFrame,
    scales: Mapping[str, Sequence[str]] | None,
    seconds: pd.Series | None,
) -> pd.DataFrame:
    X = as_numbers(items, "careless answering").to_numpy()
    n_answered = (~np.isnan(X)).sum(axis=1)
    longest = np.array([longest_run(row) for row in X], dtype=int)
    out = pd.DataFrame({"n_answered": n_answered, "longstring": longest}, index=items.index)
    out["even_odd"] = even_odd(turned, scales) if scales else np.nan
    pace = np.full(len(items), np.nan) if seconds is None else np.asarray(seconds, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        out["seconds_per_item"] = np.where(n_answered > 0, pace / n_answered, np.nan)
    run = max(LEAST_RUN, LONGSTRING_SHARE * items.shape[1])
    out["flag_longstring"] = (n_answered >= LEAST_ITEMS) & (longest >= run)
    out["flag_speed"] = (out["seconds_per_item"] < SECONDS_PER_ITEM).to_numpy()
    out["flag_even_odd"] = (out["even_odd"] < EVEN_ODD_BELOW).to_numpy()
    out["careless"] = out[["flag_longstring", "flag_speed", "flag_even_odd"]].any(axis=1)
    return out


def longest_run(row: Array) -> int:
    """Most equal answers in a row; missing answers are stepped over."""
    answered = row[~np.isnan(row)]
    if len(answered) == 0:
        return 0
    changes = np.flatnonzero(np.diff(answered) != 0)
    edges = np.concatenate([[-1], changes, [len(answered) - 1]])
    return int(np.diff(edges).max())


def even_odd(items: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> Array:
    """Correlation of even- and odd-item half scores over scales, per row, stepped up; NaN where undefined.

    A correlation below zero is stepped up as well and cut at -1.
    """
    usable = [list(columns) for columns in scales.values() if len(columns) > 1]
    if len(usable) < LEAST_HALVES:
        return np.full(len(items), np.nan)
    odd = np.column_stack([items[c[0::2]].mean(axis=1) for c in usable])
    even = np.column_stack([items[c[1::2]].mean(axis=1) for c in usable])
    both = ~np.isnan(odd) & ~np.isnan(even)
    odd, even = np.where(both, odd, np.nan), np.where(both, even, np.nan)
    r = np.full(len(items), np.nan)
    enough = both.sum(axis=1) >= LEAST_HALVES
    if enough.any():
        a = odd[enough] - np.nanmean(odd[enough], axis=1, keepdims=True)
        b = even[enough] - np.nanmean(even[enough], axis=1, keepdims=True)
        spread = np.sqrt(np.nansum(a**2, axis=1) * np.nansum(b**2, axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            r[enough] = np.where(spread > 1e-12, np.nansum(a * b, axis=1) / spread, np.nan)
    with np.errstate(divide="ignore"):
        stepped = 2 * r / (1 + r)
    return np.where(r < 0, np.maximum(stepped, -1.0), stepped)


def _turn(
    items: pd.DataFrame, reversed: Sequence[str], answer_range: tuple[float, float] | None
) -> pd.DataFrame:
    if not reversed:
        return items
    if answer_range is None:
        raise ScaleError.of(
            found="reversed items without the range",
            where="careless answering",
            expected="the lowest and highest answer",
            action="pass answer_range=",
        )
    out = items.astype(float)
    for code in reversed:
        out[code] = sum(answer_range) - out[code]
    return out


def careless_answers(
    answers: pd.DataFrame, scales: Sequence[Scale], seconds: str | None = None
) -> pd.DataFrame:
    """Flags for every row of a study's answers, over all items that the row's sample and wave were asked.

    answers: answers of `Measurements`. scales: the study's scales; their subscales are the sets of even-odd.
    seconds: column with the time spent on the questionnaire, if there is one.
    Returns sample, person, wave and the columns of `careless_flags`; rows without answers to items have no flag.
    """
    parts = []
    for (sample, _), here in answers.groupby(["sample", "wave"], sort=False, observed=True):
        own = [s for s in scales if s.key is not None and sample in s.samples]
        columns = [c for c in dict.fromkeys(c for s in own for c in s.items) if here[c].notna().any()]
        if len(columns) < 2:
            continue
        turned, sets = _comparable(here, own, columns)
        flags = _flags(here[columns], turned, sets, None if seconds is None else here[seconds])
        parts.append(pd.concat([here[["sample", "person", "wave"]], flags], axis=1))
    return pd.concat(parts) if parts else pd.DataFrame(columns=["sample", "person", "wave", "careless"])


def _comparable(
    here: pd.DataFrame, scales: Sequence[Scale], columns: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Items turned and brought to 0-1 of their range, and the sets of columns that belong together.

    Without one range for all, scales with more answers would decide the even-odd correlation.
    """
    turned, sets = here[list(columns)].astype(float), {}
    for scale in scales:
        key = scale.key
        assert key is not None
        column_of = dict(zip(key.items, scale.items, strict=True))
        for code, column in column_of.items():
            if column in turned.columns:
                share = (here[column].astype(float) - key.minimum) / (key.maximum - key.minimum)
                turned[column] = 1 - share if code in key.reversed else share
        for name, codes in (key.subscales or {"": key.items}).items():
            members = [column_of[c] for c in codes if column_of[c] in turned.columns]
            if len(members) > 1:
                sets[f"{scale.id}.{name}"] = members
    return turned, sets
