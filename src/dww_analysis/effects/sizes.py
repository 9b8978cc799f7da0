"""How large an estimate is: in standard deviations that are themselves estimated, against a smallest effect of
interest, and in everyday terms. Pure functions of numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class Spread:
    """A standard deviation with the df of its square: 2 S^4 / var(S^2)."""

    sd: float
    df: float
    kind: str  # "model": all variance components together; "first_wave": within arms at the first wave


@dataclass(frozen=True)
class Size:
    """An estimate in standard deviations, corrected for few df (Hedges' g)."""

    estimate: float
    std_error: float


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests against the bounds -sesoi and sesoi, and the interval that they go with (1 - 2 alpha)."""

    p_lower: float  # of "not larger than -sesoi"
    p_upper: float  # of "not smaller than sesoi"
    p_value: float  # the larger of the two
    conf_low: float
    conf_high: float


def correction(df: float) -> float:
    """J, the small-sample correction of a standardised difference whose SD has `df` (Hedges 1981)."""
    return 1 - 3 / (4 * df - 1)


def standardised(estimate: float, std_error: float, spread: Spread) -> Size:
    """Hedges' g = J b / S with SE J sqrt(SE^2 / S^2 + d^2 / (2 df of S^2)): the SD counts as estimated.

    Pustejovsky, Hedges & Shadish (2014, J Educ Behav Stat 39:368-393).
    """
    J, d = correction(spread.df), estimate / spread.sd
    return Size(J * d, J * math.sqrt((std_error / spread.sd) ** 2 + d**2 / (2 * spread.df)))


def in_sd(
    estimate: float, std_error: float, df: float, conf_level: float, spread: Spread
) -> dict[str, float]:
    """Columns estimate, std_error, conf_low and conf_high of a contrast in standard deviations, by its own df."""
    size = standardised(estimate, std_error, spread)
    half = float(stats.t(df).ppf((1 + conf_level) / 2)) * size.std_error
    limits = {"conf_low": size.estimate - half, "conf_high": size.estimate + half}
    return {"estimate": size.estimate, "std_error": size.std_error, **limits}


def equivalence(
    estimate: float, std_error: float, df: float, sesoi: float, alpha: float = 0.05
) -> Equivalence:
    """Two one-sided tests with the contrast's own SE and df (Schuirmann 1987): is the effect within -sesoi and
    sesoi? The interval is of 1 - 2 alpha; infinite df: the normal."""
    law = stats.t(df) if math.isfinite(df) else stats.norm()
    lower = float(law.sf((estimate + sesoi) / std_error))
    upper = float(law.cdf((estimate - sesoi) / std_error))
    half = float(law.ppf(1 - alpha)) * std_error
    return Equivalence(lower, upper, max(lower, upper), estimate - half, estimate + half)


def of_hundred_pairs(size: float) -> float:
    """Of 100 pairs of one person from each arm, in how many the one from the treated arm has the higher value:
    100 Phi(d / sqrt 2) (McGraw & Wong 1992)."""
    return 100 * float(stats.norm.cdf(size / math.sqrt(2)))


def power_of_test(effect: float, std_error: float, df: float, alpha: float = 0.05) -> float:
    """Power of the two-sided t test for a true `effect` at this standard error and df (noncentral t); of the z test
    where df is infinite."""
    shift = abs(effect) / std_error
    if not math.isfinite(df):
        edge = float(stats.norm.isf(alpha / 2))
        return float(stats.norm.sf(edge - shift) + stats.norm.cdf(-edge - shift))
    edge = float(stats.t.isf(alpha / 2, df))
    below = float(stats.nct.cdf(-edge, df, shift))  # NaN where it is too small to compute
    return float(stats.nct.sf(edge, df, shift)) + (below if math.isfinite(below) else 0.0)
