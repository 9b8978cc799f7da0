"""Whether a chain may be believed: how alike data sets next to each other are, and whether its halves agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


def autocorrelation(trace: ArrayLike, lag: int) -> float:
    """Correlation of a chain with itself `lag` iterations later; NaN where the chain is not longer or stands still."""
    x = np.asarray(trace, dtype=float)
    x = x - x.mean()
    if not 0 < lag < len(x) or not (x @ x) > 0:
        return float("nan")
    return float(x[lag:] @ x[:-lag] / (x @ x))


def split_r_hat(trace: ArrayLike) -> float:
    """Potential scale reduction of the two halves of a chain (Gelman et al. 2013, sec. 11.4): near 1 when they agree.

    sqrt(((n - 1) / n W + B / n) / W) with n values a half, W the mean variance within, B / n that of the means.
    """
    x = np.asarray(trace, dtype=float)
    n = len(x) // 2
    halves = x[: 2 * n].reshape(2, n)
    within = float(halves.var(axis=1, ddof=1).mean()) if n > 1 else 0.0
    if not within > 0:
        return float("nan")
    return float(np.sqrt((n - 1) / n + halves.mean(axis=1).var(ddof=1) / within))


def chain_table(
    effect: Array, covariances: Mapping[str, Array], scores: tuple[str, ...], lag: int
) -> pd.DataFrame:
    """Columns quantity, score, median, acf (at `lag`), r_hat: the effect, then every variance by level and score."""
    traces = {("effect", scores[0]): effect}
    for level, draws in covariances.items():
        traces |= {(level, name): draws[:, k, k] for k, name in enumerate(scores)}
    return pd.DataFrame(
        [
            (quantity, score, float(np.median(x)), autocorrelation(x, lag), split_r_hat(x))
            for (quantity, score), x in traces.items()
        ],
        columns=["quantity", "score", "median", "acf", "r_hat"],
    )
