"""The door of every analysis of items: a numeric data frame in, an array without surprises out.

Checks once what reliability, item analysis and agreement all need, with refusals that say why.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError

Array = NDArray[np.float64]


def item_matrix(items: pd.DataFrame, what: str, least: int = 2, vary: bool = True) -> tuple[Array, list[str]]:
    """Answers (persons x items, NaN = missing; rows without any answer left out) and the item names.

    what: the analysis, named in refusals. least: the fewest items it can do with. vary: refuse constant items.
    """
    if not isinstance(items, pd.DataFrame):
        items = pd.DataFrame(np.asarray(items))
    names = [str(c) for c in items.columns]
    refuse_text(items, what)
    if items.shape[1] < least:
        raise ScaleError.of(
            f"{items.shape[1]} item{'s' if items.shape[1] != 1 else ''}",
            what,
            f"at least {least} items",
            "a single item has no internal consistency; see test-retest" if least == 2 else "add items",
        )
    X = items.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(X).any():
        raise ScaleError.of("infinite answers", what, "numbers", "declare them as missing")
    X = X[~np.isnan(X).all(axis=1)]
    if vary:
        _refuse_constant(X, names, what)
    return X, names


def refuse_text(items: pd.DataFrame, what: str) -> None:
    """Refuse columns that hold words."""
    words = [str(c) for c in items.columns if not pd.api.types.is_numeric_dtype(items[c])]
    words = [c for c in words if items[c].notna().any()] if words else words
    if words:
        raise ScaleError.of(
            f"text in {', '.join(words)}", what, "answers as numbers", "convert the answers to codes"
        )


def complete_cases(X: Array, what: str, least: int = 3) -> Array:
    """The rows without a gap; refused when fewer than `least` are left."""
    complete = X[~np.isnan(X).any(axis=1)]
    if len(complete) < least:
        raise ScaleError.of(
            f"{len(complete)} persons with complete answers",
            what,
            f"at least {least}",
            "check which items were asked together",
        )
    return complete


def pairwise_covariance(X: Array, what: str) -> Array:
    """Covariances (divisor n - 1) of each pair of items over the persons who answered both."""
    if not np.isnan(X).any():
        return np.atleast_2d(np.cov(X, rowvar=False))
    C = pd.DataFrame(X).cov(min_periods=2).to_numpy()
    if np.isnan(C).any():
        raise ScaleError.of(
            "a pair of items that nobody answered together",
            what,
            "every pair of items answered by some",
            "analyse the item sets that were asked together",
        )
    return C


def _refuse_constant(X: Array, names: list[str], what: str) -> None:
    if len(X) < 2:
        raise ScaleError.of(
            f"{len(X)} persons with answers", what, "at least two persons", "collect more answers"
        )
    flat = [
        n for n, x in zip(names, X.T, strict=True) if (~np.isnan(x)).sum() < 2 or np.nanmin(x) == np.nanmax(x)
    ]
    if flat:
        raise ScaleError.of(
            f"no variance in {', '.join(flat)}",
            what,
            "items on which persons differ",
            "leave these items out and say so; a constant item says nothing about differences between persons",
        )
