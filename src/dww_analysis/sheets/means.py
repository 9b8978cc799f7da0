"""How far the mean of who answered may be from the mean of all members' true scores, and how that lies among others.

A team is a finite population of N members, of whom n answered; what a member would say twice is known up to the
reliability of the scale. So the error shrinks with the share that answered, and does not vanish when all did.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.sheets import Verdict

Array = NDArray[np.float64]

ONE_ITEM = (
    0.67  # reliability of one item where none was estimated (Wanous, Reichers & Hudy 1997, J Appl Psychol)
)
MIDDLE = 1.2816  # normal quantile of .90: the middle 80 % lies within so many SD
FEWEST_UNITS = 8  # for a reference band


def pooled_sd(values: Array, groups: NDArray[np.int_]) -> tuple[float, int]:
    """The SD within groups, pooled over all of them, and its df: the sum of n - 1. (nan, 0) when nothing varies freely.

    values, groups: one entry a person.
    """
    if not len(values):
        return np.nan, 0
    n = np.bincount(groups).astype("float64")
    with np.errstate(invalid="ignore"):
        means = np.bincount(groups, weights=values) / n
    df = int((n[n > 0] - 1).sum())
    if df < 1:
        return np.nan, 0
    return float(np.sqrt(((values - means[groups]) ** 2).sum() / df)), df


def std_error(sd: float, reliability: float, n: Array, members: Array) -> Array:
    """SE = s sqrt((1 - w n / N) / n): of the mean of n who answered as that of the N members' true scores.

    sd: s, pooled within units; reliability: w; members: N, NaN where it is not known, which gives s / sqrt(n).
    With s .70, w .87, n 10 and N 12: .1160818677.
    """
    answered = np.where(np.isnan(members), 0.0, np.minimum(n / members, 1.0))
    return np.asarray(sd * np.sqrt((1 - np.clip(reliability, 0, 1) * answered) / n))


def t_interval(mean: Array, error: Array, df: int, conf_level: float = 0.95) -> tuple[Array, Array]:
    """(mean - t SE, mean + t SE), in the shape of mean; NaN without df."""
    from scipy.special import stdtrit

    half = (stdtrit(df, 0.5 + conf_level / 2) if df > 0 else np.nan) * error
    return mean - half, mean + half


def reference_band(means: Array, errors: Array) -> tuple[float, float]:
    """Where the middle 80 % of the units' true means lie: mean -+ 1.2816 sqrt(max(0, var(means) - mean(SE^2))).

    Never the spread of the observed means, which holds chance as well. (nan, nan) for fewer than 8 units.
    """
    known = np.isfinite(means) & np.isfinite(errors)
    if known.sum() < FEWEST_UNITS:
        return np.nan, np.nan
    spread = np.var(means[known], ddof=1) - np.mean(errors[known] ** 2)
    half = MIDDLE * np.sqrt(max(0.0, float(spread)))
    centre = float(np.mean(means[known]))
    return centre - half, centre + half


def verdict_of(low: float, high: float, band: tuple[float, float]) -> Verdict:
    """Above or below only when the whole interval lies outside the band; as others when it lies inside."""
    if not np.isfinite([low, high, *band]).all():
        return "no_comparison"
    if low > band[1]:
        return "above"
    if high < band[0]:
        return "below"
    return "as_others" if band[0] <= low and high <= band[1] else "unclear"
