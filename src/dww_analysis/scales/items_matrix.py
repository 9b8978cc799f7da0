"""The door of every analysis of items: a numeric data frame in, an array without surprises out.

Checks once what reliability, item analysis and agreement all need, with refusals that say why.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError

Array = NDArray[np.float64]
ROUNDING = 1e-13  # of an answer's size: the spread that computing leaves where there is none


def item_matrix(
    items: pd.DataFrame | Array,
    what: str,
    least: int = 2,
    vary: bool = True,
    missing: str = "pairwise",
    persons: int | None = 3,
) -> tuple[Array, list[str]]:
    """Answers (persons x items, NaN = missing) and the item names.

    what: the analysis, named in refusals. least: the fewest items it can do with.
    missing: "pairwise" keeps every row with an answer, "complete" only rows without a gap.
    vary: refuse items on which nobody differs, and fewer than `persons` rows (None: more persons than items).
    """
    frame = as_numbers(items, what)
    if frame.shape[1] < least:
        raise ScaleError.of(
            found=f"{frame.shape[1]} item{'s' if frame.shape[1] != 1 else ''}",
            where=what,
            expected=f"at least {least} items",
            action="a single item has no internal consistency; see test-retest"
            if least == 2
            else "add items",
        )
    X, names = frame.to_numpy(), [str(c) for c in frame.columns]
    empty = np.isnan(X)
    X = X[~(empty.any(axis=1) if missing == "complete" else empty.all(axis=1))]
    if vary:
        _refuse_few(X, what, missing, X.shape[1] + 1 if persons is None else persons)
        _refuse_constant(X, names, what)
    return X, names


def as_numbers(items: pd.DataFrame | pd.Series | Array, what: str) -> pd.DataFrame:
    """The answers as floating-point numbers, NaN = missing; the index is kept.

    Numbers kept as objects or categories are taken as numbers. Refuses words, infinite values and columns named twice.
    """
    frame = _framed(items, what)
    if frame.columns.has_duplicates:
        twice = ", ".join(sorted({str(c) for c in frame.columns[frame.columns.duplicated()]}))
        raise ScaleError.of(
            found=f"more than one column {twice}",
            where=what,
            expected="each item once",
            action="rename or drop one",
        )
    out = {column: numbers_of(frame[column]) for column in frame.columns}
    words = [str(c) for c, values in out.items() if values is None]
    if words:
        raise ScaleError.of(
            found=f"text in {', '.join(words)}",
            where=what,
            expected="answers as numbers",
            action="convert the answers to codes",
        )
    numbers = pd.DataFrame(out, index=frame.index, columns=frame.columns, dtype=float)
    if np.isinf(numbers.to_numpy()).any():
        raise ScaleError.of(
            found="infinite answers", where=what, expected="numbers", action="declare them as missing"
        )
    return numbers


def _framed(items: Any, what: str) -> pd.DataFrame:
    if isinstance(items, pd.DataFrame):
        return items
    try:
        if np.ndim(items) == 0 and not isinstance(items, Mapping):
            raise ValueError
        return pd.DataFrame(items)
    except (TypeError, ValueError) as error:
        raise ScaleError.of(
            found=f"items given as {type(items).__name__}",
            where=what,
            expected="a data frame, one row a person and one column an item",
            action="pass the columns themselves, such as data[['x1', 'x2', 'x3']]",
        ) from error


def check_level(conf_level: float) -> None:
    """Refuses a level of confidence that is no number between 0 and 1."""
    if not (isinstance(conf_level, Real) and 0 < conf_level < 1):
        raise ScaleError.of(
            found=f"conf_level {conf_level}",
            where="interval",
            expected="between 0 and 1",
            action="write 0.95",
        )


def numbers_of(values: pd.Series) -> Array | None:
    """The column as floats, or None when it holds words."""
    if not pd.api.types.is_numeric_dtype(values):
        given = values.dropna()
        if not all(isinstance(v, Real) for v in given):
            return None
        values = values.astype(object).where(values.notna(), np.nan)
    return values.to_numpy(dtype=float, na_value=np.nan)


def pairwise_covariance(X: Array, what: str) -> Array:
    """Covariances (divisor n - 1) of each pair of items over the persons who answered both, shape (k, k); X is (n,
    k) with NaN. ScaleError for a pair that nobody answered together."""
    if not np.isnan(X).any():
        return np.atleast_2d(np.cov(X, rowvar=False))
    C = pd.DataFrame(X).cov(min_periods=2).to_numpy()
    if np.isnan(C).any():
        raise ScaleError.of(
            found="a pair of items that nobody answered together",
            where=what,
            expected="every pair of items answered by some",
            action="analyse the item sets that were asked together",
        )
    return C


def _refuse_few(X: Array, what: str, missing: str, persons: int) -> None:
    if len(X) < persons:
        raise ScaleError.of(
            found=f"{len(X)} persons with {'complete ' if missing == 'complete' else ''}answers",
            where=what,
            expected=f"at least {persons}",
            action="collect more answers, or check which items were asked together",
        )


def _refuse_constant(X: Array, names: list[str], what: str) -> None:
    spread = [x[~np.isnan(x)] for x in X.T]
    flat = [
        n for n, x in zip(names, spread, strict=True) if len(x) < 2 or np.ptp(x) <= ROUNDING * np.abs(x).max()
    ]
    if flat:
        raise ScaleError.of(
            found=f"no variance in {', '.join(flat)}",
            where=what,
            expected="items on which persons differ",
            action=(
                "leave these items out and report it; a constant item says nothing about "
                "differences between persons"
            ),
        )


def against_the_rest(S: NDArray[np.float64], names: list[str]) -> tuple[str, ...]:
    """A sentence for items whose covariance with the sum of the others is negative; () when there are none.

    S: (k, k) covariance or correlation matrix; names: the k items. Not reversed, or worded the other way round.
    """
    with_rest = S.sum(axis=1) - np.diag(S)
    wrong = [name for name, value in zip(names, with_rest, strict=True) if value < 0]
    if not wrong:
        return ()
    return (f"{', '.join(wrong)} run against the other items: reverse them, or check sign_questions(items)",)
